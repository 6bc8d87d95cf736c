"""One layer as source text, for PyTorch and for Keras 3: it runs as it stands and computes the same.

Keras keeps channels last, ``(N, H, W, C)``, and weights as ``(kh, kw, in, out)``.
"""

from __future__ import annotations

import numpy as np

from cnnviz.layers.activation import Activation, LeakyReLU, Softmax
from cnnviz.layers.base import Array, Layer, Shape, ShapeError
from cnnviz.layers.blocks import Block, PositionBias, SqueezeExcitation
from cnnviz.layers.convolution import Convolution
from cnnviz.layers.dense import Linear
from cnnviz.layers.keras_layers import with_definitions
from cnnviz.layers.keras_text import keras_source
from cnnviz.layers.normalization import BatchNorm2d
from cnnviz.layers.pooling import Pooling

__all__ = ["MOST_NUMBERS", "OWN_MODULES", "keras_script", "keras_source", "torch_script", "torch_source"]

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
    lines = [f"model = keras.Sequential([keras.Input(({height}, {width}, {channels})),"]
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
    return with_definitions("", "\n".join(lines))


def _numbers(values: Array) -> str:
    """Nested lists of the shortest numbers that are the same in float32."""

    def text(part: object) -> str:
        if isinstance(part, np.ndarray):
            return f"[{', '.join(text(inner) for inner in part)}]"
        return np.format_float_positional(np.float32(part), trim="0", unique=True)  # type: ignore[arg-type]

    return text(np.asarray(values, np.float32))
