"""A network as a PyTorch script: a class whose weights bear the names of the network's own module."""

from __future__ import annotations

import inspect
import keyword
import re
import unicodedata
from collections.abc import Sequence

from cnnviz.layers import KINDS, Block, DualPath, Layer, Residual, Shape, shape_text
from cnnviz.layers.blocks import with_shapes
from cnnviz.layers.source import OWN_MODULES
from cnnviz.layers.source import torch_source as layer_source
from cnnviz.networks.draft import everything
from cnnviz.networks.network import Network

WIDTH = 100
_TAKEN = {*KINDS, *keyword.kwlist, "Module", "OrderedDict", "Parameter", "Sequential", "Tensor"}


def torch_source(network: Network) -> str:
    """The text of a script that runs as it stands: imports, the classes that torch.nn has not, and the network's own."""
    name = class_name(network.name)
    kinds = {layer.kind for layer in everything(network.layers)}
    definitions = []
    if needed := [kind for kind in OWN_MODULES if kind in kinds]:
        from cnnviz.layers import modules  # imports torch, which most networks' text does without

        definitions = [inspect.getsource(getattr(modules, kind)).rstrip() for kind in needed]
    assigned, called = [], []
    for child, layer, before, after in with_shapes(network.layers, network.input_shape):
        assigned.append(f"        self.{child} = {_construction(layer, before, 8, len(f'self.{child} = '))}")
        called.append(f"        x = self.{child}(x)  # {shape_text(after)}")
    text = [
        f"class {name}(nn.Module):",
        f'    """{docstring(network.name)}: {shape_text(network.input_shape)} in."""',
        "",
        "    def __init__(self) -> None:",
        "        super().__init__()",
        *assigned,
        "",
        "    def forward(self, x: Tensor) -> Tensor:",
        *called,
        "        return x",
    ]
    definitions.append("\n".join(text))
    output_shape = network.shapes[-1] if network.layers else network.input_shape
    size = ", ".join(map(str, (1, *network.input_shape)))
    imports = "import torch\nfrom torch import Tensor, nn"
    if "OrderedDict(" in definitions[-1]:
        imports = f"from collections import OrderedDict\n\n{imports}"
    demonstration = (
        'if __name__ == "__main__":\n'
        f"    model = {name}().eval()\n"
        f"    print(model(torch.rand({size})).shape)  # {(1, *output_shape)}\n"
    )
    return "\n\n\n".join([imports, *definitions, demonstration])


def class_name(name: str) -> str:
    """``LeNet5_1998`` for "LeNet-5 (1998)": a name in ASCII for a class of a network, whatever the network's name is."""
    plain = unicodedata.normalize("NFKD", name.replace("×", "x").replace("ß", "ss"))
    words = re.findall(r"[A-Za-z0-9]+", "".join(char for char in plain if not unicodedata.combining(char)))
    joined = ""
    for word in words:
        both_digits = joined[-1:].isdigit() and word[0].isdigit()
        joined += f"{'_' if both_digits else ''}{word[0].upper()}{word[1:]}"
    if not joined or joined[0].isdigit():
        return f"Net{joined}"
    return f"{joined}Net" if joined in _TAKEN else joined


def docstring(name: str) -> str:
    """A network's name as it may stand in a docstring, on one line."""
    shown = "".join(char for char in " ".join(name.split()) if char.isprintable()).strip() or "Network"
    return shown.replace("\\", "\\\\").replace('"', '\\"')


def _construction(layer: Layer, shape: Shape, indent: int, before: int) -> str:
    """The call that makes a layer, at ``indent`` columns with ``before`` characters before it on its line."""
    if not isinstance(layer, Block):
        return layer_source(layer, shape)
    has_names = isinstance(layer, Residual | DualPath)  # Concat takes any number of paths
    inner = indent + 4
    arguments = []
    for name, path in layer.paths.items():
        given = f"{name}=" if has_names else ""
        arguments.append(given + _sequential(path, shape, inner, len(given)))
    if isinstance(layer, DualPath):
        arguments.append(f"added={layer.added}")
    return _call(f"{layer.kind}(", arguments, ")", indent, before)


def _sequential(layers: Sequence[Layer], shape: Shape, indent: int, before: int) -> str:
    arguments = [
        f"{name}={_construction(layer, at, indent + 4, len(name) + 1)}"
        for name, layer, at, _ in with_shapes(layers, shape)
    ]
    return _call("nn.Sequential(OrderedDict(", arguments, "))", indent, before) if layers else "nn.Sequential()"


def _call(opening: str, arguments: list[str], closing: str, indent: int, before: int) -> str:
    """On one line where it fits, else an argument a line."""
    line = f"{opening}{', '.join(arguments)}{closing}"
    if "\n" not in line and indent + before + len(line) < WIDTH:
        return line
    margin = " " * (indent + 4)
    return "\n".join([opening, *(f"{margin}{argument}," for argument in arguments), " " * indent + closing])
