"""Text in many spellings, as the app writes it and as torch prints it, comes back as its network."""

from __future__ import annotations

import random

import pytest
from torch import nn

from cnnviz.data import form
from cnnviz.layers import AvgPool2d, Conv2d, Linear, ReLU, ShapeError
from cnnviz.networks import Network, architecture, architectures, parse_sequential, torch_source
from cnnviz.networks.code import to_json
from cnnviz.networks.parse import read_pasted
from cnnviz.training import TrainingConfig
from cnnviz.training.script import torch_script
from tests.networks.every_layer import SMALL
from tests.networks.spellings import random_network, spelling
from tests.scale import SEED, cases

WHOLE = [architecture(key) for key in architectures()] + [network for network in SMALL if network.name]


def test_random_networks_in_random_spellings_come_back_equal() -> None:
    rng = random.Random(SEED)
    for _ in range(cases(6_000)):
        network = random_network(rng)
        text = spelling(rng, network)
        pasted = read_pasted(text, network.input_shape[1:], has_offers=False)
        assert not pasted.faults, text
        assert (pasted.draft.input_shape, pasted.draft.layers) == (network.input_shape, network.layers), text


@pytest.mark.parametrize("network", WHOLE, ids=lambda network: network.name)
def test_the_apps_own_text_comes_back_equal(network: Network) -> None:
    for text in (torch_source(network), to_json(network)):
        draft = parse_sequential(text)
        assert (draft.name, draft.input_shape, draft.layers) == (network.name, network.input_shape, network.layers)


@pytest.mark.parametrize("key", architectures())
@pytest.mark.parametrize("dataset", ["cifar10", "mnist"])
def test_the_network_of_a_training_script_comes_back_equal(key: str, dataset: str) -> None:
    shape, classes = form(dataset)
    try:
        network = architecture(key).fitted(shape, classes)
        text = torch_script(network, dataset, TrainingConfig())
    except (ShapeError, ValueError):
        return
    draft = parse_sequential(text)
    assert (draft.input_shape, draft.layers) == (network.input_shape, network.layers)


@pytest.mark.parametrize("network", WHOLE, ids=lambda network: network.name)
def test_what_torch_prints_of_a_network_is_read(network: Network) -> None:
    if any(isinstance(layer, AvgPool2d) and not layer.count_include_pad for layer in network.layers):
        return  # torch prints nothing of it
    text = repr(network.module())
    size = network.input_shape[1:] if len(network.input_shape) == 3 else None
    draft = read_pasted(text, size, has_offers=False).draft
    assert repr(Network(name="n", input_shape=network.input_shape, layers=draft.layers).module()) == text
    assert draft.layers == network.layers


@pytest.mark.parametrize("times", [2, 150])
def test_what_torch_prints_once_for_equal_modules_is_as_many(times: int) -> None:
    modules = nn.ModuleList(nn.Sequential(nn.Linear(3, 3), nn.ReLU()) for _ in range(times))
    pasted = read_pasted(repr(modules), has_offers=False)
    assert pasted.draft.layers == (Linear(out_features=3), ReLU()) * times
    flat = nn.ModuleList(nn.ReLU() for _ in range(times))
    assert read_pasted(repr(flat), has_offers=False).draft.layers == (ReLU(),) * times


def test_a_text_with_the_last_of_two_fences_is_read() -> None:
    assert parse_sequential("nn.Sequential(nn.ReLU())\n```\n").layers == (ReLU(),)


@pytest.mark.filterwarnings("ignore:Lazy modules")
def test_lazy_layers_as_torch_prints_them_before_their_first_input() -> None:
    lazy = nn.Sequential(
        nn.LazyConv2d(6, 5, padding=2), nn.LazyBatchNorm2d(), nn.Sigmoid(), nn.AvgPool2d(2), nn.Flatten(),
        nn.LazyLinear(120), nn.LazyConvTranspose2d(3, 2),
    )  # fmt: skip
    pasted = read_pasted(str(lazy))
    assert pasted.faults == ()
    kinds = ["Conv2d", "BatchNorm2d", "Sigmoid", "AvgPool2d", "Flatten", "Linear", "ConvTranspose2d"]
    assert [layer.kind for layer in pasted.draft.layers] == kinds
    assert pasted.draft.layers[0] == Conv2d(out_channels=6, kernel_size=5, padding=2)


@pytest.mark.parametrize("space", ["\u3000\u3000", "\u202f ", "\u00a0\u00a0"])
def test_spaces_of_web_pages_are_spaces(space: str) -> None:
    text = f"net = nn.Sequential(\n{space}nn.Conv2d(1,{space}6, 5),\n{space}nn.ReLU()\u200b)"
    assert [layer.kind for layer in read_pasted(text).draft.layers] == ["Conv2d", "ReLU"]


@pytest.mark.parametrize(
    ("call", "near"),
    [("x.mean(dim=(1, 2))", "AdaptiveAvgPool2d"), ("x.amax(dim=(2, 3))", "AdaptiveMaxPool2d"), ("x.sum(dim=1)", "")],
)
def test_reductions_are_near_to_what_they_do(call: str, near: str) -> None:
    text = f"""class N(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 8, 3)
    def forward(self, x):
        x = self.c(x)
        return {call}"""
    [fault] = read_pasted(text).faults
    assert f"the nearest is {near}" in fault.sentence if near else "it knows Conv2d" in fault.sentence


NET = "nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU())"


@pytest.mark.parametrize(
    "text",
    [
        f"First:\n```bash\npip install torch\n```\nThen:\n```python\n{NET}\n```",
        f"```python\n{NET}\n```\nIts shapes:\n```text\nInput: 3x32x32 -> Output: 10 scores\n```",
        f"```\npip install torch\n```\n```\n{NET}\n```",
        f"```\nInput -> Conv (8 channels) -> ReLU\n```\n\n```py\n{NET}\n```\nThat is all.",
        f"```python\n{NET}\n",
        f"{NET}\n```\nThat is all.",
        f"~~~\n{NET}\n~~~",
    ],
)
def test_fences_that_hold_no_network_are_passed_over(text: str) -> None:
    pasted = read_pasted(text)
    assert pasted.faults == ()
    assert [layer.kind for layer in pasted.draft.layers] == ["Conv2d", "ReLU"]
