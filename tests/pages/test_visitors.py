"""Two visitors: neither finds anything of the other's that is not for him, on any page, in any export, in any message."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.networks.code import encode
from cnnviz.paths import PROJECT
from cnnviz.runs import Run, RunStore, Spec
from cnnviz.runs.hosting import SeenRuns
from cnnviz.runs.worker import work
from cnnviz.ui.runs import export as run_export
from tests.pages.visits import walk
from tests.runs.cases import TINY
from tests.runs.cases import tiny as tiny_spec

PAGES = sorted(path.stem for path in (PROJECT / "pages").glob("*.py"))
TOKENS = {"ann": b"a" * 16, "bob": b"b" * 16}
NOTES = ("PRIVATENOTES", "PRIVATECOMMAND")
ALL = (*NOTES, "PRIVATETITLE", "PRIVATENET", "PRIVATEMESSAGE")


def name_of(visitor: str) -> str:
    return hashlib.sha256(TOKENS[visitor]).hexdigest()[:12]


def spec() -> Spec:
    command = "python -m cnnviz train --architecture lenet5 --dataset digits --notes 'PRIVATECOMMAND here'"
    plain = tiny_spec(epochs=1)
    return Spec(
        network=TINY.model_copy(update={"name": "PRIVATENET"}), dataset="digits", config=plain.config, command=command
    )


@pytest.fixture
def anns() -> list[Run]:
    """A run that is done, with all that one has; one that failed; one that waits."""
    store = RunStore()
    made = [
        store.create(spec(), name_of("ann"), title=f"PRIVATETITLE {number}", notes="PRIVATENOTES", waits=number == 2)
        for number in range(3)
    ]
    work(store, made[0].id)
    with store.claim(made[1].id):
        store.start(made[1].id)
        store.end(made[1].id, "failed", "PRIVATEMESSAGE")
    return [store.get(run.id) for run in made]


def visit(who: str, page: str, **address: str | list[str]) -> AppTest:
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=60)
    app.session_state["_visitor"] = TOKENS[who]
    app.run()
    if page != "home":
        for key, value in address.items():
            app.query_params[key] = value
        app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, app.exception[0].message
    return app


def everything(app: AppTest) -> str:
    """All that went to the browser."""
    return "\n".join(str(getattr(element, "proto", "")) for element, _ in walk(app._tree))


def addresses(runs: list[Run]) -> dict[str, dict[str, str | list[str]]]:
    """By what one who knows the runs' names might ask for."""
    first, *_ = names = [run.id for run in runs]
    return (
        {"nothing": {}}
        | {f"{key} {run.status}": {key: run.id} for key in ("run", "model") for run in runs}
        | {"runs": {"runs": names}, "kernels": {"model": first, "kernel": "learned", "film": "true", "strided": "true"}}
    )


@pytest.mark.usefixtures("launched")
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("hosted", "secrets"), [("class", NOTES), ("demo", ALL)])
def test_a_page_shows_nothing_of_anothers(
    page: str, hosted: str, secrets: tuple[str, ...], anns: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNNVIZ_HOSTED", hosted)
    ids = [run.id for run in anns] if hosted == "demo" else []
    for told, address in addresses(anns).items():
        visit("ann", page, **address)  # first: what is kept for her is not given to him
        shown = everything(visit("bob", page, **address))
        asked = [name for value in address.values() for name in ([value] if isinstance(value, str) else value)]
        assert not [secret for secret in secrets if secret in shown], told
        assert not [name for name in ids if name not in asked and name in shown], told


@pytest.mark.usefixtures("launched")
@pytest.mark.parametrize("hosted", ["class", "demo", ""])
def test_the_owner_sees_all_of_it(hosted: str, anns: list[Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_HOSTED", hosted)
    done, failed, _ = anns
    pages = [
        visit("ann", "train", run=done.id),
        visit("ann", "train", run=failed.id),
        visit("ann", "kernels", model=done.id),
    ]
    shown = "\n".join(everything(page) for page in pages)
    assert not [secret for secret in ALL if secret not in shown]


@pytest.mark.usefixtures("launched")
def test_a_class_sees_the_runs_of_all(anns: list[Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_HOSTED", "class")
    shown = everything(visit("bob", "train", run=anns[0].id))
    assert "PRIVATETITLE" in shown
    assert "This run is another visitor" in shown
    assert anns[0].id in everything(visit("bob", "kernels"))


@pytest.mark.usefixtures("launched")
@pytest.mark.parametrize(("hosted", "known"), [("demo", False), ("class", True)])
def test_how_long_a_run_takes_does_not_tell_that_another_has_had_it(
    hosted: str, known: bool, anns: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNNVIZ_HOSTED", hosted)
    address = {"net": encode(anns[0].spec.network), "batch_size": "256", "dataset": "digits", "device": "cpu"}
    assert "as an earlier run shows" in everything(visit("ann", "train", **address))
    assert ("as an earlier run shows" in everything(visit("bob", "train", **address))) == known


@pytest.mark.usefixtures("launched")
def test_notes_that_differ_are_compared_by_their_owner_only(anns: list[Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_HOSTED", "class")
    store = RunStore()
    store.describe(anns[1].id, "", "PRIVATENOTES too")
    names = [run.id for run in anns[:2]]
    assert "PRIVATENOTES too" in everything(visit("ann", "compare", runs=names))
    assert "PRIVATENOTES" not in everything(visit("bob", "compare", runs=names))
    assert "PRIVATENOTES too" in everything(visit("ann", "compare", runs=names))


def unpacked(content: bytes) -> bytes:
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return b"\n".join(archive.read(name) for name in archive.namelist())


def test_no_export_holds_notes(anns: list[Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_HOSTED", "class")
    made: dict[str, bytes] = {}

    def button(label: str, make: Callable[[], bytes], *_: str) -> None:
        made[label] = unpacked(make())

    assert "PRIVATECOMMAND" in (RunStore().folder(anns[0].id) / "checkpoint.json").read_text()
    monkeypatch.setattr(run_export, "_button", button)
    store = SeenRuns(name_of("bob"))
    run_export.export_controls(store, store.get(anns[0].id))
    assert set(made) == {"Curves as CSV", "Weights and card", "TensorBoard", "PyTorch script"}
    assert b"PRIVATENET" in made["Weights and card"]
    assert not [label for label, content in made.items() if any(secret.encode() in content for secret in NOTES)]


@pytest.mark.usefixtures("launched")
@pytest.mark.parametrize("trouble", ["", "no folder", "no database"])
@pytest.mark.parametrize("page", PAGES)
def test_no_page_says_where_files_are(page: str, trouble: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_HOSTED", "class")
    store, at = RunStore(), home / "runs"
    command = f"python -m cnnviz train --network {PROJECT}/net.json --dataset digits"
    run = store.create(spec().model_validate(spec().model_dump() | {"command": command}))
    work(store, run.id)
    store.end(run.id, "failed", f"PermissionError: {at / run.id / 'state.safetensors'} in {PROJECT}.")
    if trouble:
        (at / "runs.sqlite").unlink()
        (at / "runs.sqlite").mkdir() if trouble == "no folder" else (at / "runs.sqlite").write_bytes(b"nothing" * 500)
        (home / "data").mkdir()
        (home / "data" / "mnist.status.json").write_text(json.dumps({"fraction": 0.5, "error": "It failed."}))
    shown = everything(
        visit("bob", page, run=run.id, model=run.id, runs=[run.id], dataset="mnist" if trouble else "digits")
    )
    assert str(home) not in shown
    assert str(PROJECT) not in shown
    if page == "train" and not trouble:
        assert "state.safetensors" in shown.replace("\\", "")
        assert "--network net.json" in shown
