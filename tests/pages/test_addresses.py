"""Any address, however mangled, shows a working page."""

import pytest

from tests.pages.conftest import OpenPage

IMAGE = {"image": "shape", "digit": "7", "shape": "star", "example": "12", "grey": "true"}
CONVOLUTION = IMAGE | {
    "kernel": "sharpen",
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
}
KERNELS = IMAGE | {"model": "lenet5-mnist", "layer": "conv2", "filter": "40", "channel": "31"}
PAGES = {"convolution": CONVOLUTION, "train": TRAIN, "kernels": KERNELS}
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


@pytest.mark.parametrize(("page", "key"), [(page, key) for page, keys in PAGES.items() for key in keys])
def test_a_mangled_parameter_shows_a_working_page(open_page: OpenPage, page: str, key: str) -> None:
    for value in MANGLED:
        app = open_page(page, **{key: value})
        assert app.title[0].value


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("value", MANGLED)
def test_an_address_of_nothing_but_nonsense_shows_a_working_page(open_page: OpenPage, page: str, value: str) -> None:
    assert open_page(page, **dict.fromkeys(PAGES[page], value)).title[0].value


@pytest.mark.parametrize("page", ["home", *PAGES])
def test_unknown_parameters_are_ignored(open_page: OpenPage, page: str) -> None:
    open_page(page, nonsense="1", utm_source="x" * 10_000)


def test_a_good_address_sets_every_control(open_page: OpenPage) -> None:
    app = open_page("convolution", **CONVOLUTION)
    state = app.session_state
    assert (state["image"], state["shape"], state["example"], state["grey"]) == ("shape", "star", 12, True)
    assert (state["kernel"], state["filters"], state["kernel_size"], state["bias"]) == ("sharpen", 3, 5, 0.5)
    assert (state["stride"], state["padding"], state["dilation"]) == (2, 1, 2)
    app = open_page("train", **TRAIN)
    state = app.session_state
    assert (state["dataset"], state["architecture"], state["epochs"]) == ("shapes", "tutorial_net", 7)
    assert (state["batch_size"], state["optimizer"], state["learning_rate"]) == (32, "sgd", 0.01)
    state = open_page("kernels", **KERNELS).session_state
    assert (state["model"], state["layer"], state["filter"], state["channel"]) == ("lenet5-mnist", "conv2", 40, 31)
