"""What an address asks for and cannot have is named on every page, until somebody changes what the address says."""

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.paths import PROJECT
from cnnviz.ui.frame.refused import is_same
from tests.pages.conftest import OpenPage
from tests.pages.visits import controls

WRONG = {
    "convolution": ({"image": "nope", "stride": "99", "use_bias": "maybe", "bias": "7"}, "compare", "2",
        "Input cannot be nope: it is digit. Bias value cannot be 7: it is 0. Stride cannot be 99: it is 1. "
        "Bias cannot be maybe: it is on."),
    "pooling": ({"layer": "SumPool2d", "kernel_size": "x"}, "both", None,
        "Layer cannot be SumPool2d: it is MaxPool2d. Kernel size cannot be x: it is 2."),
    "builder": ({"batch": "abc"}, "more", "code", "Batch size cannot be abc: it is 64."),
    "models": ({"model": "lenet99", "task": "MNIST", "depth": "3"}, "task", "CIFAR-10",
        "There is no architecture 'lenet99' here. Task cannot be MNIST: it is ImageNet. Depth cannot be 3: it is 1.4."),
    "train": ({"dataset": "svhn", "epochs": "0", "optimizer": "adagrad"}, "epochs", 5.0,
        "Dataset cannot be svhn: it is digits. Epochs cannot be 0: it is 1. Optimiser cannot be adagrad: it is adam."),
    "compare": ({"runs": "mlp-cifar10,lenet5-cifar10", "over": "hours"}, "over", "steps",
        "Over cannot be hours: it is epochs."),
    "kernels": ({"model": "gone-1234", "filter": "400"}, "filter", 3.0,
        "There is no trained network 'gone-1234' here, or not any more: this is lenet5-mnist. Filter cannot be 400: it is 0."),
    "activations": ({"model": "gone-1234", "scale": "pixel"}, "scale", "map",
        "There is no network 'gone-1234' here, or not any more: this is lenet5-mnist. Colour scale cannot be pixel: it is layer."),
}  # fmt: skip


def said(app: AppTest) -> list[str]:
    return [warning.value.replace("\\", "") for warning in app.warning]


@pytest.mark.parametrize("page", WRONG)
def test_every_page_names_them(open_page: OpenPage, page: str) -> None:
    address, name, value, sentence = WRONG[page]
    app = open_page(page, **address)
    assert said(app) == [sentence]
    app.run()
    assert said(app) == [sentence]  # nobody has changed anything
    control = controls(app)[name]
    control.set_value(not control.value if value is None else value)
    app.run()
    assert said(app) == []


@pytest.mark.parametrize("page", WRONG)
def test_they_are_not_told_on_another_page(open_page: OpenPage, page: str) -> None:
    address, *_ = WRONG[page]
    app = open_page(page, **address)
    app.query_params.clear()
    app.switch_page("pages/home.py").run()
    assert said(app) == []


@pytest.mark.parametrize(
    ("page", "name", "good", "bad", "what"),
    [
        ("convolution", "at", "1.2.3", "1.2", "the place to look at"),
        ("convolution", "edits", "0.b~1_0.0.0.0~2", "0.b~1_x", "the edited weights"),
        ("pooling", "at", "0.1.2~1", "somewhere", "the place to look at"),
        ("activations", "look", "conv1:3", "conv99", "the layer to look at"),
        ("activations", "look", "conv1:3:0.27", "conv1:99999", "the layer to look at"),
        ("activations", "look", "conv1:5:27.27", "conv1:0:28.0", "the layer to look at"),
        ("activations", "pixels", "1.2~255_3.4~0", "1.2~255_3.4", "the painted pixels"),
        ("activations", "pixels", "27.27~255", "28.0~255", "the painted pixels"),
    ],
)
def test_what_no_control_holds_is_named_too(
    open_page: OpenPage, page: str, name: str, good: str, bad: str, what: str
) -> None:
    assert said(open_page(page, **{name: good})) == []
    assert said(open_page(page, **{name: bad})) == [
        f"The address has {bad!r} for {what}: it cannot be read, or not whole."
    ]
    assert said(open_page(page, **{name: bad, "hide": name})) == []


def test_a_product_and_a_drawing_that_are_not_there_are_named(open_page: OpenPage) -> None:
    look = {"model": "lenet5-mnist", "look": "fc1:0"}
    for bad in ("99999", "zz"):
        sentence = f"The address has {bad!r} for the product to look at: it cannot be read, or not whole."
        assert said(open_page("activations", **look, term=bad)) == [sentence]
    assert said(open_page("activations", **look, term="0")) == []
    for page in ("activations", "convolution"):
        assert said(open_page(page, image="draw", drawing="wAABB")) == []
        sentence = "The address has 'zzz' for the drawing: it cannot be read, or not whole."
        assert said(open_page(page, image="draw", drawing="zzz")) == [sentence]


def test_weights_that_are_not_there_are_named(open_page: OpenPage) -> None:
    assert said(open_page("convolution", edits="3.0.2.2~1_0.b~2")) == []
    for bad in ("9.9.9.9~1", "0.0.3.0~1", "4.b~1"):
        sentence = "The address edits a weight that these kernels do not have: it is left out."
        assert said(open_page("convolution", edits=bad)) == [sentence]


@pytest.mark.parametrize(
    ("page", "address", "sentence"),
    [
        ("train", {"precision": "fp8"}, "Precision cannot be fp8."),
        ("train", {"compile": "maybe"}, "Compile cannot be maybe."),
        ("convolution", {"output_padding": "x"}, "Output padding cannot be x."),
        ("convolution", {"shape": "blob"}, "Class cannot be blob."),
        ("pooling", {"seed": "-1"}, "Seed cannot be -1."),
    ],
)
def test_settings_that_are_not_in_force_are_checked_too(
    open_page: OpenPage, page: str, address: dict[str, str], sentence: str
) -> None:
    assert said(open_page(page, **address)) == [sentence]
    assert said(open_page(page, **address, hide=next(iter(address)))) == []


@pytest.mark.parametrize(
    ("page", "good", "bad"),
    [
        ("convolution", "7", "8"),
        ("convolution", "0.11.11", "0.11.12"),
        ("convolution", "0.0.0~1", "0.12.0~1"),
        ("pooling", "0", "1"),
        ("pooling", "0.6.6", "0.7.0"),
    ],
)
def test_a_place_beyond_the_output_is_named(open_page: OpenPage, page: str, good: str, bad: str) -> None:
    """28 cells a side, of which a stride of 2 leaves 12 (kernel 5) and one of 4 leaves 7 (kernel 3)."""
    layer = {"image": "digit", "filters": "8", "kernel_size": "5", "stride": "2"}
    if page == "pooling":
        layer = {"image": "digit", "kernel_size": "3", "stride": "4"}
    assert said(open_page(page, **layer, at=good)) == []
    app = open_page(page, **layer, at=bad)
    sentence = f"The address looks at {bad}, which this layer's output does not have: it is the nearest that there is."
    assert said(app) == [sentence]
    assert said(open_page(page, **layer, at=bad, hide="at")) == []


@pytest.mark.parametrize(
    ("wanted", "value", "same"),
    [
        ("3", 3, True), ("3.0", 3, True), ("3", 3.0, True), ("1e-3", 0.001, True), ("3.5", 3, False), ("x", 3, False),
        ("nan", 3, False), ("", 3, False), ("true", True, True), ("True", True, True), ("1", True, False),
        ("false", True, False), ("star", "star", True), ("Star", "star", False), ("own", "own", True), ("12", "own", False),
    ],
)  # fmt: skip
def test_what_is_the_same(wanted: str, value: object, same: bool) -> None:
    assert is_same(wanted, value) is same


def test_an_address_that_is_too_long_offers_a_file(open_page: OpenPage) -> None:
    short = "\n".join(["1 2"] * 300)
    app = open_page("pooling", image="numbers", numbers=short)
    assert not app.warning
    app = open_page("pooling", image="numbers", numbers="\n".join(["12.25 2.75"] * 450))
    [told] = said(app)
    assert told.startswith("This address has ")
    assert "may be cut on its way: send a file that holds it instead." in told
    assert [button.proto.label for button in app.get("download_button")] == ["Download cnnviz.html"]


def test_a_value_that_stands_there_twice_is_called_so(open_page: OpenPage) -> None:
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=60).run()
    app.query_params["stride"] = ["2", "3"]
    app.switch_page("pages/convolution.py")
    app.run()
    assert said(app) == ["Stride stands 2 times in the address: it is 1."]
    assert said(open_page("convolution", stride="99")) == ["Stride cannot be 99: it is 1."]
