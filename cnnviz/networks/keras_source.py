"""A network as a Keras 3 script for any of Keras' backends, channels last.

Layers that hold weights are named as in torch, with underscores for dots: ``residual1_body_conv1``. In training Keras'
batch normalisation keeps the variance of a batch as it is, torch's one of n − 1; in use they are the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from cnnviz.layers import (
    Activation,
    BatchNorm2d,
    Block,
    Concat,
    Convolution,
    Dropout,
    DualPath,
    Flatten,
    Layer,
    Linear,
    LocalResponseNorm,
    Pooling,
    PositionBias,
    Residual,
    Shape,
    ShapeError,
    Softmax,
    SqueezeExcitation,
    shape_text,
)
from cnnviz.layers.blocks import with_shapes
from cnnviz.layers.keras_layers import with_definitions
from cnnviz.layers.keras_text import keras_activation
from cnnviz.layers.keras_text import keras_source as layer_source
from cnnviz.networks.network import Network
from cnnviz.networks.torch_source import WIDTH, class_name, docstring

_MAIN = re.compile(r"(keras\.layers\.)?(Conv2D|Conv2DTranspose|\w*Pooling2D)\(")


class _Line(NamedTuple):
    """``variable = layer(read)``, and without a layer ``variable = read``."""

    variable: str
    layer: str
    read: str


def keras_source(network: Network) -> str:
    """The text of a script that runs as it stands and builds ``model`` by the functional API.

    Raises ShapeError with the name of the layer where Keras has none like it.
    """
    lines: list[_Line] = []
    output = _write(network.layers, network.input_shape, "", "inputs", lines)
    shape = _channels_last(network.input_shape)
    body = [
        f"inputs = keras.Input({shape}, name='input')",
        *map(_written, lines),
        f"model = keras.Model(inputs, {output}, name={class_name(network.name)!r})",
        "",
        'if __name__ == "__main__":',
        "    model.summary()\n",
    ]
    about = f'"""{docstring(network.name)}: {shape_text(shape)} in, channels last."""\n\n'
    return with_definitions(about, "\n".join(body))


def _channels_last(shape: Shape) -> Shape:
    return (*shape[1:], shape[0])


def _write(layers: Sequence[Layer], shape: Shape, prefix: str, read: str, lines: list[_Line]) -> str:
    """Append the lines of layers that read the variable ``read``; the variable that holds what they give."""
    for name, layer, before, _ in with_shapes(layers, shape):
        full = f"{prefix}{name}".replace(".", "_")
        if isinstance(layer, Block):
            ends, kept = [], read
            if read == "x":  # which the first path overwrites
                kept = f"{full}_input"
                lines.append(_Line(kept, "", read))
            for which, path in layer.paths.items():
                end = _write(path, before, f"{prefix}{name}.{which}.", kept, lines)
                if end == "x":
                    end = f"{full}_{which}"
                    lines[-1] = lines[-1]._replace(variable=end)
                ends.append(end)
            lines.append(_Line("x", _join(layer, full), f"[{', '.join(ends)}]"))
        elif isinstance(layer, SqueezeExcitation):
            lines += _squeeze_excitation(layer, before, full, read)
        else:
            try:
                sources = _plain(layer, before, full)
            except ShapeError as error:
                raise ShapeError(f"{prefix}{name}: {error}") from None
            for source in sources:
                lines.append(_Line("x", source, read))
                read = "x"
        read = "x"
    return read


def _written(line: _Line) -> str:
    variable, layer, read = line
    if not layer:
        return f"{variable} = {read}"
    text = f"{variable} = {layer}({read})"
    if len(text) < WIDTH:
        return text
    opening, arguments = layer.removesuffix(")").split("(", 1)
    return f"{variable} = {opening}(\n    {arguments}\n)({read})"


def _join(layer: Block, name: str) -> str:
    match layer:
        case Residual():
            return f"keras.layers.Add(name={name!r})"
        case Concat():
            return f"keras.layers.Concatenate(name={name!r})"
        case DualPath():
            return f"DualPath({layer.added}, name={name!r})"
    raise ShapeError(f"Keras has no layer like {layer.kind}")


def _squeeze_excitation(layer: SqueezeExcitation, shape: Shape, name: str, read: str) -> list[_Line]:
    squeezed, channels = layer.squeeze_channels, shape[0]
    return [
        _Line("scale", f"keras.layers.GlobalAveragePooling2D(keepdims=True, name='{name}_avgpool')", read),
        _Line(
            "scale",
            f"keras.layers.Conv2D({squeezed}, (1, 1), activation={layer.activation.lower()!r}, name='{name}_fc1')",
            "scale",
        ),
        _Line("scale", f"keras.layers.Conv2D({channels}, (1, 1), activation='sigmoid', name='{name}_fc2')", "scale"),
        _Line("x", f"keras.layers.Multiply(name={name!r})", f"[{read}, scale]"),
    ]


def _plain(layer: Layer, shape: Shape, name: str) -> list[str]:
    """The Keras layers that do the same as one of torch's, in order."""
    named = f"name={name!r}"
    match layer:
        case Convolution() | Pooling():
            return _named(layer_source(layer, shape), name)
        case Activation():
            return _named([keras_activation(layer)], name)
        case Linear():
            return [f"keras.layers.Dense({layer.out_features}, {'' if layer.bias else 'use_bias=False, '}{named})"]
        case Flatten():
            flatten = f"keras.layers.Flatten({named})"
            if len(shape) == 3 and shape[0] > 1 and max(shape[1:]) > 1:  # else the order is the same
                return [f"keras.layers.Permute((3, 1, 2), name='{name}_channels_first')", flatten]
            return [flatten]
        case Softmax():
            return [f"keras.layers.Softmax({named})"]
        case BatchNorm2d():
            momentum = round(1 - layer.momentum, 12)  # how much stays, where torch says how much is new
            return [f"keras.layers.BatchNormalization(epsilon={layer.eps!r}, momentum={momentum!r}, {named})"]
        case LocalResponseNorm():
            return [f"LocalResponseNorm({layer.size}, {layer.alpha!r}, {layer.beta!r}, {layer.k!r}, {named})"]
        case Dropout():
            return [f"keras.layers.Dropout({layer.p!r}, {named})"]
        case PositionBias():
            return [f"PositionBias({named})"]
    raise ShapeError(f"Keras has no layer like {layer.kind}")


def _named(sources: list[str], name: str) -> list[str]:
    """The main one gets the layer's name; what pads before it or crops after it gets the name and that word."""
    main = next((i for i, source in enumerate(sources) if _MAIN.match(source)), 0)
    endings = ["_before" if i < main else "_after" if i > main else "" for i in range(len(sources))]
    return [
        f"{source[:-1]}{'' if source.endswith('()') else ', '}name='{name}{ending}')"
        for source, ending in zip(sources, endings, strict=True)
    ]
