"""Where a closed ReLU leaves nothing to see, the way leads to what it has closed: found again by torch."""

import numpy as np
import pytest
import torch

from cnnviz.layers import (
    AdaptiveMaxPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
)
from cnnviz.networks import Network
from cnnviz.networks.focus import Focus
from cnnviz.networks.graph import INPUT
from cnnviz.ui.inside.closed_ways import cell_before
from tests.scale import SEED, cases
from tests.ui.inside.test_field_view import model_of, unit_of

NETWORK = Network(
    name="closed",
    input_shape=(2, 13, 11),
    layers=[
        Conv2d(out_channels=3, kernel_size=3, padding=1),
        BatchNorm2d(),
        ReLU(),
        Dropout(),
        MaxPool2d(kernel_size=3, stride=2, padding=1),
        Concat(branches=[[Conv2d(out_channels=2, kernel_size=1), ReLU()], []]),
        ReLU(),
        AdaptiveMaxPool2d(output_size=3),
        Residual(body=[Conv2d(out_channels=5, kernel_size=1)]),
        Flatten(),
        Linear(out_features=6),
        ReLU(),
        Linear(out_features=3),
    ],
)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(SEED)
    return model_of(NETWORK, NETWORK.module().eval())


def test_a_closed_cell_leads_to_one_that_it_was_made_of(model):
    """What the cell before it would be changed to changes the cell, or at least is the same number."""
    random = np.random.default_rng(SEED)
    nodes = unit_of(model, Focus(INPUT, 0)).nodes
    names = [name for name, node in nodes.items() if name not in (INPUT, "softmax")]
    led = 0
    for _ in range(cases(600)):
        name = str(random.choice(names))
        node = nodes[name]
        cell = tuple(int(random.integers(side)) for side in node.output_shape)
        look = cell_before(unit_of(model, Focus(name, cell[0], cell[1:] or None)), node, cell)
        if look is None:
            continue
        led += 1
        place = (look.channel, *(look.cell or ()))
        given = []

        def raise_it(_module, inputs, output, place=place, given=given):
            output = output.clone()
            output[(0, *place)] = 100.0
            return output

        def see(_module, _inputs, output, given=given):
            given.append(output[0].detach().clone())

        x = torch.from_numpy(unit_of(model, Focus(name, 0)).x)[None]
        looking = model.module.get_submodule(name).register_forward_hook(see)
        model.module(x)
        raising = model.module.get_submodule(look.name).register_forward_hook(raise_it)
        model.module(x)
        looking.remove()
        raising.remove()
        before, after = (float(values[cell]) for values in given)
        assert after > before + 10, (name, cell, look)
    assert led > cases(600) / 4


@pytest.mark.parametrize(("name", "before"), [("relu1", "bn1"), ("relu3", "fc1")])
def test_the_same_cell_of_the_layer_before(model, name, before):
    nodes = unit_of(model, Focus(INPUT, 0)).nodes
    cell = (2, 4, 5)[: len(nodes[name].output_shape)]
    expected = Focus(before, 2, (4, 5) if len(cell) == 3 else None)
    assert cell_before(unit_of(model, Focus(name, 2)), nodes[name], cell) == expected


def test_nothing_leads_out_of_a_sum_of_many(model):
    nodes = unit_of(model, Focus(INPUT, 0)).nodes
    assert cell_before(unit_of(model, Focus("conv1", 0)), nodes["conv1"], (0, 1, 1)) is None
    assert cell_before(unit_of(model, Focus("fc2", 0)), nodes["fc2"], (0,)) is None
