"""Any address, however mangled, shows a working page."""

import json
from pathlib import Path
from random import Random

import pytest

from cnnviz.networks import architecture
from cnnviz.networks.code import encode
from cnnviz.ui.frame.parameters import names, parameter
from cnnviz.ui.frame.parameters.kinds import Part
from tests.pages.conftest import OpenPage
from tests.pages.test_hide import SHOWN, TITLES
from tests.pages.visits import Address, Visitor, controls, written
from tests.scale import SEED, cases

IMAGE = {"image": "shape", "shape": "star", "example": "12", "colour": "grey", "size": "20"}
CONVOLUTION = IMAGE | {
    "kernel": "sharpen",
    "seed": "3",
    "layer": "Conv2d",
    "apart": "true",
    "kernel_size_width": "3",
    "stride_width": "1",
    "padding_width": "2",
    "dilation_width": "1",
    "padding_kind": "number",
    "padding_mode": "circular",
    "groups": "1",
    "use_bias": "false",
    "activation": "LeakyReLU",
    "slope": "0.2",
    "compare": "2",
    "b_kernel_size": "5",
    "at": "1.2.3",
    "edits": "0.0.0.0~1",
    "more": "weight sharing",
    "projector": "true",
    "hide": "stride",
    "filters": "3",
    "kernel_size": "5",
    "bias": "0.5",
    "stride": "2",
    "padding": "1",
    "dilation": "2",
}
TRAIN = {
    "dataset": "shapes",
    "architecture": "tutorial_net",
    "epochs": "7",
    "batch_size": "32",
    "optimizer": "sgd",
    "learning_rate": "0.01",
    "device": "cpu",
    "run": "no-such-run",
    "net": "eNqr",
}
KERNELS = IMAGE | {"model": "lenet5-mnist", "layer": "conv2", "filter": "40", "channel": "31"}
POOLING = IMAGE | {
    "layer": "AvgPool2d",
    "both": "true",
    "apart": "true",
    "kernel_size": "3",
    "kernel_size_width": "4",
    "stride": "2",
    "stride_width": "1",
    "padding": "1",
    "padding_width": "1",
    "ceil_mode": "true",
    "count_include_pad": "false",
    "divisor_override": "4",
    "strided": "true",
    "at": "0.1.2~1",
    "more": "subsampling",
    "projector": "true",
    "hide": "stride",
}
BUILDER = {
    "architecture": "tutorial_net",
    "net": encode(architecture("lenet5_strided")),
    "batch": "32",
    "train_on": "shapes",
    "train_epochs": "2",
    "more": "code",
    "projector": "true",
    "hide": "more",
}
MODELS = {"model": "vgg16", "task": "CIFAR-10", "depth": "1.4", "width": "1.2", "resolution": "300"}
ACTIVATIONS = IMAGE | {
    "model": "lenet5_strided-mnist",
    "right": "2",
    "down": "-3",
    "pixels": "1.2~255_3.4~0",
    "scale": "network",
    "look": "conv2:3:4.5",
    "parts": "all",
    "term": "3",
    "net": encode(architecture("lenet5_1998")),
    "projector": "true",
    "hide": "pixels",
}
COMPARE = {"runs": "lenet5_strided-mnist,lenet5-mnist", "over": "steps", "train": "false", "order": "the dataset's"}
PAGES = {
    "convolution": CONVOLUTION,
    "pooling": POOLING,
    "builder": BUILDER,
    "models": MODELS,
    "train": TRAIN,
    "compare": COMPARE,
    "kernels": KERNELS,
    "activations": ACTIVATIONS,
}
MANGLED = [
    "",
    " ",
    "x",
    "-1",
    "0",
    "1.5",
    "1e400",
    "inf",
    "-inf",
    "nan",
    "9" * 400,
    "null",
    "[]",
    "{}",
    "\x00",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "é" * 50,
    "1,2",
    "True",
]


def test_a_mangled_parameter_shows_a_working_page() -> None:
    """Any parameter of the table, beside addresses that between them show all that a page has."""
    random, visitor = Random(SEED), Visitor(Random(SEED))
    everything = [
        (page, name, value)
        for page, title in TITLES.items()
        for name in names(title)
        if not isinstance(parameter(name, title).kind, Part)
        for value in MANGLED
    ]
    for page, name, value in random.sample(everything, cases(len(everything))):
        address: Address = {**random.choice(SHOWN[page]), name: value}
        visitor.go(page, address)
        assert not visitor.app.exception, (page, address)
        assert visitor.app.title[0].value == TITLES[page]


def test_an_address_of_nothing_but_nonsense_shows_a_working_page() -> None:
    random, visitor = Random(SEED), Visitor(Random(SEED))
    everything = [(page, value) for page in PAGES for value in MANGLED]
    for page, value in random.sample(everything, min(len(everything), cases(len(everything)) + len(PAGES))):
        visitor.go(page, dict.fromkeys(names(TITLES[page]), value))
        assert not visitor.app.exception, (page, value)


REAL = json.loads(Path(__file__).with_name("real_addresses.json").read_text("utf-8"))
"""Addresses as people have them, and what each control said when they were written."""


def test_addresses_of_before_open_what_they_did() -> None:
    visitor = Visitor(Random(SEED))
    for one in REAL:
        visitor.go(one["page"], one["address"])
        assert not visitor.app.exception, one["address"]
        now = {name: written(control) for name, control in controls(visitor.app).items()}
        assert {name: now.get(name) for name in one["state"]} == one["state"], one["address"]


@pytest.mark.parametrize("page", ["home", *PAGES])
def test_unknown_parameters_are_ignored(open_page: OpenPage, page: str) -> None:
    open_page(page, nonsense="1", utm_source="x" * 10_000)


def test_a_good_address_sets_every_control(open_page: OpenPage) -> None:
    app = open_page("convolution", **CONVOLUTION)
    state = app.session_state
    assert (state["image"], state["shape"], state["example"]) == ("shape", "star", 12)
    assert (state["size"], state["colour"]) == (20, "grey")
    assert (state["apart"], state["stride_width"], state["padding_width"]) == (True, 1, 2)
    assert (state["padding_mode"], state["activation"], state["slope"]) == ("circular", "LeakyReLU", 0.2)
    assert (state["compare"], state["b_kernel_size"], state["use_bias"]) == ("2", 5, False)
    assert (state["kernel"], state["filters"], state["kernel_size"], state["bias"]) == ("sharpen", 3, 5, 0.5)
    assert (state["stride"], state["padding"], state["dilation"]) == (2, 1, 2)
    state = open_page("pooling", **POOLING).session_state
    assert (state["layer"], state["kernel_size_width"], state["stride_width"]) == ("AvgPool2d", 4, 1)
    assert (state["ceil_mode"], state["count_include_pad"], state["divisor_override"]) == (True, False, 4)
    app = open_page("train", **TRAIN)
    state = app.session_state
    assert (state["dataset"], state["architecture"], state["epochs"]) == ("shapes", "tutorial_net", 7)
    assert (state["batch_size"], state["optimizer"], state["learning_rate"]) == (32, "sgd", 0.01)
    state = open_page("builder", **BUILDER).session_state
    assert state["_workbench"].draft.name == "LeNet-5, strided"
    assert (state["batch"], state["train_on"], state["train_epochs"], state["more"]) == (32, "shapes", 2, "code")
    state = open_page("models", **MODELS).session_state
    assert (state["task"], state["depth"], state["width"], state["resolution"]) == ("CIFAR-10", 1.4, 1.2, 300)
    state = open_page("kernels", **KERNELS).session_state
    assert (state["model"], state["layer"], state["filter"], state["channel"]) == ("lenet5-mnist", "conv2", 40, 31)
    state = open_page("activations", **ACTIVATIONS).session_state
    assert (state["model"], state["right"], state["down"], state["scale"]) == ("lenet5_strided-mnist", 2, -3, "network")
    state = open_page("compare", **COMPARE).session_state
    assert (state["runs"], state["over"]) == (["lenet5_strided-mnist", "lenet5-mnist"], "steps")
    assert state["train"] is False


@pytest.mark.parametrize(
    ("page", "key", "asked", "shown"),
    [("convolution", "image_set", "cifar10", "CIFAR-10"), ("pooling", "network", "vgg16", architecture("vgg16").name)],
)
def test_an_option_is_understood_by_its_name_too(
    open_page: OpenPage, page: str, key: str, asked: str, shown: str
) -> None:
    for value in (asked, shown):
        app = open_page(page, image="dataset" if key == "image_set" else "digit", more="savings", **{key: value})
        assert not app.exception
        assert app.selectbox(key=key).value == asked


def test_the_address_says_at_the_end_of_a_page_what_its_controls_say(open_page: OpenPage) -> None:
    """It may have been behind: the browser has sent it before the control."""
    app = open_page("convolution", stride="2", image="shape")
    app.select_slider(key="stride").set_value(3).run()
    app.select_slider(key="padding").set_value(1).run()
    app.toggle(key="use_bias").set_value(False).run()
    assert dict(app.query_params) == {"image": "shape", "stride": "3", "padding": "1", "use_bias": "false"}
    app.select_slider(key="stride").set_value(1).run()
    app.toggle(key="use_bias").set_value(True).run()
    assert dict(app.query_params) == {"image": "shape", "padding": "1"}


def test_how_an_address_spells_a_number_is_left_alone(open_page: OpenPage) -> None:
    app = open_page("train", learning_rate="1e-2", epochs="4.0")
    assert (app.query_params["learning_rate"], app.query_params["epochs"]) == ("1e-2", "4.0")


def test_a_click_that_has_not_heard_of_the_one_before_does_not_undo_it(open_page: OpenPage) -> None:
    app = open_page("compare", runs="lenet5-mnist")
    app.multiselect(key="runs").set_value(["lenet5-mnist", "lenet5_strided-mnist"]).run()
    app.query_params["runs"] = "lenet5-mnist"  # of a message that was on its way
    app.toggle(key="projector").set_value(True).run()
    assert app.query_params["runs"] == ["lenet5-mnist", "lenet5_strided-mnist"]
    assert app.query_params["projector"] == "true"
    assert app.multiselect(key="runs").value == ["lenet5-mnist", "lenet5_strided-mnist"]


@pytest.mark.parametrize("look", ["conv2:7", ""])
def test_a_link_to_the_same_page_leads_where_it_says(open_page: OpenPage, look: str) -> None:
    app = open_page("activations", look="conv2:7")
    app.button(key="go_layer").click().run()
    app.query_params.pop("look")
    if look:
        app.query_params["look"] = look
    app.run()
    assert app.query_params.get("look", "") == look
    assert any(button.key == "go_layer" for button in app.button) == bool(look)
