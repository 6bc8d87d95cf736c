"""The overview of a network beside what hooks on its module see."""

import json
import sys
from functools import cache

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnnviz.components.network_map import network_map
from cnnviz.inspection.stamps import LEVELS
from cnnviz.layers import (
    Activation,
    BatchNorm2d,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    DualPath,
    Flatten,
    Linear,
    Pooling,
    PositionBias,
    Residual,
    Softmax,
)
from cnnviz.networks import Network, architecture, architectures
from cnnviz.networks.graph import INPUT, graph
from cnnviz.networks.table import table, totals
from cnnviz.runs import Card
from cnnviz.training import TrainingConfig
from cnnviz.ui.inside import network_maps
from cnnviz.ui.inside.network_maps import SOFTMAX, STAMP_BYTES, _Follower, overview, shown_at_most, with_softmax
from cnnviz.ui.pickers.feature_map import lock_of
from cnnviz.ui.pickers.model_picker import Model
from tests.networks.every_layer import KINDS_OF_LAYERS, NESTED, trained

pytestmark = pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel")

FACE = sys.modules["cnnviz.components.network_map"]
KEYS = [key for key in architectures() if totals(table(architecture(key))).macs < 1_500_000_000]
OWN = {"layers": KINDS_OF_LAYERS, "blocks": NESTED}
MOST_MACS, MOST_NUMBERS = 300_000_000, 20_000_000
"""Of a layer that is tried channel by channel."""


def network_of(key):
    return OWN[key] if key in OWN else architecture(key)


def picture(network):
    return torch.randn(1, *network.input_shape, generator=torch.Generator().manual_seed(1))


class Followed:
    """An overview, and all that goes into and comes out of each submodule."""

    def __init__(self, key):
        self.network = network_of(key)
        self.module, self.x = trained(self.network), picture(self.network)
        self.nodes = graph(self.network)
        self.found = _Follower(self.nodes, self.module, self.x, ()).overview()
        self.columns = {column.name: column for column in self.found.columns}
        self.read, self.given = {}, {INPUT: self.x[0]}
        names = {node.name for node in self.nodes}
        handles = []
        for name, child in self.module.named_modules():
            if name in names:
                handles.append(child.register_forward_hook(self.seeing(name)))
        with torch.no_grad():
            self.scores = self.module(self.x)[0]
        for handle in handles:
            handle.remove()

    def seeing(self, name):
        def see(_child, inputs, output):
            self.read[name], self.given[name] = inputs[0], output[0]

        return see


@cache
def _followed(key):
    return Followed(key)


@pytest.fixture(scope="module", params=[*OWN, *KEYS])
def seen(request):
    yield _followed(request.param)
    _followed.cache_clear()  # an architecture's maps are some hundred megabytes


def as_maps(output):
    return output.reshape(*output.shape, *(1,) * (3 - output.ndim))


def test_there_is_a_column_for_each_layer(seen):
    ends_in_classes = seen.scores.dim() == 1 and not isinstance(seen.nodes[-1].layer, Softmax)
    assert list(seen.columns) == [node.name for node in seen.nodes] + [SOFTMAX] * ends_in_classes
    assert [node.name for node in with_softmax(seen.network)] == list(seen.columns)
    assert set(seen.given) == {node.name for node in seen.nodes}
    for node in seen.nodes:
        column = seen.columns[node.name]
        maps = as_maps(seen.given[node.name])
        assert (column.total, *column.size) == tuple(maps.shape)
        assert [seen.found.columns[i].name for i in column.inputs] == list(node.inputs)
        assert all(seen.found.columns[i].column < column.column for i in column.inputs)


def test_ranges_are_those_of_the_maps(seen):
    for node in seen.nodes:
        column, maps = seen.columns[node.name], as_maps(seen.given[node.name])
        np.testing.assert_array_equal(column.low, maps.amin((1, 2))[list(column.channels)], err_msg=node.name)
        np.testing.assert_array_equal(column.high, maps.amax((1, 2))[list(column.channels)], err_msg=node.name)
        assert column.span == (maps.min().item(), maps.max().item())
        assert list(column.odd) == [0] * len(column.channels)


def test_stamps_are_the_maps(seen):
    numbers = 0
    for node in seen.nodes:
        column = seen.columns[node.name]
        maps = as_maps(seen.given[node.name])[list(column.channels)]
        numbers += column.stamps.size
        assert column.stamps.shape[1] <= node.map_size[0]
        assert column.stamps.shape[2] <= node.map_size[1]
        small = F.adaptive_avg_pool2d(maps, column.stamps.shape[1:]).numpy() if maps[0].numel() > 1 else maps.numpy()
        low, high = maps.amin((1, 2), keepdim=True).numpy(), maps.amax((1, 2), keepdim=True).numpy()
        back = low + column.stamps / np.float64(LEVELS) * (high - low)
        half = 0.5 / LEVELS * (high - low) + 1e-6 * np.maximum(np.abs(low), np.abs(high))
        assert (np.abs(back - small) <= half).all(), node.name
        assert column.stamps.max() <= LEVELS
    assert numbers <= STAMP_BYTES


def last_of_kin(nodes, node):
    """The last of all layers whose channels belong together with those of a layer, in a walk to and fro."""
    by_name = {one.name: one for one in nodes}
    pairs = [
        (name, one.name)
        for one in nodes
        for name in one.inputs
        if one.is_channelwise and by_name[name].channels == one.channels
    ]
    kin = {node.name}
    while more := {end for pair in pairs if kin & set(pair) for end in pair} - kin:
        kin |= more
    return [one for one in nodes if one.name in kin][-1]


def test_the_strongest_maps_are_shown(seen):
    most, last = shown_at_most(seen.nodes), seen.nodes[-1]
    strength = {name: as_maps(output).square().mean((1, 2)).sqrt() for name, output in seen.given.items()}
    for node in seen.nodes:
        shown = list(seen.columns[node.name].channels)
        assert shown == sorted(set(shown))
        assert 0 <= shown[0] <= shown[-1] < node.channels
        for name in node.inputs:  # what belongs together, looks alike
            one = next(other for other in seen.nodes if other.name == name)
            if node.is_channelwise and one.channels == node.channels:
                assert list(seen.columns[name].channels) == shown, (name, node.name)
        kin = last_of_kin(seen.nodes, node)
        is_last = kin is last and len(node.output_shape) == 1
        few, rank = (16, seen.given[last.name]) if is_last else (most, strength[kin.name])
        assert len(shown) == (node.channels if node.channels <= few + 4 else few), node.name
        rest = sorted(set(range(node.channels)) - set(shown))
        if rest:
            assert rank[shown].min() >= rank[rest].max() * (1 - 1e-5) - 1e-12, node.name


def alone(child, inputs, channels):
    """What a layer makes of some of its input channels."""
    only = torch.zeros_like(inputs)
    only[:, channels] = inputs[:, channels]
    with torch.no_grad():
        return child(only)[0]


def one_channel(child, batch, channel):
    """An output channel, without its bias, by torch's own forward pass."""
    if isinstance(child, nn.Linear):
        return batch @ child.weight[channel]
    if isinstance(child, nn.Conv2d) and child.groups == 1:
        return child._conv_forward(batch, child.weight[channel : channel + 1], None)[:, 0]
    return child(batch)[:, channel] - (0 if child.bias is None else child.bias[channel])


def brute_shares(child, inputs, channel):
    """Of each input channel of the group of an output channel: the layer once for each of them, by itself."""
    groups = getattr(child, "groups", 1)
    reads = inputs.shape[1] // groups
    gives = (child.out_features if isinstance(child, nn.Linear) else child.out_channels) // groups
    first, sizes = channel // gives * reads, []
    with torch.no_grad():
        for start in range(first, first + reads, 64):
            places = range(start, min(start + 64, first + reads))
            batch = torch.zeros(len(places), *inputs.shape[1:])
            for i, place in enumerate(places):
                batch[i, place] = inputs[0, place]
            parts = one_channel(child, batch, channel)
            sizes.append(parts.reshape(len(places), -1).double().square().mean(1).sqrt())
    found = torch.cat(sizes)
    return first, (found / found.sum().clamp(min=1e-30)).numpy()


def cost(child, inputs):
    """Multiply-adds of ``brute_shares``, about."""
    if isinstance(child, nn.Linear):
        return inputs.numel() ** 2
    whole = child.groups > 1 or isinstance(child, nn.ConvTranspose2d)
    weights = child.weight.numel() if whole else child.weight[0].numel()
    return inputs.shape[1] // child.groups * weights * inputs[0, 0].numel()


def test_what_weighted_layers_are_made_of(seen):
    most = 4 if len(seen.nodes) > 100 else 8
    random = np.random.default_rng(0)
    weighted = [node for node in seen.nodes if isinstance(node.layer, Conv2d | ConvTranspose2d | Linear)]
    tried = 0
    for node in weighted:
        column = seen.columns[node.name]
        assert len(column.feeds) == len(column.channels)
        for feeds in column.feeds:
            shares = [feed.share for feed in feeds]
            assert shares == sorted(shares, reverse=True)
            assert len(feeds) <= most
            assert sum(shares) <= 1 + 1e-6
            assert {seen.found.columns[feed.column].name for feed in feeds} <= set(node.inputs)
    for node in random.permutation(np.array(weighted, object)):
        child, inputs = seen.module.get_submodule(node.name), seen.read[node.name]
        if (
            tried >= 10
            or cost(child, inputs) > MOST_MACS
            or inputs[0].numel() * min(64, inputs.shape[1]) > MOST_NUMBERS
        ):
            continue
        tried += 1
        column = seen.columns[node.name]
        at = int(random.integers(len(column.channels)))
        first, shares = brute_shares(child, inputs, column.channels[at])
        ours = np.array([feed.share for feed in column.feeds[at]])
        places = np.array([feed.channel - first for feed in column.feeds[at]], int)
        assert len(set(places)) == len(places) >= min(most, np.count_nonzero(shares > 1e-6)), node.name
        assert not len(places) or 0 <= places.min() <= places.max() < len(shares)
        np.testing.assert_allclose(ours, shares[places], rtol=2e-3, atol=1e-5, err_msg=node.name)
        assert ours.min(initial=1) >= np.delete(shares, places).max(initial=0) * (1 - 2e-3) - 1e-5
    assert tried >= min(10, len(weighted)) // 2


def test_what_other_layers_are_made_of(seen):
    strength = {name: as_maps(output).double().square().mean((1, 2)).sqrt() for name, output in seen.given.items()}
    for node in seen.nodes[1:]:
        if isinstance(node.layer, Conv2d | ConvTranspose2d | Linear):
            continue
        column, child = seen.columns[node.name], seen.module.get_submodule(node.name)
        if isinstance(node.layer, Softmax):  # and of all, which it says in words
            assert column.also
        assert len(column.feeds) == len(column.channels)
        for channel, feeds in zip(column.channels, column.feeds, strict=True):
            parts = [(seen.found.columns[feed.column].name, feed.channel) for feed in feeds]
            output = seen.given[node.name][channel]
            assert {name for name, _ in parts} <= set(node.inputs)
            sizes = np.array([strength[name][at].item() for name, at in parts])
            expected = sizes / sizes.sum() if sizes.sum() else np.full(len(parts), 1 / len(parts))
            np.testing.assert_allclose([feed.share for feed in feeds], expected, rtol=1e-4)
            if isinstance(node.layer, Residual | Concat | DualPath):
                total = sum(seen.given[name][at] for name, at in parts)
                torch.testing.assert_close(output, total, rtol=1e-6, atol=1e-7, msg=node.name)
                assert len(parts) == (
                    1 if isinstance(node.layer, Concat) else 2 if isinstance(node.layer, Residual) else len(parts)
                )
            else:
                assert len(parts) == 1
                assert parts[0][0] == node.inputs[0]
        if isinstance(node.layer, Activation | BatchNorm2d | Dropout | Pooling | PositionBias | Flatten):
            picked = [feeds[0].channel for feeds in column.feeds][:3]
            made = alone(child, seen.read[node.name], picked)
            for channel in list(column.channels)[:3]:
                torch.testing.assert_close(made[channel], seen.given[node.name][channel])


def test_probabilities_are_torchs(seen):
    if seen.scores.dim() > 1:
        assert seen.found.probabilities is None
        return
    ends = isinstance(seen.nodes[-1].layer, Softmax)
    expected = seen.scores if ends else seen.scores.softmax(0)
    np.testing.assert_allclose(seen.found.probabilities, expected, rtol=1e-5)
    if not ends:
        column = seen.found.columns[-1]
        np.testing.assert_array_equal(column.low, seen.found.probabilities[list(column.channels)])
        np.testing.assert_array_equal(column.high, column.low)
        assert [[(feed.column, feed.channel, feed.share) for feed in feeds] for feeds in column.feeds] == [
            [(len(seen.nodes) - 1, channel, 1.0)] for channel in column.channels
        ]
        assert list(column.channels) == list(seen.columns[seen.nodes[-1].name].channels)
        best = set(np.argsort(-expected.numpy(), kind="stable")[:16].tolist())
        assert best <= set(column.channels)


def sent(columns):
    mounted = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FACE, "_mount", lambda **arguments: mounted.append(arguments["data"]))
        network_map(columns, network="n", on_look=lambda at: None)
    return mounted[0]


def test_the_message_is_small(seen):
    assert len(json.dumps(sent(seen.found.columns), allow_nan=False)) < 2_000_000


@pytest.mark.parametrize("key", [key for key in architectures() if key not in KEYS])
def test_the_message_of_a_large_network_is_small(key):
    """Of as many stamps, feeds, and fields as it would have, without running it."""
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
        follower.stamps[node.name] = np.zeros((len(shown), height, width), np.uint8)
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
        whole = np.array(column.stamps.shape[1:]) == column.size
        if whole.all():
            assert (column.stamps == 255).sum((1, 2)).tolist() == odd.tolist()
    assert any(sum(column.odd) for column in found.columns) or np.isfinite(value)
    json.dumps(sent(found.columns), allow_nan=False)


def hooks(module):
    return sum(len(child._forward_hooks) + len(child._forward_pre_hooks) for child in module.modules())


@pytest.mark.parametrize("what", ["strengths", "stamps", "ranges"])
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
        np.testing.assert_array_equal(one.stamps, other.stamps)
        assert one.feeds == other.feeds


def test_the_same_image_is_followed_once(monkeypatch):
    runs, real = [], network_maps.follow
    monkeypatch.setattr(network_maps, "follow", lambda *arguments: runs.append(1) or real(*arguments))
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
