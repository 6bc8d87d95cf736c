"""The overview of a network beside what hooks on its module see."""

import json
from functools import cache

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnnviz.inspection.thumbnails import LEVELS
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
from cnnviz.networks.graph import INPUT, graph
from cnnviz.ui.inside.network_maps import SOFTMAX, STAMP_BYTES, _Follower, shown_at_most, with_softmax
from tests.networks.every_layer import trained
from tests.ui.inside.overviews import KEYS, OWN, as_maps, network_of, picture, sent

pytestmark = pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel")

MOST_MACS, MOST_NUMBERS = 300_000_000, 20_000_000
"""Of a layer that is tried channel by channel."""


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


def test_thumbnails_are_the_maps(seen):
    numbers = 0
    for node in seen.nodes:
        column = seen.columns[node.name]
        maps = as_maps(seen.given[node.name])[list(column.channels)]
        numbers += column.thumbnails.size
        assert column.thumbnails.shape[1] <= node.map_size[0]
        assert column.thumbnails.shape[2] <= node.map_size[1]
        small = (
            F.adaptive_avg_pool2d(maps, column.thumbnails.shape[1:]).numpy() if maps[0].numel() > 1 else maps.numpy()
        )
        low, high = maps.amin((1, 2), keepdim=True).numpy(), maps.amax((1, 2), keepdim=True).numpy()
        back = low + column.thumbnails / np.float64(LEVELS) * (high - low)
        half = 0.5 / LEVELS * (high - low) + 1e-6 * np.maximum(np.abs(low), np.abs(high))
        assert (np.abs(back - small) <= half).all(), node.name
        assert column.thumbnails.max() <= LEVELS
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


def test_the_message_is_small(seen):
    assert len(json.dumps(sent(seen.found.columns), allow_nan=False)) < 2_000_000
