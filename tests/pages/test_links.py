"""Where links from page to page lead: each address opens the other page in the state that one had in hand."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from torch import nn

from cnnviz.data.digits import digits
from cnnviz.data.holding_out import held_out
from cnnviz.data.shapes import shapes
from cnnviz.data.sources import npz_path, write_npz
from cnnviz.layers import (
    AdaptiveAvgPool2d,
    AnyLayer,
    AvgPool2d,
    Conv2d,
    ConvTranspose2d,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    pair,
)
from cnnviz.networks import Draft, Network, architecture
from cnnviz.networks.code import encode
from cnnviz.runs import RunStore, Spec, load_checkpoint
from cnnviz.runs.records import Outcome
from cnnviz.runs.worker import work
from cnnviz.training import Mistake, TrainingConfig
from tests.pages.conftest import OpenPage
from tests.pages.trained_runs import a_run
from tests.pages.visits import said

Address = dict[str, str]


def specs(app: AppTest, name: str) -> list[dict[str, Any]]:
    """What the browser gets for the components of one kind."""
    found = [one.proto for one in app.get("bidi_component") if one.proto.component_name == f"cnnviz_{name}"]
    return [json.loads(proto.json)["spec"] for proto in found]


def parts(href: str) -> tuple[str, Address]:
    page, _, query = href.partition("?")
    return page, dict(parse_qsl(query, keep_blank_values=True))


def links(app: AppTest) -> dict[str, tuple[str, Address]]:
    """Page and address of each of the page's links, by its words."""
    return {
        one.label.replace("\\", ""): (one.proto.page, parts(f"?{one.proto.query_string}")[1])
        for one in app.get("page_link")
    }


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


def trained(dataset: str, **settings: Any) -> str:
    """A run of one epoch; its id."""
    tiny = Network(
        name="tiny",
        input_shape=(1, 28, 28) if dataset == "digits" else (3, 32, 32),
        layers=(Conv2d(out_channels=2, kernel_size=5, stride=3), ReLU(), Flatten(), Linear(out_features=10)),
    )
    store = RunStore()
    config = TrainingConfig(epochs=1, batch_size=256, device="cpu", **settings)
    run = store.create(Spec(network=tiny, dataset=dataset, config=config))
    work(store, run.id)
    return run.id


def hrefs(html: str) -> list[str]:
    return [part.split('"')[0].replace("&amp;", "&") for part in html.split('<a href="')[1:]]


def test_every_picture_of_a_run_leads_to_that_image(open_page: OpenPage) -> None:
    run_id = trained("digits")
    outcome = RunStore().outcome(run_id, 1)
    assert outcome is not None
    app = open_page("train", run=run_id)
    [film] = specs(app, "learning_film")
    numbers = [int(parts(href)[1].get("at_image", 0)) for href in film["links"]]
    assert numbers == list(range(12))
    table, mistakes = (hrefs(spec["html"]) for spec in specs(app, "linked"))
    images = [int(parts(href)[1].get("at_image", 0)) for href in mistakes]
    assert images == [one.image for one in outcome.mistakes[:14]]
    page, address = parts(mistakes[0])
    there = open_page(page, **address)
    assert there.session_state["model"] == run_id
    label = digits().test.labels[images[0]]
    assert f"Digits: {label}, test image {images[0]}." in [said(one) for one in there.caption]
    assert len(table) == np.count_nonzero(outcome.confusion)


def test_a_cell_of_the_confusion_matrix_shows_its_images(open_page: OpenPage) -> None:
    run_id = trained("digits")
    outcome = RunStore().outcome(run_id, 1)
    assert outcome is not None
    assert outcome.answers is not None
    wrong = outcome.confusion * (1 - np.eye(10, dtype=int))
    label, answer = (int(at) for at in np.unravel_index(wrong.argmax(), wrong.shape))
    app = open_page("train", run=run_id, truth=str(label), answer=str(answer))
    html = specs(app, "linked")[0]["html"]
    expected = [i for i, one in enumerate(digits().test.labels) if one == label and outcome.answers[i] == answer]
    assert len(expected) == wrong.max()
    into = [parts(href)[1] for href in hrefs(html) if href.startswith("activations")]
    assert [int(address["at_image"]) for address in into] == expected[:28]
    assert all(address["model"] == run_id for address in into)
    assert f"{len(expected)} test image{'s' * (len(expected) > 1)} of {label} taken for {answer}" in html


def test_a_class_that_is_none_is_named(open_page: OpenPage) -> None:
    app = open_page("train", run=trained("digits"), truth="cat", answer="3")
    assert said(app.warning[0]) == "The address has 'cat' for a class: it cannot be read, or not whole."


def test_images_that_were_held_out_are_training_images(open_page: OpenPage) -> None:
    run_id = trained("shapes", held_out=400)
    app = open_page("train", run=run_id)
    [film] = specs(app, "learning_film")
    page, address = parts(film["links"][5])
    places = np.flatnonzero(held_out(shapes().train.labels, 400, 0))
    assert (address["image"], int(address["at_image"])) == ("training image", places[5])
    there = open_page(page, **address)
    label = shapes().train.labels[places[5]]
    named = shapes().class_names[label]
    assert f"Shapes: {named}, training image {places[5]:,}." in [said(one) for one in there.caption]


def test_a_run_of_before_has_a_matrix_without_links(open_page: OpenPage) -> None:
    run_id = a_run()
    RunStore().conclude(run_id, Outcome(1, np.eye(10, dtype=np.int64), (Mistake(3, 3, 5, 0.9),)))
    app = open_page("train", run=run_id)
    [mistakes] = specs(app, "linked")
    assert [parts(href)[1]["at_image"] for href in hrefs(mistakes["html"])] == ["3"]


def test_pictures_that_are_hidden_lead_nowhere(open_page: OpenPage) -> None:
    app = open_page("train", run=trained("digits"), hide="architecture")
    [film] = specs(app, "learning_film")
    assert film["links"] == [None] * 12
    assert not any("activations" in href for spec in specs(app, "linked") for href in hrefs(spec["html"]))


def test_an_image_by_its_number(open_page: OpenPage) -> None:
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (20, 28, 28), np.uint8), np.arange(20) % 10
    npz_path("mnist").parent.mkdir(parents=True, exist_ok=True)
    write_npz("mnist", {"x_train": images, "y_train": labels, "x_test": images[::-1], "y_test": labels[::-1]})
    for kind, label in (("test image", 2), ("training image", 7)):
        app = open_page("activations", image=kind, at_image="17")
        assert f"MNIST: {label}, {kind} 17." in [said(one) for one in app.caption]
        assert not app.warning
    for wrong in ("20", "-1", "1.5e9", "x"):
        app = open_page("activations", image="test image", at_image=wrong)
        assert [said(one) for one in app.warning] == [f"Image number cannot be {wrong}: it is 0."]
        assert "MNIST: 9, test image 0." in [said(one) for one in app.caption]


def test_an_image_of_a_dataset_that_is_not_there(open_page: OpenPage) -> None:
    app = open_page("activations", image="test image", at_image="17")
    [info] = app.info
    assert said(info).endswith("MNIST is not on this machine yet: download it on the Train page.")
    assert app.session_state["at_image"] == 17


def test_without_a_network_of_a_dataset_one_chooses_it(open_page: OpenPage) -> None:
    for page, address in (("activations", {"model": "lenet5"}), ("convolution", {})):
        app = open_page(page, image="test image", image_set="digits", at_image="4", **address)
        assert f"Digits: {digits().test.labels[4]}, test image 4." in [said(one) for one in app.caption]
    assert architecture("lenet5").input_shape == (1, 28, 28)
