"""A network is followed once, in a small message, and leaves nothing behind when it breaks."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.layers import Flatten, Linear, Residual
from cnnviz.networks import Network, architecture, architectures
from cnnviz.networks.graph import graph
from cnnviz.runs import Card
from cnnviz.training import TrainingConfig
from cnnviz.ui.inside import network_maps
from cnnviz.ui.inside.network_maps import SOFTMAX, _Follower, overview, with_softmax
from cnnviz.ui.pickers.feature_map import lock_of
from cnnviz.ui.pickers.model_picker import Model
from tests.networks.every_layer import KINDS_OF_LAYERS, NESTED, trained
from tests.ui.inside.overviews import KEYS, as_maps, network_of, picture, sent

pytestmark = pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel")


@pytest.mark.parametrize("key", [key for key in architectures() if key not in KEYS])
def test_the_message_of_a_large_network_is_small(key):
    """Of as many thumbnails, feeds, and fields as it would have, without running it."""
    network = architecture(key)
    nodes = graph(network)
    follower = _Follower(nodes, nn.Identity(), torch.zeros(1, *network.input_shape), ())
    zeros = network_maps.ranges
    for node in nodes:
        follower.ranges[node.name] = zeros(torch.zeros(node.channels, 1, 1))
    follower._choose()
    follower.side = follower._side()
    for node in nodes:
        height, width = (min(follower.side, side) for side in node.map_size)
        shown = follower.shown[node.name]
        follower.thumbnails[node.name] = np.zeros((len(shown), height, width), np.uint8)
        most = 4 if len(nodes) > 100 else 8
        follower.feeds[node.name] = [[(node.inputs[0], 1000, 0.1234)] * most for _ in shown] if node.inputs else []
    columns = [follower._column(node) for node in nodes]
    assert len(json.dumps(sent(columns), allow_nan=False)) < 2_000_000


@pytest.mark.parametrize("key", ["lenet5", "efficientnet_b0"])
def test_the_span_that_is_sent_is_that_of_the_layer(key):
    """Also with the weights that training begins with, which make some layers' numbers very small."""
    network = architecture(key)
    torch.manual_seed(0)
    found = _Follower(graph(network), network.module().eval(), picture(network), ()).overview()
    for column, message in zip(found.columns, sent(found.columns)["spec"]["columns"], strict=True):
        np.testing.assert_allclose(message["span"], column.span, rtol=1e-3, err_msg=column.name)


def model_of(network, module, version="1"):
    card = Card(
        name="n", network=network, dataset="", class_names=(), mean=(0.5,), std=(0.5,), config=TrainingConfig(),
        epochs_done=0, test_images=0,
    )  # fmt: skip
    return Model("test", module, card, version)


DIVERGED = [torch.nan, torch.inf, -torch.inf, 3e38]


@pytest.mark.parametrize("value", DIVERGED)
@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("key", ["layers", "blocks", "lenet5", "simplified_resnet", "alphago_policy_128"])
def test_a_diverged_run_raises_nothing_and_is_told(key, everywhere, value):
    network = network_of(key)
    module = trained(network)
    weights = [tensor for name, tensor in module.state_dict().items() if name.endswith("weight")]
    for tensor in weights if everywhere else weights[:1]:
        tensor.view(-1)[:: 1 if everywhere else 7] = value
    given = {}
    handles = [
        child.register_forward_hook(lambda _c, _i, output, name=name: given.update({name: as_maps(output[0])}))
        for name, child in module.named_modules()
        if name
    ]
    with torch.no_grad():
        module(picture(network))
    for handle in handles:
        handle.remove()
    found = _Follower(graph(network), module, picture(network), ()).overview()
    for column in found.columns:
        assert np.isfinite([*column.span, *column.low, *column.high]).all()
        assert all(np.isfinite(feed.share) and 0 <= feed.share <= 1 + 1e-6 for feeds in column.feeds for feed in feeds)
        if column.name not in given:
            continue
        finite = given[column.name].isfinite()
        odd = (~finite).sum((1, 2))[list(column.channels)]
        assert list(column.odd) == odd.tolist(), column.name
        whole = np.array(column.thumbnails.shape[1:]) == column.size
        if whole.all():
            assert (column.thumbnails == 255).sum((1, 2)).tolist() == odd.tolist()
    assert any(sum(column.odd) for column in found.columns) or np.isfinite(value)
    json.dumps(sent(found.columns), allow_nan=False)


def hooks(module):
    return sum(len(child._forward_hooks) + len(child._forward_pre_hooks) for child in module.modules())


@pytest.mark.parametrize("what", ["strengths", "thumbnails", "ranges"])
@pytest.mark.parametrize("kept", [0, network_maps.KEPT_NUMBERS])
def test_an_error_in_the_middle_leaves_nothing_behind(monkeypatch, what, kept):
    network = NESTED
    module, calls, real = trained(network), [], getattr(network_maps, what)
    for i, child in enumerate(module.modules()):
        child.training = i % 3 == 0
    modes = [child.training for child in module.modules()]
    model = model_of(network, module, f"error {what} {kept}")

    def fails(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise RuntimeError("in the middle")
        return real(*arguments)

    monkeypatch.setattr(network_maps, "KEPT_NUMBERS", kept)
    monkeypatch.setattr(network_maps, what, fails)
    x = picture(network)[0].numpy()
    with pytest.raises(RuntimeError, match="in the middle"):
        overview(model, x)
    assert hooks(module) == 0
    assert [child.training for child in module.modules()] == modes
    assert all(parameter.grad is None for parameter in module.parameters())
    assert lock_of(model).acquire(blocking=False)
    lock_of(model).release()
    assert overview(model, x).columns  # the error is not remembered


def test_running_twice_gives_the_same(monkeypatch):
    module, x = trained(KINDS_OF_LAYERS), picture(KINDS_OF_LAYERS)
    kept = _Follower(graph(KINDS_OF_LAYERS), module, x, ()).overview()
    monkeypatch.setattr(network_maps, "KEPT_NUMBERS", 0)
    again = _Follower(graph(KINDS_OF_LAYERS), module, x, ()).overview()
    for one, other in zip(kept.columns, again.columns, strict=True):
        np.testing.assert_array_equal(one.thumbnails, other.thumbnails)
        assert one.feeds == other.feeds


def test_the_same_image_is_followed_once(monkeypatch):
    runs, real = [], network_maps.observe
    monkeypatch.setattr(network_maps, "observe", lambda *arguments: runs.append(1) or real(*arguments))
    network = architecture("lenet5_strided")
    module, x = trained(network), picture(network)[0].numpy()
    model = model_of(network, module, "first")
    first = overview(model, x)
    assert overview(model, x.copy()) is first
    assert overview(model_of(network, module, "first"), x) is first
    assert len(runs) == 1
    other = x.copy()
    other[0, -1, -1] = np.nextafter(other[0, -1, -1], np.float32(9))
    assert overview(model, other) is not first
    with torch.no_grad():
        module.conv1.weight.mul_(2)
    later = overview(model_of(network, module, "second"), x)
    assert later is not first
    assert len(runs) == 3
    assert later.columns[1].span != first.columns[1].span
    assert overview(model, x) is first


def test_class_names_stand_at_the_last_layer_and_at_the_probabilities():
    network = architecture("lenet5")
    names = tuple(f"digit {i}" for i in range(10))
    columns = _Follower(graph(network), trained(network), picture(network), names).overview().columns
    assert [column.name for column in columns if column.names] == ["fc3", SOFTMAX]
    assert columns[-1].names == columns[-2].names == names
    columns = _Follower(graph(network), trained(network), picture(network), names[:9]).overview().columns
    assert not any(column.names for column in columns)


@pytest.mark.parametrize(
    "network",
    [
        Network(name="nothing", input_shape=(3, 8, 9), layers=[]),
        Network(name="one class", input_shape=(1, 1, 1), layers=[Flatten(), Linear(out_features=1)]),
        Network(name="only features", input_shape=(2, 3, 4), layers=[Flatten()]),
        Network(name="the input twice", input_shape=(64, 2, 2), layers=[Residual(body=(), shortcut=())]),
    ],
    ids=lambda network: network.name,
)
def test_the_smallest_networks(network):
    found = _Follower(graph(network), network.module().eval(), picture(network), ()).overview()
    assert json.dumps(sent(found.columns), allow_nan=False)
    assert [column.name for column in found.columns] == [node.name for node in with_softmax(network)]
