"""How large the images of a pasted network are, by its features, its trials and its reader."""

from __future__ import annotations

import random

import pytest
import torch

from cnnviz.layers import Conv2d
from cnnviz.networks import Network, parse_sequential, table
from cnnviz.networks.image_sizes import USUAL
from cnnviz.networks.parse import read_pasted
from tests.networks.spellings import SMALL_IMAGES, random_network, spelling
from tests.scale import SEED, cases


def test_a_text_says_no_size_and_one_that_fits_is_found() -> None:
    rng = random.Random(SEED + 1)
    for _ in range(cases(400)):
        network = random_network(rng)
        if not any(isinstance(layer, Conv2d) for layer in network.layers):
            continue  # 784 features may be 1×28×28 or 4×14×14
        pasted = read_pasted(spelling(rng, network))
        assert not pasted.faults
        assert pasted.draft.layers == network.layers
        channels, height, width = pasted.draft.input_shape
        assert channels == network.input_shape[0]
        assert height == width
        assert not any(row.error for row in table(pasted.draft))
        assert [row.input_shape for row in table(pasted.draft) if row.kind == "Linear"] == [
            row.input_shape for row in table(network) if row.kind == "Linear"
        ]
        assert all(_fits(network, side) for side in pasted.sides[:: max(1, len(pasted.sides) // 3)])
        assert pasted.sides[0] == 1 or not _fits(network, pasted.sides[0] - 1)  # torch takes images of side 0
        assert _fits(network, pasted.sides[-1] + 1) == pasted.has_more
        usual = [side for side in USUAL if side <= 128 and _fits(network, side)]
        assert height == (usual[0] if usual else pasted.sides[0]) or (channels > 1 and height == 32)


def _fits(network: Network, side: int) -> bool:
    """By torch's own layers."""
    module = network.module().eval().to("meta")
    try:
        with torch.inference_mode():
            module(torch.empty(2, network.input_shape[0], side, side, device="meta"))
    except RuntimeError:
        return False
    return True


@pytest.mark.parametrize(
    ("features", "side", "others"),
    [
        (90_000, 150, [150, 151]),
        (16 * 14 * 14, 28, [28, 29]),
        (16 * 16 * 16, 32, [32, 33]),
        (16 * 112 * 112, 224, [224, 225]),
        (16 * 113 * 113, 227, [226, 227]),
        (16 * 149 * 149, 299, [298, 299]),
        (16 * 500 * 500, 1000, [1000, 1001]),
        (16, 2, [2, 3]),
    ],
)
def test_the_features_say_how_large_the_images_are(features: int, side: int, others: list[int]) -> None:
    pasted = read_pasted(f"nn.Sequential({SMALL_IMAGES}nn.Linear({features}, 10))")
    assert pasted.draft.input_shape == (3, side, side)
    assert list(pasted.sides) == others
    assert not pasted.has_more
    for other in others:
        assert (
            parse_sequential(f"nn.Sequential({SMALL_IMAGES}nn.Linear({features}, 10))", other).input_shape[1] == other
        )


@pytest.mark.parametrize(("height", "width"), [(14, 21), (30, 40), (120, 160), (7, 50), (1, 9)])
def test_images_need_not_be_square(height: int, width: int) -> None:
    draft = parse_sequential(f"nn.Sequential({SMALL_IMAGES}nn.Linear({16 * height * width}, 10))")
    _, high, wide = draft.input_shape
    assert (high // 2) * (wide // 2) == height * width
    assert not any(row.error for row in table(draft))


def test_a_text_that_tries_its_network_says_how_large_its_images_are() -> None:
    text = "net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))\n"
    assert parse_sequential(text + "net(torch.randn(1, 3, 160, 120))").input_shape == (3, 160, 120)
    assert parse_sequential(text + "summary(net, input_size=(3, 96, 96))").input_shape == (3, 96, 96)
    assert parse_sequential(text).input_shape == (3, 32, 32)
    assert parse_sequential(text + "net(torch.randn(1, 3, 160, 120))", (40, 50)).input_shape == (3, 40, 50)


def test_what_follows_an_unknown_layer_says_nothing_of_the_image() -> None:
    text = (
        "nn.Sequential(nn.Conv2d(1, 16, 3, 2, 1), nn.Flatten(), nn.Linear(16*14*14, 49), "
        "nn.Unflatten(1, (1, 7, 7)), nn.ConvTranspose2d(1, 4, 3))"
    )
    pasted = read_pasted(text)
    assert pasted.draft.input_shape == (1, 28, 28)
    [fault] = pasted.faults
    assert "nn.Unflatten is no layer that cnnviz knows" in fault.sentence


@pytest.mark.parametrize("tried", ["torch.randn([2, 3, 96, 64])", "torch.zeros(size=(2, 3, 96, 64))"])
def test_a_size_in_a_list_or_by_its_name_is_one(tried: str) -> None:
    text = f"net = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten())\nnet({tried})"
    assert read_pasted(text).draft.input_shape == (3, 96, 64)


@pytest.mark.parametrize(
    "tried",
    [
        "noise = torch.randn(1, 3, 5, 5)\nx = torch.rand(8, 3, 224, 224)\ny = net(x)",
        "noise = torch.randn(1, 3, 5, 5)\ny = net(torch.rand(8, 3, 224, 224))",
        "x = torch.rand(8, 3, 224, 224)\nnoise = torch.randn(1, 3, 5, 5)\ny = net(x)",
    ],
)
def test_the_tensor_that_the_network_is_called_with_says_the_size(tried: str) -> None:
    text = f"net = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten())\n{tried}"
    assert read_pasted(text).draft.input_shape == (3, 224, 224)
