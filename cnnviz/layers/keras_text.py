"""One layer as the Keras 3 layers that do the same.

Keras keeps channels last, ``(N, H, W, C)``, and weights as ``(kh, kw, in, out)``.
"""

from __future__ import annotations

from math import prod

from cnnviz.layers.activation import Activation, LeakyReLU
from cnnviz.layers.base import Shape, ShapeError, pair
from cnnviz.layers.convolution import NUMPY_MODES, Conv2d, Convolution
from cnnviz.layers.pooling import AvgPool2d, Max, MaxPool2d, Pooling
from cnnviz.layers.transposed_convolution import ConvTranspose2d
from cnnviz.layers.window import dilated_size


def keras_source(layer: Convolution | Pooling, input_shape: Shape, activation: Activation | None = None) -> list[str]:
    """The Keras layers that do the same, in order. Raises ShapeError where Keras has none."""
    layer.output_shape(input_shape)
    lines = _keras_transposed(layer, input_shape) if isinstance(layer, ConvTranspose2d) else []
    if isinstance(layer, Pooling):
        lines = _keras_pooling(layer, input_shape)
    if isinstance(layer, Conv2d):
        lines = _keras_convolution(layer)
    if activation is not None:
        lines.append(keras_activation(activation))
    return lines


def _keras_convolution(layer: Conv2d) -> list[str]:
    lines, padding = [], ""
    zeros = layer.padding_mode == "zeros"
    stride, later = layer.strides, ""
    # Keras refuses the two together: windows of one cell leave out what the stride would
    if max(stride) > 1 and max(layer.dilations) > 1:
        later, stride = f"keras.layers.MaxPooling2D((1, 1), strides={stride})", (1, 1)
    if zeros and max(stride) == 1 and any(map(any, layer.borders)) and layer.borders == layer.same_borders:
        padding = ", padding='same'"
    elif any(map(any, layer.borders)):
        lines.append(
            f"keras.layers.ZeroPadding2D({layer.borders})"
            if zeros
            else f"BorderPadding2D({layer.borders}, {NUMPY_MODES[layer.padding_mode]!r})"
        )
    lines.append(
        f"keras.layers.Conv2D({layer.out_channels}, {pair(layer.kernel_size)}{_strides(stride)}{padding}"
        f"{_dilation(layer)}{f', groups={layer.groups}' if layer.groups > 1 else ''}{_bias(layer)})"
    )
    return [*lines, later] if later else lines


def _keras_transposed(layer: ConvTranspose2d, input_shape: Shape) -> list[str]:
    """Keras computes the whole output, at least ``size · stride`` wide unless it is given output padding; what torch leaves
    out is cropped.
    """
    if layer.groups > 1:
        raise ShapeError(f"Keras has no transposed convolution with groups, and this one has {layer.groups}")
    if max(layer.strides) > 1 and max(layer.dilations) > 1:
        raise ShapeError(
            f"Keras has no transposed convolution with both stride {layer.stride} and dilation {layer.dilation}"
        )
    numbers = list(
        zip(
            input_shape[1:],
            layer.output_shape(input_shape)[1:],
            pair(layer.kernel_size),
            layer.strides,
            pair(layer.padding),
            layer.dilations,
            strict=True,
        )
    )
    whole = [n * s + max(dilated_size(k, d) - s, 0) for n, _, k, s, _, d in numbers]
    lines, more = [], ""
    if any(at_hand < p + out for at_hand, (_, out, _, _, p, _) in zip(whole, numbers, strict=True)):
        painted = [(n - 1) * s + dilated_size(k, d) for n, _, k, s, _, d in numbers]
        beyond = [max(0, p + out - at_hand) for at_hand, (_, out, _, _, p, _) in zip(painted, numbers, strict=True)]
        whole = [a + b for a, b in zip(painted, beyond, strict=True)]
        if (
            max(layer.dilations) > 1
        ):  # Keras wants less output padding than stride, which is 1 here: zeros paint nothing
            lines.append(f"keras.layers.ZeroPadding2D(((0, {beyond[0]}), (0, {beyond[1]})))")
        else:
            more = f", output_padding={tuple(beyond)}"
    lines.append(
        f"keras.layers.Conv2DTranspose({layer.out_channels}, {pair(layer.kernel_size)}{_strides(layer.strides)}"
        f"{more}{_dilation(layer)}{_bias(layer)})"
    )
    crop = tuple((p, at_hand - p - out) for at_hand, (_, out, _, _, p, _) in zip(whole, numbers, strict=True))
    if any(map(any, crop)):
        lines.append(f"keras.layers.Cropping2D({crop})")
    return lines


def _keras_pooling(layer: Pooling, input_shape: Shape) -> list[str]:
    """Keras pads by itself only as TensorFlow does, and always divides by all cells of the window."""
    if isinstance(layer, MaxPool2d | AvgPool2d):
        return _keras_sliding(layer, input_shape)
    kind = "Max" if isinstance(layer, Max) else "Average"
    sizes, size = input_shape[1:], layer.output_shape(input_shape)[1:]
    if size == sizes:
        return ["keras.layers.Identity()"]
    if size == (1, 1):
        return [f"keras.layers.Global{kind}Pooling2D(keepdims=True)"]
    if any(n % out for n, out in zip(sizes, size, strict=True)):
        return [f"Uneven{kind}Pooling2D({size})"]
    window = tuple(n // out for n, out in zip(sizes, size, strict=True))
    return [f"keras.layers.{kind}Pooling2D({window}, strides={window})"]


def _keras_sliding(layer: MaxPool2d | AvgPool2d, input_shape: Shape) -> list[str]:
    if max(layer.dilations) > 1:
        raise ShapeError(f"Keras has no max pooling with dilation, and this one has {layer.dilations}")
    kernel = pair(layer.kernel_size)
    padding = tuple(
        (before, len(source) - n - before)
        for source, n, (before, _) in zip(layer.sources(input_shape), input_shape[1:], layer.borders, strict=True)
    )
    is_padded = any(map(any, padding))
    if isinstance(layer, MaxPool2d):
        if is_padded:
            return [f"PaddedMaxPooling2D({kernel}, {layer.strides}, {padding})"]
        return [f"keras.layers.MaxPooling2D({kernel}, strides={layer.strides})"]
    is_counted = all((counted == k).all() for counted, k in zip(layer.counted(input_shape), kernel, strict=True))
    if layer.divisor_override is None and not is_counted:
        counted = layer.borders if layer.count_include_pad else ((0, 0), (0, 0))
        return [f"PaddedAveragePooling2D({kernel}, {layer.strides}, {padding}, {counted})"]
    lines = [f"keras.layers.ZeroPadding2D({padding})"] if is_padded else []
    lines.append(f"keras.layers.AveragePooling2D({kernel}, strides={layer.strides})")
    if layer.divisor_override is not None:
        lines.append(f"keras.layers.Rescaling({prod(kernel) / layer.divisor_override!r})")
    return lines


def keras_activation(activation: Activation) -> str:
    if isinstance(activation, LeakyReLU):
        kind = "RisingLeakyReLU" if activation.negative_slope < 0 else "keras.layers.LeakyReLU"
        return f"{kind}(negative_slope={activation.negative_slope!r})"
    return f"keras.layers.Activation({activation.kind.lower()!r})"


def _strides(strides: tuple[int, int]) -> str:
    return f", strides={strides}" if max(strides) > 1 else ""


def _dilation(layer: Convolution) -> str:
    return f", dilation_rate={layer.dilations}" if max(layer.dilations) > 1 else ""


def _bias(layer: Convolution) -> str:
    return "" if layer.bias else ", use_bias=False"
