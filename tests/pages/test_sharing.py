"""The Share dialog of every page, and addresses that pack what they hide."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.ui.frame.sharing.packing import pack, packed, unpack
from tests.pages.conftest import OpenPage
from tests.pages.test_hide import SHOWN, go, hidden
from tests.pages.test_refused_values import said
from tests.pages.visits import controls

EXERCISE = {"image": "lecture", "stride": "2", "padding": "1", "at": "0.1.1", "hide": "stride,at,facts"}


def share(app: AppTest) -> dict[str, str]:
    """The query of the link in the dialog."""
    app.button(key="share").click().run()
    assert not app.exception
    (link,) = [code.value for code in app.get("dialog")[0].get("code")]
    return dict(parse_qsl(urlsplit(link).query))


@pytest.mark.parametrize("page", ["home", *SHOWN])
def test_every_page_has_its_link(open_page: OpenPage, page: str) -> None:
    app = open_page(page)
    assert not app.get("dialog")
    address = {name: one if isinstance(one, str) else one[-1] for name, one in app.query_params.items()}
    assert share(app) == address
    assert not app.toggle(key="projector").value
    app.run()
    assert not app.get("dialog")


def test_the_link_is_of_the_page_and_not_of_how_it_is_shown_here(open_page: OpenPage) -> None:
    app = go(open_page("convolution", **EXERCISE), "pooling")
    app.toggle(key="projector").set_value(True).run()
    app.select_slider(key="kernel_size").set_value(4).run()
    assert {"exercise", "projector"} <= dict(app.query_params).keys()
    assert share(app) == {"kernel_size": "4"}


def test_what_is_hidden_is_packed(open_page: OpenPage) -> None:
    app = open_page("convolution", **EXERCISE)
    link = share(app)
    assert link.keys() == {"image", "padding", "hide", "task"}
    assert unpack(link["task"]) == {"stride": ["2"], "at": ["0.1.1"]}
    assert app.toggle(key="share_packed").value
    assert dict(app.query_params) == EXERCISE


def test_nothing_to_pack_is_no_choice(open_page: OpenPage) -> None:
    app = open_page("convolution", stride="2")
    assert share(app) == {"stride": "2"}
    assert "share_packed" not in [toggle.key for toggle in app.toggle]


def test_a_link_that_is_too_long_for_a_code_says_how_to_shorten_it(open_page: OpenPage) -> None:
    app = open_page("convolution", image="numbers", numbers=" / ".join([" ".join(map(str, range(20)))] * 60))
    share(app)
    (warning,) = app.get("dialog")[0].get("warning")
    assert "a QR code holds 2,953" in warning.value


SEALED = packed(EXERCISE)


def shows(app: AppTest) -> dict[str, object]:
    return {name: control.value for name, control in controls(app).items()}


def test_a_packed_address_shows_what_the_plain_one_shows(open_page: OpenPage) -> None:
    plain, sealed = open_page("convolution", **EXERCISE), open_page("convolution", **SEALED)
    assert shows(sealed) == shows(plain)
    assert hidden(sealed) == hidden(plain)
    assert not sealed.warning
    assert dict(plain.query_params) == EXERCISE  # written by hand
    assert dict(sealed.query_params) == SEALED


def test_it_stays_packed_whatever_is_done(open_page: OpenPage) -> None:
    app = open_page("convolution", **SEALED)
    app.select_slider(key="padding").set_value(2).run()
    app.selectbox(key="image").set_value("digit").run()
    address = dict(app.query_params)
    assert address.keys() == {"padding", "hide", "task"}
    # the place is where it was on 6 pixels: at 0.42 of the height
    assert unpack(address["task"]) == {"stride": ["2"], "at": ["0.6.6"]}
    assert app.select_slider(key="stride").value == 2
    again = open_page("convolution", **address)
    assert again.select_slider(key="stride").value == 2
    link = share(again)
    assert link == address
    assert "share_packed" not in [toggle.key for toggle in again.toggle]  # nobody unpacks it by a click


@pytest.mark.parametrize("other", ["home", "pooling", "models"])
def test_it_is_there_again_after_another_page_and_a_reload_there(open_page: OpenPage, other: str) -> None:
    elsewhere = go(open_page("convolution", **SEALED), other)
    assert "stride=" not in str(dict(elsewhere.query_params))
    assert "at=" not in str(dict(elsewhere.query_params))
    for app in (elsewhere, open_page(other, **elsewhere.query_params)):
        back = go(app, "convolution")
        assert dict(back.query_params) == SEALED
        assert back.select_slider(key="stride").value == 2
        assert hidden(back) == {"stride", "at", "facts"}


def test_a_hidden_value_that_the_page_changes_is_packed_anew(open_page: OpenPage) -> None:
    app = open_page("convolution", **packed({"stride": "3", "hide": "stride"}))
    app.button_group(key="padding_kind").set_value("same").run()
    address = dict(app.query_params)
    assert address.keys() == {"padding_kind", "hide", "task"}
    assert unpack(address["task"]) == {}


def test_without_hide_the_values_stand_there_plainly(open_page: OpenPage) -> None:
    app = open_page("convolution", **{name: value for name, value in SEALED.items() if name != "hide"})
    assert dict(app.query_params) == {name: value for name, value in EXERCISE.items() if name != "hide"}


@pytest.mark.parametrize("task", ["nonsense", SEALED["task"][:-4], "b" + SEALED["task"][1:], "a" + "A" * 30_000])
def test_a_task_that_cannot_be_read_is_named_and_ignored(open_page: OpenPage, task: str) -> None:
    app = open_page("convolution", **(SEALED | {"task": task}))
    (sentence,) = [words for words in said(app) if "characters and may be cut" not in words]
    assert sentence == f"The address has {task[:40]!r} for the hidden settings: it cannot be read, or not whole."
    assert app.select_slider(key="stride").value == 1
    assert "stride" in hidden(app)


def test_a_wrong_value_in_it_is_no_fault(open_page: OpenPage) -> None:
    app = open_page(
        "convolution", hide="stride,at", task=pack({"stride": ["99"], "at": ["x"], "kernel_size": ["junk"]})
    )
    assert said(app) == ["Kernel size cannot be junk: it is 3."]
    assert app.select_slider(key="stride").value == 1


def test_models_has_a_task_of_its_own(open_page: OpenPage) -> None:
    app = open_page("models", task="CIFAR-10", hide="depth", depth="1.9")
    assert not app.warning
    assert share(app) == {"task": "CIFAR-10", "hide": "depth", "depth": "1.9"}
    app = open_page("models", **SEALED)
    assert said(app)[0] == f"Task cannot be {SEALED['task'][:40]}: it is ImageNet."


def test_a_network_is_packed_too(open_page: OpenPage) -> None:
    app = open_page("builder", architecture="lenet5", hide="architecture")
    link = share(app)
    assert link.keys() == {"hide", "task"}
    again = open_page("builder", **link)
    assert dict(again.query_params) == link
