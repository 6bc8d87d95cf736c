"""The images of a dataset to choose from by eye, beside what the training has measured."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.data.digits import digits
from cnnviz.runs import RunStore
from cnnviz.ui.frame.sharing.packing import packed
from tests.pages.conftest import OpenPage
from tests.pages.linked_pages import hrefs, parts, specs, trained
from tests.pages.visits import said


def opened(app: AppTest) -> None:
    app.button(key="by_eye").click().run()
    assert not app.exception
    assert len(app.get("dialog")) == 1


def gallery(app: AppTest) -> list[str]:
    """The links of its images."""
    [html] = [one.proto.body for one in app.get("html") if 'class="gallery"' in one.proto.body]
    return hrefs(html)


def numbers(app: AppTest) -> list[int]:
    return [int(parts(f"activations{href}")[1]["at_image"]) for href in gallery(app)]


def test_nothing_is_drawn_before_it_is_asked_for(open_page: OpenPage) -> None:
    app = open_page("activations", model="lenet5", image="test image", image_set="Digits")
    assert not app.get("dialog")
    assert not specs(app, "linked")


def test_all_images_are_there_page_by_page(open_page: OpenPage) -> None:
    app = open_page("activations", model="lenet5", image="test image", image_set="Digits")
    opened(app)
    assert "Page, of 9" in [one.label for one in app.number_input]
    assert numbers(app) == list(range(40))
    assert "gallery_which" not in [one.key for one in app.button_group]  # it has learned nothing


def test_one_class_at_a_time(open_page: OpenPage) -> None:
    app = open_page("activations", model="lenet5", image="training image", image_set="Digits")
    app.session_state["gallery_class"] = "7"
    opened(app)
    assert numbers(app) == np.flatnonzero(digits().train.labels == 7).tolist()[:40]


@pytest.mark.parametrize("of_one_class", [False, True])
@pytest.mark.parametrize("which", ["answered right", "answered wrong"])
def test_right_and_wrong_are_what_the_training_has_measured(
    open_page: OpenPage, which: str, of_one_class: bool
) -> None:
    run_id = trained("digits")
    outcome = RunStore().outcome(run_id, 1)
    assert outcome is not None
    assert outcome.answers is not None
    labels = digits().test.labels
    expected = (np.asarray(outcome.answers) == labels) == (which == "answered right")
    kind = str(labels[expected][0]) if of_one_class else "all"
    if of_one_class:
        expected &= labels == int(kind)
    app = open_page("activations", model=run_id, image="test image")
    app.session_state["gallery_which"] = which
    app.session_state["gallery_class"] = kind
    opened(app)
    assert numbers(app) == np.flatnonzero(expected).tolist()[:40]


def test_a_link_opens_that_image_with_all_else_as_it_is(open_page: OpenPage) -> None:
    app = open_page("activations", model="lenet5", image="test image", image_set="Digits", look="conv1")
    opened(app)
    _, address = parts(f"activations{gallery(app)[7]}")
    assert address == {
        "model": "lenet5", "image": "test image", "image_set": "Digits", "look": "conv1", "at_image": "7",
    }  # fmt: skip
    there = open_page("activations", **address)
    assert f"Digits: {digits().test.labels[7]}, test image 7." in [said(one) for one in there.caption]


@pytest.mark.parametrize("hide", ["image", "at_image", "image_set"])
def test_a_hidden_picture_is_not_to_be_found_by_eye(open_page: OpenPage, hide: str) -> None:
    app = open_page("activations", model="lenet5", image="test image", image_set="Digits", hide=hide)
    assert not [one for one in app.button if one.key == "by_eye"]


def test_where_there_is_none_it_is_said(open_page: OpenPage) -> None:
    run_id = trained("digits")
    outcome = RunStore().outcome(run_id, 1)
    assert outcome is not None
    never_right = np.flatnonzero(np.diag(outcome.confusion) == 0)
    app = open_page("activations", model=run_id, image="test image")
    app.session_state["gallery_which"], app.session_state["gallery_class"] = "answered right", str(never_right[0])
    opened(app)
    assert "There is none." in [one.value for one in app.info]


def test_what_one_looked_through_is_there_again(open_page: OpenPage) -> None:
    app = open_page("activations", model="lenet5", image="training image", image_set="Digits")
    app.session_state["gallery_class"] = "7"
    opened(app)
    app.run()  # closed
    assert not app.get("dialog")
    opened(app)
    assert numbers(app) == np.flatnonzero(digits().train.labels == 7).tolist()[:40]


def test_a_packed_address_stays_packed_in_the_links(open_page: OpenPage) -> None:
    address = {"model": "lenet5", "image": "test image", "image_set": "Digits", "hide": "scale"}
    app = open_page("activations", **address, task=str(packed({"scale": "map", "hide": "scale"})["task"]))
    assert app.session_state["scale"] == "map"
    opened(app)
    assert all("task=" in href and "scale=map" not in href for href in gallery(app))
