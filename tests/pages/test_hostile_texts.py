"""Texts of visitors and files are shown as they are: none is taken for Markdown, HTML or TeX, wherever it comes to light."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.layers import Conv2d, Flatten, Linear
from cnnviz.networks import Network
from cnnviz.networks.code import encode, to_json
from cnnviz.paths import PROJECT
from cnnviz.runs import RunStore, Spec, checkpoints, results
from cnnviz.runs.checkpoints import Card, save_checkpoint
from cnnviz.runs.worker import work
from cnnviz.training import TrainingConfig
from cnnviz.ui.frame.hiding import hideable
from tests.pages.test_convolution_images import png

HOSTILE = "![e](x.y)<b>`$a$**"
"""A picture from elsewhere, HTML, code, TeX, and what is bold from here on."""
HTML, MARKDOWN = "<b>`", ("![e](", "$a$")
PAGES = sorted({path.stem for path in (PROJECT / "pages").glob("*.py")} - {"home"})
TINY = Network(
    name=HOSTILE,
    input_shape=(1, 28, 28),
    layers=[Conv2d(out_channels=4, kernel_size=5, stride=4), Flatten(), Linear(out_features=10)],
)

AS_THEY_ARE = {
    "Selectbox.options", "Selectbox.raw_value", "Selectbox.set_value", "MultiSelect.options", "MultiSelect.raw_values",
    "TextInput.default", "TextInput.value", "TextInput.placeholder", "TextArea.default", "TextArea.value", "TextArea.placeholder",
    "Code.code_text", "Text.body", "DownloadButton.url", "PageLink.query_string", "PageLink.page", "Slider.options",
    "PlotlyChart.alt",
}  # fmt: skip
"""What the browser shows letter by letter, or does not show."""


def strings(message: Any) -> Iterator[tuple[str, str]]:
    """Every text of a protobuf message with the name of its field."""
    for field, value in message.ListFields():
        name = f"{message.DESCRIPTOR.name}.{field.name}"
        values = value if not isinstance(value, str | bytes) and hasattr(value, "__iter__") else [value]
        for one in values.values() if hasattr(values, "values") else values:
            if isinstance(one, str):
                yield name, one
            elif hasattr(one, "ListFields"):
                yield from strings(one)


def nodes(node: Any) -> Iterator[Any]:
    """The elements of a page and the blocks that hold them, whose labels are Markdown too."""
    yield node
    for child in getattr(node, "children", {}).values():
        yield from nodes(child)


def is_component(name: str) -> bool:
    """Components get their texts as data, and put them into the page as text."""
    return name.startswith(("BidiComponent", "Arrow"))


def taken_for_more(app: AppTest) -> list[str]:
    """Where a hostile text stands so that the browser would make more of it than its letters."""
    found = []
    for node in nodes(app._tree):
        proto = getattr(node, "proto", None)
        if hasattr(proto, "ListFields"):
            for name, text in strings(proto):
                if name in AS_THEY_ARE or is_component(name) or name.endswith((".id", ".element_id")):
                    continue
                raw = (HTML,) if name in ("Html.body", "PlotlyChart.spec") else (HTML, *MARKDOWN)
                found += [f"{name}: {text[:200]}"] * any(part in text for part in raw)
    return found


def is_shown(app: AppTest) -> bool:
    """Whether the text is there at all, in one form or another."""
    texts = " ".join(text.replace("\\", "") for node in nodes(app._tree) if hasattr(getattr(node, "proto", None), "ListFields")
                     for _, text in strings(node.proto))  # fmt: skip
    return "x.y" in texts


@pytest.fixture
def run_ids() -> list[str]:
    """One that is done, one that failed, one of a dataset that is not known, one that waits: hostile all over."""
    store, config = RunStore(), TrainingConfig(epochs=1, batch_size=256, device="cpu")
    made = [
        store.create(
            Spec(network=TINY, dataset=dataset, config=config, command=f"python {HOSTILE}"),
            title=HOSTILE if titled else "",
            notes=HOSTILE,
            waits=dataset == "shapes",
        )
        for dataset, titled in (("digits", True), ("digits", False), (HOSTILE, True), ("shapes", True))
    ]
    work(store, made[0].id)
    for run in made[1:3]:
        with store.claim(run.id):
            store.start(run.id)
            store.report(run.id, step=3, total_steps=6)
            store.end(run.id, "failed" if run is made[1] else "interrupted", HOSTILE)
    return [run.id for run in made]


def opened(page: str, **address: Any) -> AppTest:
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=60).run()
    for key, value in address.items():
        app.query_params[key] = value
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, app.exception[0].message
    return app


def test_the_measure_finds_what_is_not_escaped() -> None:
    def script(text: str) -> None:
        import streamlit as st

        st.caption(text)
        st.error(text)
        st.button(text)
        st.html(f"<p>{text}</p>")
        with st.expander(text):
            st.metric(text, 1)
        st.selectbox("Choose", [text])
        st.text(text)
        st.code(text)

    app = AppTest.from_function(script, args=(HOSTILE,)).run()
    names = {line.partition(":")[0] for line in taken_for_more(app)}
    assert names == {"Markdown.body", "Alert.body", "Button.label", "Html.body", "Expandable.label", "Metric.label"}


@pytest.mark.usefixtures("launched")
@pytest.mark.parametrize(
    ("page", "which"),
    [*((page, number) for page in ("train", "compare") for number in range(4)), *((page, 0) for page in PAGES)],
)
def test_a_runs_texts(page: str, which: int, run_ids: list[str]) -> None:
    run_id = run_ids[which]
    app = opened(page, run=run_id, model=run_id, runs=[run_id, run_ids[0], "lenet5-cifar10"], kernel="learned")
    assert not taken_for_more(app)
    if page in ("train", "compare"):
        assert is_shown(app)


@pytest.mark.parametrize("page", PAGES)
def test_the_address(page: str) -> None:
    asked = dict.fromkeys(hideable(opened(page).title[0].value), HOSTILE)
    assert not taken_for_more(opened(page, **asked))
    assert not taken_for_more(opened(page, hide=HOSTILE))
    chosen = {"kernel": "learned", "strided": "true", "image": "dataset", "grid": "seed", "architecture": "lenet5"}
    assert not taken_for_more(opened(page, **asked | chosen))  # which leads to further controls


@pytest.mark.parametrize("more", ["–", "code", "paste", "JSON", "ONNX"])
@pytest.mark.parametrize("page", ["builder", "train", "activations"])
def test_a_network_in_the_address(page: str, more: str) -> None:
    app = opened(page, net=encode(TINY), more=more)
    assert not taken_for_more(app)
    assert is_shown(app)


def test_a_file_that_is_opened() -> None:
    for content in (to_json(TINY), "{", json.dumps({HOSTILE: HOSTILE}), to_json(TINY).replace("Conv2d", HOSTILE)):
        app = opened("builder", more="JSON")
        app.file_uploader(key="json_file").upload(f"{HOSTILE}.json", content.encode()).run()
        assert not app.exception
        assert not taken_for_more(app)


@pytest.mark.parametrize(
    "text",
    [
        HOSTILE,
        f"nn.Sequential(nn.Conv2d(1, 4, '{HOSTILE}'), nn.ReLU())",
        f"nn.Sequential(nn.Conv2d(1, 4, 3), nn.Rellu('{HOSTILE}'))",
        json.dumps({"name": HOSTILE, HOSTILE: 1}),
    ],
)
def test_a_text_that_is_pasted(text: str) -> None:
    app = opened("builder", more="paste")
    app.text_area(key="pasted").set_value(text).run()
    next(button for button in app.button if button.label == "Read it").click().run()
    assert not app.exception
    assert not taken_for_more(app)


@pytest.mark.parametrize("content", [png("RGB", (9, 9)), b"no image"])
@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("convolution", {}),
        ("convolution", {"more": "shift"}),
        ("pooling", {"more": "shift"}),
        ("pooling", {"more": "subsampling"}),
        ("kernels", {}),
        ("activations", {}),
    ],
)
def test_the_name_of_a_picture(page: str, address: dict[str, str], content: bytes) -> None:
    app = opened(page, image="upload", **address)
    app.file_uploader(key="upload_file").upload(f"{HOSTILE}.png", content).run()
    assert not app.exception
    assert not taken_for_more(app)


@pytest.mark.parametrize("page", ["compare", "kernels", "activations", "models"])
def test_a_card_that_comes_with_the_app(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, name = tmp_path / "shelf", HOSTILE.replace(".", "")
    folder.mkdir()
    for module in (checkpoints, results):
        monkeypatch.setattr(module, "SHIPPED", folder)
    card = Card(
        name=name, network=TINY, dataset=HOSTILE, class_names=tuple(f"{HOSTILE}{i}" for i in range(10)), mean=(0.5,), std=(0.5,),
        config=TrainingConfig(), epochs_done=1, test_accuracy=0.5, test_images=10, notes=HOSTILE, command=HOSTILE,
    )  # fmt: skip
    save_checkpoint(folder / f"{name}.safetensors", dict(TINY.module().state_dict()), card)
    assert not taken_for_more(opened(page, model=name, runs=[name]))


@pytest.mark.parametrize("page", PAGES)
def test_a_data_folder_that_cannot_be_used(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / HOSTILE
    folder.write_text("no folder")
    monkeypatch.setenv("CNNVIZ_HOME", str(folder))
    assert not taken_for_more(opened(page, model="nobody", image="dataset"))
