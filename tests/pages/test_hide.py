"""``hide=`` takes any control of any page away, keeps it away, and says what it does not know."""

from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.data import DATASETS, SOURCES, counts, title
from cnnviz.data.sources import npz_path, write_npz
from cnnviz.networks import architecture
from cnnviz.runs import RunStore, Spec
from cnnviz.runs.records import Outcome
from cnnviz.training import TrainingConfig
from cnnviz.ui.frame.hiding import hideable
from cnnviz.ui.pickers import image_files
from cnnviz.ui.training import setting_controls
from tests.data.test_deep import png
from tests.pages.conftest import OpenPage
from tests.pages.visits import Address, Visitor, controls, walk
from tests.scale import SEED, cases

PICTURES: list[Address] = [
    {"image": "shape"},
    {"image": "pattern"},
    {"image": "draw"},
    {"image": "upload"},
    {"image": "camera"},
    *[{"image": "dataset", "image_set": title(name)} for name in DATASETS],
    {"image": "test image", "image_set": "Digits"},
]
INPUTS = [*PICTURES, {"image": "numbers"}, {"image": "feature maps"}]
APART: Address = {"apart": "true", "b_apart": "true", "c_apart": "true"}
TRANSPOSED: Address = {"layer": "ConvTranspose2d", "b_layer": "ConvTranspose2d", "c_layer": "ConvTranspose2d"}
SHIFTED: Address = {"compare": "3", "more": "shift, rotate, scale"}
SHOWN: dict[str, list[Address]] = {
    "convolution": [
        APART | SHIFTED | {"kernel": "random", "activation": "LeakyReLU"},
        APART | SHIFTED | TRANSPOSED | {"kernel": "learned", "change": "rotate"},
        {"more": "shift, rotate, scale", "change": "scale"},
        *INPUTS,
    ],
    "pooling": [
        {"apart": "true", "strided": "true", "kernel": "random", "more": "shift"},
        {"apart": "true", "layer": "AdaptiveAvgPool2d", "more": "subsampling"},
        {"strided": "true", "kernel": "learned", "more": "savings"},
        *INPUTS,
    ],
    "builder": [{}],
    "models": [{}],
    "train": [
        {"truth": "3", "answer": "0"},
        {"optimizer": "sgd", "schedule": "step", "set_dropout": "true", "grid": "learning_rate"},
    ],
    "compare": [{"runs": ["mlp-cifar10", "lenet5-cifar10"]}],
    "kernels": [{"layer": "conv2"}, {"model": "tutorial_net-cifar10"}, *PICTURES],
    "activations": [{"look": "conv2:3:4.5"}, {"look": "fc1:3"}, *PICTURES],
}
"""By page: addresses which together show all that can be hidden there."""
TITLES = {page: page.capitalize() for page in SHOWN}


@pytest.fixture
def everything_there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Datasets, a run, an upload of few bits and a GPU, so that no control is missing."""
    upload = image_files._upload

    def uploads(key: str, label: str) -> Any:
        upload(key, label)
        return SimpleNamespace(name="dark.png", getvalue=lambda: png(np.arange(400).reshape(20, 20, 1), 0))

    monkeypatch.setattr(image_files, "_upload", uploads)
    for name, source in SOURCES.items():
        channels, height, width = source.input_shape
        shape = (20, height, width, channels) if channels > 1 else (20, height, width)
        images, labels = np.zeros(shape, np.uint8), np.arange(20) % 10
        npz_path(name).parent.mkdir(parents=True, exist_ok=True)
        write_npz(name, {"x_train": images, "y_train": labels, "x_test": images, "y_test": labels})
    store = RunStore()
    run = store.create(Spec(network=architecture("lenet5"), dataset="digits", config=TrainingConfig(epochs=1)))
    store.conclude(run.id, Outcome(1, np.eye(10, dtype=np.int64), (), np.zeros(counts("digits")[1], np.uint8)))
    monkeypatch.setattr(setting_controls, "has_cuda", lambda: True)


def hidden(app: AppTest) -> set[str]:
    return {name for _, names in walk(app._tree) for name in names}


def opened(visitor: Visitor, page: str, address: Address, hide: Any) -> AppTest:
    visitor.go(page, address | {"hide": ",".join(hide)})
    assert not visitor.complaints(), (page, address, hide)
    assert not [warning.value for warning in visitor.app.warning if "The address hides" in warning.value]
    return visitor.app


@pytest.mark.usefixtures("everything_there")
def test_everything_can_be_hidden_at_once_and_alone() -> None:
    visitor, random = Visitor(Random(SEED)), Random(SEED)
    for page, addresses in SHOWN.items():
        names = hideable(TITLES[page])
        where: dict[str, Address] = {}
        for address in addresses:
            app = opened(visitor, page, address, names)
            assert not controls(app, seen=True)
            where = dict.fromkeys(hidden(app), address) | where
        assert set(where) == names
        for name in random.sample(sorted(names), cases(len(names))):
            app = opened(visitor, page, where[name], [name])
            assert name in hidden(app)
            if page in ("convolution", "pooling", "activations", "kernels"):
                assert controls(app, seen=True)


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("pooling", {"hide": "examples"}),
        ("activations", {"hide": "image"}),
        ("kernels", {"hide": "image"}),
        ("convolution", {"image": "lecture", "dilation": "2", "hide": "dilation"}),
        ("convolution", {"image": "lecture", "kernel_size": "6", "hide": "kernel_size"}),
        ("pooling", {"image": "numbers", "padding": "1", "hide": "padding"}),
        ("convolution", {"compare": "3", "hide": "facts,at", "b_dilation": "2"}),
        ("convolution", {"image": "lecture", "compare": "2", "b_kernel_size": "6", "hide": "b_kernel_size"}),
        ("convolution", {"apart": "true", "image": "lecture", "kernel_size_width": "6", "hide": "kernel_size_width"}),
        ("convolution", {"image": "lecture", "projector": "true", "kernel_size": "6", "hide": "controls,kernel_size"}),
    ],
)
def test_a_control_and_all_that_is_said_of_it_are_hidden(
    open_page: OpenPage, page: str, address: dict[str, str]
) -> None:
    app = open_page(page, **address)
    assert not app.error
    for name in address["hide"].split(","):
        assert name in hidden(app)
        assert name not in controls(app, seen=True)


def seen_text(app: AppTest) -> str:
    return " ".join(str(getattr(element, "value", "")) for element, names in walk(app._tree) if not names)


def test_what_another_control_changes_in_a_hidden_one_is_not_told(open_page: OpenPage) -> None:
    for hide, is_told in (("", True), ("stride", False)):
        app = open_page("convolution", stride="3", hide=hide)
        app.button_group(key="padding_kind").set_value("same").run()
        assert ("Stride is 1 now" in seen_text(app)) is is_told
    app = open_page("convolution", padding_kind="same", stride="2", hide="stride")
    assert "**Stride" not in seen_text(app)


@pytest.mark.parametrize("page", ["home", *SHOWN])
def test_names_of_nothing_are_named_in_one_sentence(open_page: OpenPage, page: str) -> None:
    said = [warning.value for warning in open_page(page, hide="Strides, <b>,projektor,,strides").warning]
    assert said == [
        "The address hides what is not there: nothing on this page has the name 'strides' or '\\<b\\>' or 'projektor'."
    ]
    app = open_page(page, hide=",".join(f"x{i}" * 50 for i in range(90)))
    many = [warning for warning in app.warning if "This address has" not in warning.value]
    assert len(many) == 1
    assert len(many[0].value) < 400
    assert not open_page(page, hide=" , ").warning


def go(app: AppTest, page: str) -> AppTest:
    """By the menu, whose links carry no parameters."""
    app.query_params.clear()
    return app.switch_page(f"pages/{page}.py").run()


@pytest.mark.parametrize("other", [page for page in ["home", *SHOWN] if page != "convolution"])
def test_an_exercise_is_there_again_after_another_page(open_page: OpenPage, other: str) -> None:
    exercise = {"image": "lecture", "stride": "2", "at": "0.1.1", "hide": "stride,facts"}
    app = go(go(open_page("convolution", **exercise), other), "convolution")
    assert not app.exception
    assert {name: app.query_params[name] for name in exercise} == exercise
    assert (app.select_slider(key="stride").value, app.selectbox(key="image").value) == (2, "lecture")
    assert hidden(app) == {"stride", "facts"}
    assert "stride" not in hidden(go(app, other))  # of the one page only


@pytest.mark.parametrize("other", ["home", "pooling", "train"])
def test_an_exercise_outlives_a_reload_of_another_page(open_page: OpenPage, other: str) -> None:
    exercise = {"image": "lecture", "stride": "2", "hide": "stride,facts"}
    elsewhere = go(open_page("convolution", **exercise), other)
    again = go(open_page(other, **elsewhere.query_params), "convolution")
    assert dict(again.query_params) == exercise
    assert hidden(again) == {"stride", "facts"}
    assert again.select_slider(key="stride").value == 2
    plain = go(open_page(other), "convolution")
    assert not hidden(plain)


@pytest.mark.parametrize(
    "junk", ["", "?", "Convolution", "Convolution?hide", "Convolution?hide=%00", "?hide=x", "x" * 9000]
)
def test_a_mangled_exercise_is_none(open_page: OpenPage, junk: str) -> None:
    app = go(open_page("pooling", exercise=junk), "convolution")
    assert not app.exception


def test_the_projector_goes_along_until_it_is_switched_off(open_page: OpenPage) -> None:
    app = open_page("kernels", projector="true")
    for page in ("home", *SHOWN):
        go(app, page)
        assert app.toggle(key="projector").value, page
        assert app.query_params["projector"] == "true"
    app.toggle(key="projector").set_value(False).run()
    for page in ("home", *SHOWN):
        go(app, page)
        assert not app.toggle(key="projector").value, page
        assert "projector" not in app.query_params
    go(app, "models").query_params["projector"] = "true"
    assert app.switch_page("pages/train.py").run().toggle(key="projector").value  # by another address


def test_what_is_hidden_stays_hidden_whatever_is_chosen(open_page: OpenPage) -> None:
    app = open_page("convolution", stride="2", hide="stride,image,examples")
    for kind in ("lecture", "numbers", "feature maps", "digit"):
        app.selectbox(key="image").set_value(kind).run()
        assert {"stride", "image", "examples"} <= hidden(app)
        assert app.query_params["hide"] == "stride,image,examples"
        assert app.select_slider(key="stride").value == 2
    assert "hide=stride%2Cimage%2Cexamples" in "".join(str(element.proto) for element in app.get("html"))
