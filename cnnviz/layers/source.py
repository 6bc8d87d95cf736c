"""One layer as source text, for PyTorch and for Keras 3: it runs as it stands and computes the same.

Keras keeps channels last, ``(N, H, W, C)``, and weights as ``(kh, kw, in, out)``.
"""

from __future__ import annotations

from math import prod

import numpy as np

from cnnviz.layers.activation import Activation, LeakyReLU, Softmax
from cnnviz.layers.base import Array, Layer, Shape, ShapeError, pair
from cnnviz.layers.blocks import Block, PositionBias, SqueezeExcitation
from cnnviz.layers.convolution import Conv2d, Convolution
from cnnviz.layers.dense import Linear
from cnnviz.layers.normalization import BatchNorm2d
from cnnviz.layers.pooling import AvgPool2d, Max, MaxPool2d, Pooling
from cnnviz.layers.transposed_convolution import ConvTranspose2d
from cnnviz.layers.window import extent

MOST_NUMBERS = 400
"""Up to so many weights are written out; more stay as the framework initialises them."""

OWN_MODULES = ("Residual", "Concat", "DualPath", "SqueezeExcitation", "PositionBias")
"""The layers that torch.nn has not: layers/modules.py has classes of these names."""


def torch_source(layer: Layer, input_shape: Shape, activation: Activation | None = None) -> str:
    """``nn.Conv2d(3, 4, kernel_size=3)``, in nn.Sequential where an activation follows; defaults are left out.

    SqueezeExcitation and PositionBias are classes of layers/modules.py. Raises ShapeError, also for a block, whose text
    takes several lines.
    """
    if isinstance(layer, Block):
        raise ShapeError(f"{layer.kind} is made of layers: write out those, one by one")
    layer.output_shape(input_shape)
    in_torch = "" if layer.kind in OWN_MODULES else "nn."
    source = f"{in_torch}{layer.kind}({', '.join(_torch_arguments(layer, input_shape))})"
    return source if activation is None else f"nn.Sequential({source}, {torch_source(activation, input_shape)})"


def _torch_arguments(layer: Layer, input_shape: Shape) -> list[str]:
    first: list[str] = []
    fields = {name: field.default for name, field in type(layer).model_fields.items()}  # ours are torch's defaults
    match layer:
        case Convolution():
            first = [str(input_shape[0]), str(layer.out_channels), f"kernel_size={layer.kernel_size!r}"]
            fields = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "groups": 1}
            fields |= {"bias": True, "padding_mode": "zeros"}
        case Linear():
            first, fields = [str(input_shape[0]), str(layer.out_features)], {"bias": True}
        case BatchNorm2d():
            first = [str(input_shape[0])]
        case LeakyReLU():
            return [repr(layer.negative_slope)]
        case Softmax():
            return ["dim=1"]
        case SqueezeExcitation():
            return [str(input_shape[0]), str(layer.squeeze_channels), f"nn.{layer.activation}()"]
        case PositionBias():
            return [str(n) for n in input_shape]
    return first + [
        f"{name}={value!r}"
        for name, default in fields.items()
        if (value := getattr(layer, name, default)) not in (default, (default, default))
    ]


def torch_script(
    layer: Convolution | Pooling,
    input_shape: Shape,
    weight: Array | None = None,
    bias: Array | None = None,
    activation: Activation | None = None,
) -> str:
    """A script that builds the layer with its weights and applies it to an input ``x``."""
    lines = ["import torch", "from torch import nn", "", f"layer = {torch_source(layer, input_shape, activation)}"]
    if isinstance(layer, Convolution) and weight is not None and weight.size <= MOST_NUMBERS:
        name = "layer" if activation is None else "layer[0]"
        lines += ["with torch.no_grad():", f"    {name}.weight.copy_(torch.tensor({_numbers(weight)}))"]
        if layer.bias and bias is not None:
            lines.append(f"    {name}.bias.copy_(torch.tensor({_numbers(bias)}))")
    shape = ", ".join(str(n) for n in input_shape)
    lines += ["", f"x = torch.rand(1, {shape})", f"print(layer(x).shape)  # {(1, *layer.output_shape(input_shape))}"]
    return "\n".join(lines)


def keras_source(layer: Convolution | Pooling, input_shape: Shape, activation: Activation | None = None) -> list[str]:
    """The Keras layers that do the same, in order. Raises ShapeError where Keras has none."""
    layer.output_shape(input_shape)
    lines = _keras_transposed(layer, input_shape) if isinstance(layer, ConvTranspose2d) else []
    if isinstance(layer, Pooling):
        lines = _keras_pooling(layer, input_shape)
    if isinstance(layer, Conv2d):
        lines = _keras_convolution(layer, input_shape)
    if activation is not None:
        lines.append(keras_activation(activation))
    return lines


def keras_script(
    layer: Convolution | Pooling,
    input_shape: Shape,
    weight: Array | None = None,
    bias: Array | None = None,
    activation: Activation | None = None,
) -> str:
    """A script that builds the layer with its weights and applies it to an input ``x``. Raises ShapeError."""
    sources = keras_source(layer, input_shape, activation)
    channels, height, width = input_shape
    lines = [
        "import keras",
        "import numpy as np",
        "",
        f"model = keras.Sequential([keras.Input(({height}, {width}, {channels})),",
    ]
    lines += [f"    {source}," for source in sources]
    lines.append("])")
    if isinstance(layer, Convolution) and weight is not None and weight.size <= MOST_NUMBERS:
        arrays = [f"np.array({_numbers(weight.transpose(2, 3, 1, 0))})"]
        if layer.bias:
            arrays.append(f"np.array({_numbers(np.zeros(layer.out_channels, np.float32) if bias is None else bias)})")
        lines.append(f"model.set_weights([{', '.join(arrays)}])")
    filters, *size = layer.output_shape(input_shape)
    lines += [
        "",
        f"x = np.random.rand(1, {height}, {width}, {channels}).astype('float32')",
        f"print(model(x).shape)  # {(1, *size, filters)}",
    ]
    return "\n".join(lines)


def _keras_convolution(layer: Conv2d, input_shape: Shape) -> list[str]:
    lines, padding = [], ""
    zeros = layer.padding_mode == "zeros"
    stride, later = layer.strides, ""
    if max(stride) > 1 and max(layer.dilations) > 1:  # Keras refuses the two together
        later, stride = f"keras.layers.Lambda(lambda x: x[:, ::{stride[0]}, ::{stride[1]}])", (1, 1)
    if zeros and max(stride) == 1 and any(map(any, layer.borders)) and layer.borders == _same(layer):
        padding = ", padding='same'"
    elif any(map(any, layer.borders)):
        rows, cols = (source.tolist() for source in layer.sources(input_shape))
        lines.append(
            f"keras.layers.ZeroPadding2D({layer.borders})"
            if zeros
            else f"keras.layers.Lambda(lambda x: keras.ops.take(keras.ops.take(x, {rows}, axis=1), {cols}, axis=2))"
        )
    lines.append(
        f"keras.layers.Conv2D({layer.out_channels}, {pair(layer.kernel_size)}{_strides(stride)}{padding}"
        f"{_dilation(layer)}{f', groups={layer.groups}' if layer.groups > 1 else ''}{_bias(layer)})"
    )
    return [*lines, later] if later else lines


def _same(layer: Conv2d) -> tuple[tuple[int, int], ...]:
    """The borders that Keras' padding 'same' adds at stride 1."""
    totals = [extent(k, d) - 1 for k, d in zip(pair(layer.kernel_size), layer.dilations, strict=True)]
    return tuple((total // 2, total - total // 2) for total in totals)


def _keras_transposed(layer: ConvTranspose2d, input_shape: Shape) -> list[str]:
    """Keras computes the whole output, at least ``size · stride`` wide; what torch leaves out is cropped."""
    if layer.groups > 1:
        raise ShapeError(f"Keras has no transposed convolution with groups, and this one has {layer.groups}")
    if max(layer.strides) > 1 and max(layer.dilations) > 1:
        raise ShapeError(
            f"Keras has no transposed convolution with both stride {layer.stride} and dilation {layer.dilation}"
        )
    crop = []
    for n, out, k, s, p, d in zip(
        input_shape[1:],
        layer.output_shape(input_shape)[1:],
        pair(layer.kernel_size),
        layer.strides,
        pair(layer.padding),
        layer.dilations,
        strict=True,
    ):
        whole = n * s + max(extent(k, d) - s, 0)
        if whole < p + out:
            raise ShapeError(f"Keras has no transposed convolution with output padding {layer.output_padding} here")
        crop.append((p, whole - p - out))
    lines = [
        f"keras.layers.Conv2DTranspose({layer.out_channels}, {pair(layer.kernel_size)}{_strides(layer.strides)}"
        f"{_dilation(layer)}{_bias(layer)})"
    ]
    if any(map(any, crop)):
        lines.append(f"keras.layers.Cropping2D({tuple(crop)})")
    return lines


def _keras_pooling(layer: Pooling, input_shape: Shape) -> list[str]:
    """Keras pads by itself only as TensorFlow does, and always divides by all cells of the window."""
    if isinstance(layer, MaxPool2d | AvgPool2d):
        return _keras_sliding(layer, input_shape)
    is_max = isinstance(layer, Max)
    _, *size = layer.output_shape(input_shape)
    if size == [1, 1]:
        return [f"keras.layers.Global{'Max' if is_max else 'Average'}Pooling2D(keepdims=True)"]
    return [f"keras.layers.Adaptive{'Max' if is_max else 'Average'}Pooling2D({tuple(size)})"]


def _keras_sliding(layer: MaxPool2d | AvgPool2d, input_shape: Shape) -> list[str]:
    if max(layer.dilations) > 1:
        raise ShapeError(f"Keras has no max pooling with dilation, and this one has {layer.dilations}")
    padding = [
        (before, len(source) - n - before)
        for source, n, (before, _) in zip(layer.sources(input_shape), input_shape[1:], layer.borders, strict=True)
    ]
    window = f"{pair(layer.kernel_size)}, strides={layer.strides}"
    lines = []
    if any(map(any, padding)):
        border = f"((0, 0), {padding[0]}, {padding[1]}, (0, 0))"
        lines.append(
            f"keras.layers.Lambda(lambda x: keras.ops.pad(x, {border}, constant_values=float('-inf')))"
            if isinstance(layer, MaxPool2d)
            else f"keras.layers.ZeroPadding2D(({padding[0]}, {padding[1]}))"
        )
    if isinstance(layer, MaxPool2d):
        return [*lines, f"keras.layers.MaxPooling2D({window})"]
    lines.append(f"keras.layers.AveragePooling2D({window})")
    cells = prod(pair(layer.kernel_size))
    if layer.divisor_override is not None:
        lines.append(f"keras.layers.Lambda(lambda x: x * {cells} / {layer.divisor_override})")
    elif any(
        (counted != k).any() for counted, k in zip(layer.counted(input_shape), pair(layer.kernel_size), strict=True)
    ):
        rows, cols = (counted.tolist() for counted in layer.counted(input_shape))
        divisors = f"np.outer({rows}, {cols}).astype('float32')[..., None]"
        lines.append(f"keras.layers.Lambda(lambda x: keras.ops.divide(x * {cells}, {divisors}))")
    return lines


def keras_activation(activation: Activation) -> str:
    if isinstance(activation, LeakyReLU):
        return f"keras.layers.LeakyReLU(negative_slope={activation.negative_slope!r})"
    return f"keras.layers.Activation({activation.kind.lower()!r})"


def _strides(strides: tuple[int, int]) -> str:
    return f", strides={strides}" if max(strides) > 1 else ""


def _dilation(layer: Convolution) -> str:
    return f", dilation_rate={layer.dilations}" if max(layer.dilations) > 1 else ""


def _bias(layer: Convolution) -> str:
    return "" if layer.bias else ", use_bias=False"


def _numbers(values: Array) -> str:
    """Nested lists of the shortest numbers that are the same in float32."""

    def text(part: object) -> str:
        if isinstance(part, np.ndarray):
            return f"[{', '.join(text(inner) for inner in part)}]"
        return np.format_float_positional(np.float32(part), trim="0", unique=True)  # type: ignore[arg-type]

    return text(np.asarray(values, np.float32))
