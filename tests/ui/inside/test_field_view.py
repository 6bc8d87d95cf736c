"""The receptive field of a cell in a network: the box beside where a gradient flows."""

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Flatten,
    Linear,
    ReLU,
    Residual,
    SqueezeExcitation,
)
from cnnviz.networks import Network, architecture
from cnnviz.networks.focus import Focus
from cnnviz.networks.graph import INPUT
from cnnviz.runs import Card
from cnnviz.training import TrainingConfig
from cnnviz.ui.inside import field_view as module_under_test
from cnnviz.ui.inside.field_view import LARGEST_PICTURE, field_view
from cnnviz.ui.inside.network_maps import SOFTMAX, with_softmax
from cnnviz.ui.inside.unit_view import Unit
from cnnviz.ui.pickers.model_picker import Model

SIDES = (18, 24)
POSITIVE = Network(
    name="positive",
    input_shape=(2, *SIDES),
    layers=[
        Conv2d(out_channels=3, kernel_size=3, padding=1),
        ReLU(),
        Residual(body=[Conv2d(out_channels=3, kernel_size=(3, 5), padding=(1, 2)), ReLU()]),
        Concat(branches=[[Conv2d(out_channels=2, kernel_size=3, padding="same")], []]),
        AvgPool2d(kernel_size=2),
        Conv2d(out_channels=4, kernel_size=3, stride=(1, 2), padding=(1, 0)),
        ConvTranspose2d(out_channels=2, kernel_size=2, stride=2),
        Conv2d(out_channels=2, kernel_size=3, padding=1, groups=2),
        AdaptiveAvgPool2d(output_size=3),
        Flatten(),
        Linear(out_features=5),
        ReLU(),
        Linear(out_features=4),
    ],
)


def model_of(network, module, name="positive"):
    card = Card(
        name=name, network=network, dataset="", class_names=(), mean=(0.5,), std=(0.5,), config=TrainingConfig(),
        epochs_done=0, test_images=0,
    )  # fmt: skip
    return Model(name, module, card, "1")


def unit_of(model, look):
    network = model.card.network
    x = np.random.default_rng(0).uniform(0.5, 1, network.input_shape).astype(np.float32)
    return Unit(model, {node.name: node for node in with_softmax(network)}, x, look, lambda look: None)


@pytest.fixture(scope="module")
def positive():
    """All weights above 0 and small, so that nothing is cut off and nothing saturates."""
    module = POSITIVE.module().eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.uniform_(0.1, 0.2, generator=generator)
    return model_of(POSITIVE, module)


@pytest.fixture
def drawn(monkeypatch):
    """What goes to the receptive field's picture, and to the chart."""
    calls = {"field": [], "growth": [], "captions": []}
    monkeypatch.setattr(
        module_under_test, "receptive_field", lambda *arguments, **more: calls["field"].append((arguments, more))
    )
    real = module_under_test.growth_figure

    def growth(*arguments, **more):
        calls["growth"].append((arguments, more))
        return real(*arguments, **more)

    monkeypatch.setattr(module_under_test, "growth_figure", growth)
    monkeypatch.setattr(module_under_test.st, "plotly_chart", lambda *_, **__: None)
    monkeypatch.setattr(module_under_test.st, "caption", calls["captions"].append)
    return calls


def pixels_of(network):
    return np.zeros(network.input_shape, np.uint8)


def gradient_of(model, x, name, cell):
    """By torch's autograd on a forward hook."""
    start, found = torch.from_numpy(x)[None].requires_grad_(), []
    handle = model.module.get_submodule(name).register_forward_hook(lambda _c, _i, output: found.append(output))
    try:
        model.module(start)
        (gradient,) = torch.autograd.grad(found[0][(0, *cell)], start)
    finally:
        handle.remove()
    return gradient[0].abs().sum(0).numpy()


def box_of(strength):
    rows, cols = np.flatnonzero(strength.any(1)), np.flatnonzero(strength.any(0))
    return rows[0], cols[0], rows[-1], cols[-1]


def clipped(box):
    top, left, bottom, right = box
    return max(0, top), max(0, left), min(SIDES[0] - 1, bottom), min(SIDES[1] - 1, right)


MAPS = [node.name for node in with_softmax(POSITIVE) if len(node.output_shape) == 3 and node.name != INPUT]


@pytest.mark.parametrize("name", MAPS)
def test_the_box_is_where_the_gradient_flows(drawn, positive, name):
    node = unit_of(positive, Focus(name, 0)).node
    random = np.random.default_rng(0)
    cells = {tuple(int(random.integers(side)) for side in node.map_size) for _ in range(6)}
    for row, col in cells | {(0, 0), (node.map_size[0] - 1, node.map_size[1] - 1)}:
        # of a Concat with an empty branch: the channels of the other, which read most
        channel = int(random.integers(2 if name in ("concat1", "pool1") else node.channels))
        unit = unit_of(positive, Focus(name, channel, (row, col)))
        drawn["field"].clear()
        field_view(unit, pixels_of(POSITIVE))
        (((_, strength), more),) = drawn["field"]
        expected = gradient_of(positive, unit.x, name, (channel, row, col))
        np.testing.assert_allclose(strength, expected, rtol=1e-5)
        assert more["measured"] == box_of(expected)
        assert clipped(more["theory"]) == box_of(expected), (row, col)
        assert more["title"] == f"{name} · map {channel}, row {row}, column {col}"


@pytest.mark.parametrize("name", ["fc1", "relu2", "fc2", SOFTMAX])
def test_features_read_all_that_the_maps_before_them_read(drawn, positive, name):
    unit = unit_of(positive, Focus(name, 3))
    field_view(unit, pixels_of(POSITIVE))
    (((_, strength), more),) = drawn["field"]
    place = "fc2" if name == SOFTMAX else name
    expected = gradient_of(positive, unit.x, place, (3,))
    np.testing.assert_allclose(strength, expected, rtol=1e-5)
    assert clipped(more["theory"]) == box_of(expected) == more["measured"]
    assert more["title"] == f"{place} · unit 3"  # the softmax has the gradient of its logit


def test_a_flattened_number_reads_what_its_cell_reads(drawn, positive):
    """Flatten mixes nothing: number 5 is the cell in row 1, column 2 of map 0."""
    field_view(unit_of(positive, Focus("flatten1", 5)), pixels_of(POSITIVE))
    field_view(unit_of(positive, Focus("pool2", 0, (1, 2))), pixels_of(POSITIVE))
    (_, flat), (_, cell) = drawn["field"]
    assert flat["measured"] == cell["measured"]
    assert flat["theory"] == cell["theory"]


def test_the_middle_cell_by_default(drawn, positive):
    for name in MAPS:
        height, width = unit_of(positive, Focus(name, 0)).node.map_size
        drawn["field"].clear()
        field_view(unit_of(positive, Focus(name, 1)), pixels_of(POSITIVE))
        field_view(unit_of(positive, Focus(name, 1, ((height - 1) // 2, (width - 1) // 2))), pixels_of(POSITIVE))
        (_, default), (_, middle) = drawn["field"]
        assert default == middle


def test_nothing_is_drawn_for_the_input(drawn, positive):
    field_view(unit_of(positive, Focus(INPUT, 1)), pixels_of(POSITIVE))
    field_view(unit_of(positive, Focus(INPUT, 1, (3, 4))), pixels_of(POSITIVE))
    assert not any(drawn.values())


def test_a_picture_of_many_channels_is_drawn_by_its_first(drawn, positive):
    field_view(unit_of(positive, Focus("conv1", 1)), pixels_of(POSITIVE))
    (((picture, _), _),) = drawn["field"]
    assert picture.shape == (1, *SIDES)


def test_a_large_picture_is_told_in_words(drawn):
    network = Network(
        name="large", input_shape=(1, LARGEST_PICTURE + 1, 8), layers=[Conv2d(out_channels=1, kernel_size=(5, 3))]
    )
    field_view(unit_of(model_of(network, network.module().eval(), "large"), Focus("conv1", 0)), pixels_of(network))
    assert not drawn["field"]
    assert "5×3" in drawn["captions"][0]
    assert len(drawn["growth"]) == 1


def test_what_a_field_larger_than_the_picture_holds(drawn, positive):
    field_view(unit_of(positive, Focus("conv1", 1)), pixels_of(POSITIVE))
    assert not any("padding" in words for words in drawn["captions"])
    layers = [Conv2d(out_channels=1, kernel_size=3, padding=1)] * 5
    network = Network(name="deep", input_shape=(1, 9, 12), layers=layers)
    field_view(unit_of(model_of(network, network.module().eval(), "deep"), Focus("conv5", 0)), pixels_of(network))
    (words,) = [words for words in drawn["captions"] if "padding" in words]
    assert words.startswith(
        "The largest receptive field of this layer is 11×11. Where it is larger than the image, the rest"
    )


def test_growth_over_all_layers_with_maps(drawn, positive):
    field_view(unit_of(positive, Focus("conv2", 1)), pixels_of(POSITIVE))
    ((arguments, more),) = drawn["growth"]
    names, theory, measured, effective = arguments
    assert names == ["Input", *MAPS]
    assert more["chosen"] == names.index("conv2")
    assert more["input_side"] == max(SIDES)
    assert theory[0] == measured[0] == effective[0] == 1
    assert len(theory) == len(measured) == len(effective) == len(names)
    by_name = dict(zip(names, zip(theory, measured, effective, strict=True), strict=True))
    assert by_name["conv1"][:2] == (3, 3)
    assert by_name["residual1"][:2] == (7, 7)
    assert by_name["concat1"][:2] == (9, 9)
    for side, seen, matters in by_name.values():
        assert 0 < matters <= seen <= side


def test_the_chart_marks_no_layer_of_features(drawn, positive):
    field_view(unit_of(positive, Focus("fc1", 1)), pixels_of(POSITIVE))
    assert drawn["growth"][0][1]["chosen"] is None


def test_everything_is_read_behind_a_squeeze(drawn):
    network = Network(
        name="se",
        input_shape=(1, *SIDES),
        layers=[Conv2d(out_channels=4, kernel_size=3, padding=1), SqueezeExcitation(squeeze_channels=2)],
    )
    model = model_of(network, network.module().eval(), "se")
    field_view(unit_of(model, Focus("se1", 0, (2, 2))), pixels_of(network))
    assert clipped(drawn["field"][0][1]["theory"]) == (0, 0, SIDES[0] - 1, SIDES[1] - 1)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
@pytest.mark.parametrize("key", ["lenet5", "lenet5_1998", "simplified_resnet"])
def test_a_diverged_run_raises_nothing(drawn, key, value):
    network = architecture(key)
    module = network.module().eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(value)
    model = model_of(network, module, f"{key} {value}")
    for node in with_softmax(network)[1:]:
        drawn["field"].clear()
        field_view(unit_of(model, Focus(node.name, 0)), pixels_of(network))
        ((_, more),) = drawn["field"]
        assert np.isfinite(more["theory"]).all()


def test_a_dead_cell_is_moved_by_nothing(drawn):
    network = Network(name="dead", input_shape=(1, 6, 6), layers=[Conv2d(out_channels=1, kernel_size=3), ReLU()])
    module = network.module().eval()
    nn.init.constant_(module.conv1.bias, -1000)
    field_view(unit_of(model_of(network, module, "dead"), Focus("relu1", 0)), pixels_of(network))
    ((_, strength), more) = drawn["field"][0]
    assert not strength.any()
    assert more["measured"] is None
    assert more["theory"] == (1, 1, 3, 3)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("key", ["lenet5", "lenet5_1998", "tutorial_net"])
def test_the_gradient_lies_inside_the_box(drawn, key):
    network = architecture(key)
    torch.manual_seed(0)
    model = model_of(network, network.module().eval(), f"inside {key}")
    random = np.random.default_rng(0)
    for node in with_softmax(network)[1:]:
        cell = tuple(int(random.integers(side)) for side in node.map_size)
        field_view(unit_of(model, Focus(node.name, int(random.integers(node.channels)), cell)), pixels_of(network))
    for _, more in drawn["field"]:
        if more["measured"] is not None:
            top, left, bottom, right = more["theory"]
            assert top <= more["measured"][0] <= more["measured"][2] <= bottom
            assert left <= more["measured"][1] <= more["measured"][3] <= right
    assert sum(more["measured"] is not None for _, more in drawn["field"]) > 4
