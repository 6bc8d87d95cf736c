"""What is wrong in a pasted text is named, and each offer mends it."""

from __future__ import annotations

import random

import pytest

from cnnviz.layers import Conv2d
from cnnviz.networks import ParseError, parse_sequential, table
from cnnviz.networks.parse import read_pasted
from tests.networks.spellings import SMALL_IMAGES, random_network, spelling
from tests.scale import SEED, cases

UNKNOWN = {
    "nn.Hardswish()": "SiLU",
    "nn.Conv2D(3, 16, 3)": "Conv2d",
    "nn.Conv3d(3, 16, 3)": "Conv2d",
    "nn.conv2d(3, 16, 3)": "Conv2d",
    "nn.Relu()": "ReLU",
    "nn.ELU(0.5)": "LeakyReLU",
    "nn.ReLU6(inplace=True)": "ReLU",
    "nn.BatchNorm1d(3)": "BatchNorm2d",
    "nn.GroupNorm(1, 3)": "BatchNorm2d",
    "nn.MaxPooling2D(2)": "MaxPool2d",
    "nn.Dropout2d(0.1)": "Dropout",
    "nn.LogSoftmax(dim=1)": "Softmax",
}


@pytest.mark.parametrize(("call", "nearest"), UNKNOWN.items())
def test_an_unknown_layer_names_the_nearest_and_the_rest_is_kept(call: str, nearest: str) -> None:
    text = f"nn.Sequential(\n    nn.ReLU(),\n    {call},\n    nn.Sigmoid(),\n)"
    pasted = read_pasted(text)
    [fault] = pasted.faults
    assert fault.sentence == f"line 3: {call.partition('(')[0]} is no layer that cnnviz knows: the nearest is {nearest}"
    assert fault.line == 3
    assert [layer.kind for layer in pasted.draft.layers] == ["ReLU", "Sigmoid"]
    [offer] = fault.offers
    mended = read_pasted(offer.text, offer.size)
    assert not mended.faults
    assert [layer.kind for layer in mended.draft.layers] == ["ReLU", nearest, "Sigmoid"]
    with pytest.raises(ParseError, match=f"the nearest is {nearest}"):
        parse_sequential(text)


def test_a_linear_layer_that_does_not_fit_is_named_and_mended() -> None:
    text = f"nn.Sequential({SMALL_IMAGES}\n    nn.Linear(1001, 10), nn.ReLU())"
    [fault] = read_pasted(text).faults
    assert fault.sentence == (
        "Linear on line 2 reads 1001 features, but gets 4096 (16×16×16) from images of 32×32: layer 5, nn.Linear(1001, 10)"
    )
    [offer] = fault.offers
    assert offer.label == "Make it read 4096 features"
    assert parse_sequential(offer.text).input_shape == (3, 32, 32)
    assert "nn.Linear(4096, 10)" in offer.text


def test_of_another_image_size_the_one_that_fits_is_offered() -> None:
    text = f"nn.Sequential({SMALL_IMAGES}nn.Linear(90000, 10))"
    [fault] = read_pasted(text, 100).faults
    assert [offer.label for offer in fault.offers] == ["Take images of 150×150", "Make it read 40000 features"]
    for offer in fault.offers:
        mended = read_pasted(offer.text, offer.size)
        assert not mended.faults
    assert read_pasted(fault.offers[0].text, fault.offers[0].size).draft.input_shape == (3, 150, 150)


def test_every_offer_for_random_wrong_numbers_mends() -> None:
    rng = random.Random(SEED + 2)
    offered = 0
    for _ in range(cases(1_000)):
        network = random_network(rng)
        if not any(isinstance(layer, Conv2d) for layer in network.layers):
            continue  # more features are then more channels of the images, of which the text says nothing
        text = spelling(rng, network)
        old = [n for row in table(network) if row.kind == "Linear" for n in row.input_shape or ()]
        wrong = text.replace(f"Linear({old[0]},", f"Linear({old[0] + 1},")
        pasted = read_pasted(wrong, network.input_shape[1:])
        assert bool(pasted.faults) == (wrong != text)
        for fault in pasted.faults:
            assert fault.offers
            for offer in fault.offers:
                offered += 1
                assert len(read_pasted(offer.text, offer.size).faults) < len(pasted.faults)
    assert offered > 5
