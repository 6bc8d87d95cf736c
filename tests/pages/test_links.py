"""Where links from page to page lead: each address opens the other page in the state that one had in hand."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from torch import nn

from cnnviz.data.digits import digits
from cnnviz.layers import (
    AdaptiveAvgPool2d,
    AnyLayer,
    AvgPool2d,
    Conv2d,
    ConvTranspose2d,
    MaxPool2d,
    ReLU,
    pair,
)
from cnnviz.networks import Draft
from cnnviz.networks.code import encode
from cnnviz.runs import load_checkpoint
from tests.pages.conftest import OpenPage
from tests.pages.linked_pages import Address, links, parts, specs, trained
from tests.pages.visits import said


def row_link(open_page: OpenPage, number: int, **address: str) -> dict[str, str] | None:
    """That of a layer of the builder, when it is chosen."""
    app = open_page("builder", **address)
    app.session_state["_workbench"].chosen = (number,)
    app.run()
    assert not app.exception
    way: dict[str, str] | None = specs(app, "network_editor")[0]["form"].get("way")
    return way


def network(*layers: AnyLayer, shape: tuple[int, int, int] = (6, 30, 40)) -> str:
    return encode(Draft(name="mine", input_shape=shape, layers=layers))


def said_by(app: AppTest, name: str, otherwise: Any = None) -> Any:
    """What a control says; ``otherwise`` where it is not on the page."""
    try:
        return app.session_state[name]
    except KeyError:
        return otherwise


def shown(app: AppTest, name: str, otherwise: Any = None) -> tuple[Any, Any]:
    """What a control for both axes says, (height, width)."""
    first = said_by(app, name, otherwise)
    return first, app.session_state[f"{name}_width"] if said_by(app, "apart") else first


CONVOLUTIONS: list[tuple[AnyLayer, Callable[[], nn.Module]]] = [
    (Conv2d(out_channels=8, kernel_size=5, stride=2, padding=1, dilation=2), lambda: nn.Conv2d(6, 8, 5, 2, 1, 2)),
    (Conv2d(out_channels=6, kernel_size=3, groups=6, bias=False), lambda: nn.Conv2d(6, 6, 3, groups=6, bias=False)),
    (
        Conv2d(out_channels=3, kernel_size=(3, 5), stride=(2, 1), padding=(4, 2), padding_mode="circular"),
        lambda: nn.Conv2d(6, 3, (3, 5), (2, 1), (4, 2), padding_mode="circular"),
    ),
    (Conv2d(out_channels=4, kernel_size=3, padding="same"), lambda: nn.Conv2d(6, 4, 3, padding="same")),
    (
        ConvTranspose2d(out_channels=4, kernel_size=4, stride=3, padding=1, output_padding=(1, 2)),
        lambda: nn.ConvTranspose2d(6, 4, 4, 3, 1, (1, 2)),
    ),
]


@pytest.mark.parametrize(("layer", "module"), CONVOLUTIONS)
def test_a_convolution_of_the_builder_opens_with_its_settings(
    open_page: OpenPage, layer: AnyLayer, module: Callable[[], nn.Conv2d]
) -> None:
    way = row_link(open_page, 0, net=network(layer))
    assert way is not None
    page, address = parts(way["href"])
    assert page == "convolution"
    app, expected = open_page(page, **address), module()
    assert not app.warning
    assert not app.error
    state = app.session_state
    assert (state["layer"], state["filters"]) == (type(expected).__name__, expected.out_channels)
    assert state["use_bias"] is (expected.bias is not None)
    for name in ("kernel_size", "stride", "dilation"):
        assert shown(app, name, 1) == getattr(expected, name)
    if isinstance(expected.padding, str):
        assert state["padding_kind"] == expected.padding
    else:
        assert shown(app, "padding") == expected.padding
    if isinstance(expected, nn.ConvTranspose2d):
        assert shown(app, "output_padding") == expected.output_padding
    else:
        assert state["padding_mode"] == expected.padding_mode
    assert said_by(app, "groups", 1) == expected.groups
    assert (state["image"], state["channels"], state["height"], state["width"]) == ("feature maps", 6, 30, 40)


POOLINGS: list[tuple[AnyLayer, nn.Module]] = [
    (MaxPool2d(kernel_size=3, stride=2, padding=1, ceil_mode=True), nn.MaxPool2d(3, 2, 1, ceil_mode=True)),
    (MaxPool2d(kernel_size=(2, 3), dilation=(1, 2)), nn.MaxPool2d((2, 3), dilation=(1, 2))),
    (
        AvgPool2d(kernel_size=3, stride=1, padding=1, count_include_pad=False, divisor_override=5),
        nn.AvgPool2d(3, 1, 1, count_include_pad=False, divisor_override=5),
    ),
    (AdaptiveAvgPool2d(output_size=(2, None)), nn.AdaptiveAvgPool2d((2, None))),
]


@pytest.mark.parametrize(("layer", "expected"), POOLINGS)
def test_a_pooling_of_the_builder_opens_with_its_settings(open_page: OpenPage, layer: AnyLayer, expected: Any) -> None:
    way = row_link(open_page, 0, net=network(layer))
    assert way is not None
    page, address = parts(way["href"])
    assert page == "pooling"
    app = open_page(page, **address)
    state = app.session_state
    assert not app.warning
    assert state["layer"] == type(expected).__name__
    if isinstance(expected, nn.AdaptiveAvgPool2d):
        assert shown(app, "output_size") == (2, "input")
        return
    assert shown(app, "kernel_size") == pair(expected.kernel_size)
    stride = shown(app, "stride")
    assert stride == ("kernel", "kernel") or stride == pair(expected.stride)
    assert ("kernel" in stride) is (expected.stride == expected.kernel_size)
    assert shown(app, "padding") == pair(expected.padding)
    assert state["ceil_mode"] is expected.ceil_mode
    if isinstance(expected, nn.AvgPool2d):
        assert state["count_include_pad"] is expected.count_include_pad
        assert state["divisor_override"] == (expected.divisor_override or 0)
    else:
        assert shown(app, "dilation") == pair(expected.dilation)


def test_a_layer_of_a_network_that_was_trained_has_its_learned_kernels(open_page: OpenPage) -> None:
    way = row_link(open_page, 3, architecture="lenet5")
    assert way is not None
    assert way["note"] == "With the kernels of lenet5-mnist, on what it reads there."
    page, address = parts(way["href"])
    app = open_page(page, **address)
    module = load_checkpoint("lenet5-mnist")[0].get_submodule("conv2")
    state = app.session_state
    assert (state["kernel"], state["model"], state["learned_layer"]) == ("learned", "lenet5-mnist", "conv2")
    assert (state["filters"], (state["padding"],) * 2) == (module.out_channels, module.padding)
    assert "32×14×14 → **48×14×14**" in " ".join(one.value for one in app.markdown)


@pytest.mark.parametrize(
    ("layer", "shape", "note"),
    [
        (Conv2d(out_channels=96, kernel_size=11, stride=4), (3, 227, 227),
         "On an image: 64 of its 96 filters, 64×64 cells instead of 227×227."),
        (Conv2d(out_channels=8, kernel_size=3, padding=1), (200, 4, 4),
         "On random feature maps: 64 of its 200 channels, 5×5 cells instead of 4×4."),
    ],
)  # fmt: skip
def test_what_the_page_cannot_hold_is_said(open_page: OpenPage, layer: AnyLayer, shape: Any, note: str) -> None:
    way = row_link(open_page, 0, net=network(layer, shape=shape))
    assert way is not None
    assert way["note"] == note
    page, address = parts(way["href"])
    assert not open_page(page, **address).error


@pytest.mark.parametrize(
    "layer",
    [
        Conv2d(out_channels=4, kernel_size=13),
        Conv2d(out_channels=4, kernel_size=3, stride=9),
        MaxPool2d(kernel_size=12),
        ReLU(),
        Conv2d(out_channels=4, kernel_size=99),
    ],
)
def test_a_layer_that_no_page_can_hold_has_no_link(open_page: OpenPage, layer: AnyLayer) -> None:
    assert row_link(open_page, 0, net=network(layer)) is None


def test_a_kernel_leads_to_convolution_and_its_map_into_the_network(open_page: OpenPage) -> None:
    app = open_page("kernels", layer="conv2", filter="7", channel="3", image="shape", shape="star", example="2")
    page, address = links(app)["See it slide over the image"]
    state = open_page(page, **address).session_state
    assert (page, state["kernel"], state["model"], state["learned_layer"]) == (
        "convolution", "learned", "lenet5-mnist", "conv2",
    )  # fmt: skip
    assert (state["padding"], state["filters"], address["at"]) == (2, 8, "7")
    assert (state["image"], state["shape"], state["example"]) == ("shape", "star", 2)
    page, address = links(app)["See its map in the network"]
    there = open_page(page, **address)
    assert (page, address["look"], there.session_state["model"]) == ("activations", "conv2:7", "lenet5-mnist")
    assert (there.session_state["shape"], there.session_state["example"]) == ("star", 2)
    assert there.button(key="go_layer").label == "conv2: all 48"


def test_a_test_image_goes_along_by_its_number(open_page: OpenPage) -> None:
    run_id = trained("digits")
    app = open_page("kernels", model=run_id, image="test image", at_image="12")
    label = digits().test.labels[12]
    for words in ("See it slide over the image", "See its map in the network"):
        page, address = links(app)[words]
        there = open_page(page, **address)
        assert f"Digits: {label}, test image 12." in [said(one) for one in there.caption]


def test_convolution_says_where_it_stands(open_page: OpenPage) -> None:
    page, address = links(open_page("convolution", image="pattern", pattern="disc"))["Where this stands in LeNet-5"]
    app = open_page(page, **address)
    assert (page, app.session_state["model"], app.session_state["pattern"]) == ("activations", "lenet5-mnist", "disc")
    assert address["look"] == "conv1"
    learned = open_page(
        "convolution", kernel="learned", model="tutorial_net-cifar10", learned_layer="conv2", filters="8", at="5"
    )
    assert links(learned)["Where this stands in tutorial_net-cifar10"][1]["look"] == "conv2:5"
    numbers = links(open_page("convolution", image="numbers"))["Where this stands in LeNet-5"][1]
    assert "image" not in numbers


@pytest.mark.parametrize(
    ("page", "hides", "address"),
    [
        ("kernels", "filter", {"filter": "7"}),
        ("kernels", "model", {"model": "lenet5-mnist"}),
        ("convolution", "learned_layer", {"kernel": "learned", "learned_layer": "conv2"}),
    ],
)
def test_what_is_hidden_is_not_told(open_page: OpenPage, page: str, hides: str, address: Address) -> None:
    assert links(open_page(page, **address))
    assert not links(open_page(page, hide=hides, **address))


def test_a_hidden_image_does_not_go_along(open_page: OpenPage) -> None:
    for name in ("digit", "image"):
        app = open_page("kernels", digit="7", hide=name)
        assert all(not {"digit", "image"} & set(address) for _, address in links(app).values())


def test_models_lead_to_training(open_page: OpenPage) -> None:
    app = open_page("models", model="vgg16_cifar")
    page, address = links(app)["Train it"]
    assert open_page(page, **address).session_state["architecture"] == "vgg16_cifar"
    assert "Train it" not in links(open_page("models", model="fcn_segmentation"))
