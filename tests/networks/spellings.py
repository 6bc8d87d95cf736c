"""A network's text in one of the many ways in which people write it."""

from __future__ import annotations

import random

from cnnviz.layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    LeakyReLU,
    Linear,
    MaxPool2d,
    ReLU,
    ShapeError,
    Sigmoid,
    Softmax,
)
from cnnviz.layers.blocks import with_shapes
from cnnviz.layers.source import torch_source
from cnnviz.networks import Network

SMALL_IMAGES = "nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), "
"""What comes before a Linear layer in a text of a network of images."""


def random_network(rng: random.Random) -> Network:
    """One that fits, with a Linear layer at its end whose features tell the size of its images."""
    channels = rng.choice([1, 1, 3, 3, 4])
    shape = (channels, *[rng.randint(18, 70)] * 2)
    layers, now = [], shape
    for _ in range(rng.randint(1, 7)):
        layer = rng.choice(
            [
                lambda: Conv2d(
                    out_channels=rng.choice([4, 6, 8]),
                    kernel_size=rng.choice([1, 3, 5, (3, 5)]),
                    padding=rng.choice([0, 1, "same"]),
                    bias=rng.random() < 0.7,
                ),
                lambda: Conv2d(out_channels=4, kernel_size=3, stride=rng.choice([1, 2]), padding=rng.choice([0, 1, 2])),
                lambda: ConvTranspose2d(out_channels=4, kernel_size=2, stride=2),
                lambda: MaxPool2d(kernel_size=rng.choice([2, 3]), ceil_mode=rng.random() < 0.3),
                lambda: AvgPool2d(kernel_size=2, stride=rng.choice([None, 1])),
                BatchNorm2d,
                ReLU,
                lambda: LeakyReLU(negative_slope=rng.choice([0.1, 0.2])),
                Sigmoid,
                lambda: Dropout(p=0.25),
            ]
        )()
        try:
            now = layer.output_shape(now)
        except ShapeError:
            continue
        layers.append(layer)
    if rng.random() < 0.15:
        layers.append(AdaptiveAvgPool2d(output_size=rng.choice([1, 2])))
    layers += [Flatten(), Linear(out_features=rng.choice([10, 84]), bias=rng.random() < 0.8)]
    if rng.random() < 0.4:
        layers += [ReLU(), Linear(out_features=10), Softmax()]
    return Network(name="net", input_shape=shape, layers=layers)


def _number(rng: random.Random, value: int) -> str:
    """``400`` as a product, a sum, a power, or itself."""
    divisors = [n for n in range(2, min(value, 50)) if value % n == 0]
    ways = [str(value)]
    if divisors:
        n = rng.choice(divisors)
        ways += [f"{value // n}*{n}", f"{n} * {value // n}", f"({value // n} * {n})", f"{value * n} // {n}"]
    ways += [f"{value - 1} + 1", f"2**3 + {value - 8}" if value > 8 else str(value)]
    return rng.choice(ways)


def _call(rng: random.Random, source: str) -> str:
    """``nn.Conv2d(3, 4, kernel_size=3)`` with its numbers and its name written in another way."""
    name, _, rest = source.removeprefix("nn.").partition("(")
    arguments = [each for each in _split(rest.removesuffix(")")) if each]
    first = [_number(rng, int(each)) if each.isdigit() and rng.random() < 0.4 else each for each in arguments]
    if name in ("Conv2d", "ConvTranspose2d") and rng.random() < 0.5:
        first[2] = first[2].removeprefix("kernel_size=")
    elif name == "Linear" and rng.random() < 0.3:
        first[:2] = [f"out_features={first[1]}", f"in_features={first[0]}"]
        first = [*first[:2], *first[2:]]
    if name == "ReLU" and rng.random() < 0.3:
        first = ["inplace=True"]
    return f"{rng.choice(['nn.', 'nn.', 'nn.', 'torch.nn.', ''])}{name}({', '.join(first)})"


def _split(text: str) -> list[str]:
    found, depth = [""], 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            found.append("")
        else:
            found[-1] += char
    return [each.strip() for each in found]


def spelling(rng: random.Random, network: Network) -> str:
    """PyTorch text of the network."""
    named = [
        (name, _call(rng, torch_source(layer, before)))
        for name, layer, before, _ in with_shapes(network.layers, network.input_shape)
    ]
    calls = [call for _, call in named]
    lines = rng.choice([_sequential, _nested, _listed, _grown, _dictionary, _class, _functions])(rng, calls)
    if rng.random() < 0.5:
        lines = ["import torch", "import torch.nn as nn", "import torch.nn.functional as F", "import os, sys", *lines]
    if rng.random() < 0.3:
        lines = [
            each
            for line in lines
            for each in ([line, "# what follows"] if rng.random() < 0.2 and not line.endswith("\\") else [line])
        ]
    if rng.random() < 0.3:
        lines += ["optimizer = torch.optim.SGD(net.parameters(), lr=0.1)", "print(f'{net}')", "net.train()"]
    return rng.choice([_as_it_is, _as_it_is, _indented, _fenced, _prompted])("\n".join(lines))


def _sequential(rng: random.Random, calls: list[str]) -> list[str]:
    head = rng.choice(["net = nn.Sequential(", "net: nn.Module = nn.Sequential(", "net = torch.nn.Sequential("])
    tail = rng.choice([")", ").to(device)", ").cuda().eval()"])
    return [head, *(f"    {call},{rng.choice(['', '  # a layer'])}" for call in calls), tail]


def _nested(rng: random.Random, calls: list[str]) -> list[str]:
    at = rng.randint(0, len(calls))
    first, second = ", ".join(calls[:at]), ", ".join(calls[at:])
    if rng.random() < 0.5:
        return [f"net = nn.Sequential(nn.Sequential({first}), nn.Sequential({second}))"]
    return [
        f"features = nn.Sequential({first})",
        f"head = nn.Sequential({second})",
        "net = nn.Sequential(features, head)",
    ]


def _listed(rng: random.Random, calls: list[str]) -> list[str]:
    at = rng.randint(0, len(calls))
    return [
        f"layers = [{', '.join(calls[:at])}]",
        f"layers += [{', '.join(calls[at:])}]",
        "net = nn.Sequential(*layers)",
    ]


def _grown(rng: random.Random, calls: list[str]) -> list[str]:
    if rng.random() < 0.5:
        return ["layers = []", *(f"layers.append({call})" for call in calls), "net = nn.Sequential(*layers)"]
    return ["net = nn.Sequential()", *(f"net.add_module('m{at}', {call})" for at, call in enumerate(calls))]


def _dictionary(rng: random.Random, calls: list[str]) -> list[str]:
    pairs = ", ".join(f"('m{at}', {call})" for at, call in enumerate(calls))
    return ["from collections import OrderedDict", f"net = nn.Sequential(OrderedDict([{pairs}]))"]


def _class(rng: random.Random, calls: list[str]) -> list[str]:
    made = [f"        self.m{at} = {call}" for at, call in enumerate(calls)]
    went = [f"        x = self.m{at}(x)" for at in range(len(calls))]
    base, init = rng.choice([("super().__init__()", ""), ("super(Net, self).__init__()", ", classes=10")])
    return [
        "class Net(nn.Module):",
        f"    def __init__(self{init}):",
        f"        {base}",
        *made,
        "",
        "    def forward(self, x):",
        *went,
        "        return x",
        "",
        "net = Net()",
    ]


def _functions(rng: random.Random, calls: list[str]) -> list[str]:
    """A class as courses write it: what has no weights is a function."""
    made, went = [], []
    for at, call in enumerate(calls):
        plain = call.replace("torch.nn.", "").replace("nn.", "")
        if plain.startswith("ReLU("):
            went.append(rng.choice(["x = F.relu(x)", "x = torch.relu(x)"]))
        elif plain.startswith("Flatten("):
            went.append(rng.choice(["x = torch.flatten(x, 1)", "x = x.view(x.size(0), -1)", "x = x.flatten(1)"]))
        elif plain.startswith("Softmax("):
            went.append("x = F.softmax(x, dim=1)")
        elif plain.startswith("MaxPool2d(") and "ceil" not in plain:
            went.append(f"x = F.max_pool2d(x, {plain[10:]}")
        else:
            made.append(f"        self.m{at} = {call}")
            went.append(f"x = self.m{at}(x)")
    return [
        "class Net(nn.Module):",
        "    def __init__(self):",
        "        super().__init__()",
        *made,
        "    def forward(self, x):",
        *(f"        {line}" for line in went),
        "        return x",
        "net = Net()",
    ]


def _as_it_is(text: str) -> str:
    return text


def _indented(text: str) -> str:
    return "\n".join(f"        {line}" for line in text.split("\n"))


def _fenced(text: str) -> str:
    return f"This is it:\n```python\n{text}\n```\nIt works."


def _prompted(text: str) -> str:
    lines = text.split("\n")
    return "\n".join(f"{'>>>' if not line.startswith((' ', ')')) else '...'} {line}" for line in lines)
