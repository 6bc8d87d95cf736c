"""What there is to see of training: of a run, and of the same run put beside the app."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnviz.data import class_names
from cnnviz.runs import Card, CheckpointError, Curve, RunStore
from cnnviz.runs.checkpoints import save_checkpoint
from cnnviz.runs.records import Outcome
from cnnviz.runs.results import Result, read_moments, read_result, write_history
from cnnviz.training import Mistake
from tests.runs.cases import TINY, tiny

SPEC = tiny(epochs=2).model_copy(update={"command": "train it"})
NONE = Curve([], [], [], [], [])


@pytest.fixture
def store() -> RunStore:
    return RunStore()


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In the place of the checkpoints that come with the app."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    for module in ("checkpoints", "results"):
        monkeypatch.setattr(f"cnnviz.runs.{module}.SHIPPED", folder)
    return folder


def made(store: RunStore, points: int = 12) -> str:
    """A finished run whose numbers are made up."""
    run = store.create(SPEC)
    rng = np.random.default_rng(0)
    with store.open() as db:  # one transaction: thousands of points take a second otherwise
        db.execute("BEGIN")
        for step in range(1, points + 1):
            row = (run.id, "train", step, step / 6, *rng.random(2).tolist(), 1e9 + step)
            db.execute("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        db.execute("COMMIT")
    with store.claim(run.id):
        store.report(run.id, step=points, total_steps=points, epochs_done=2, test_accuracy=0.75)
        for epoch in range(3):
            store.measure(run.id, "test", 6 * epoch, float(epoch), 2 / 3 - epoch / 7, epoch / 3)
            store.conclude(run.id, Outcome(epoch, rng.integers(0, 50, (10, 10)), (Mistake(epoch, 3, 5, 0.75),)))
        store.end(run.id, "finished")
    store.describe(run.id, "My run", "It went well.")
    return run.id


def put(store: RunStore, run_id: str, shelf: Path, name: str = "mine", history: bool = True) -> str:
    run = store.get(run_id)
    card = Card(
        name=name,
        network=TINY,
        dataset="digits",
        class_names=class_names("digits"),
        mean=(0.5,),
        std=(0.2,),
        config=SPEC.config,
        epochs_done=run.epochs_done,
        test_accuracy=run.test_accuracy,
        test_images=355,
        notes=run.notes,
        command=SPEC.command,
        seconds=run.seconds,
    )
    save_checkpoint(shelf / name, TINY.module().state_dict(), card)
    if history:
        write_history(store, run_id, shelf / name)
    return name


def assert_same_curve(ours: Curve, expected: Curve) -> None:
    assert ours.steps == expected.steps
    assert all(type(step) is int for step in ours.steps)
    for part in ("epochs", "losses", "accuracies"):
        assert getattr(ours, part) == pytest.approx(getattr(expected, part), rel=1e-5)
    assert len(ours.times) == len(ours.steps)


def test_of_a_run_is_what_the_store_knows(store: RunStore, shelf: Path) -> None:
    run_id = made(store)
    found = read_result(run_id, store)
    assert (found.name, found.title, found.notes, found.command) == (run_id, "My run", "It went well.", "train it")
    assert (found.network, found.dataset, found.config) == (TINY, "digits", SPEC.config)
    assert found.class_names == tuple("0123456789")
    assert (found.status, found.epochs_done, found.test_accuracy) == ("finished", 2, 0.75)
    assert not found.shipped
    for split in ("train", "test"):
        assert getattr(found, split) == store.curve(run_id, split)  # type: ignore[arg-type]
    assert [one.epoch for one in found.outcomes] == [2]
    store.describe(run_id, "", "")
    assert read_result(run_id, store).title == run_id


def test_a_run_and_what_is_shipped_of_it_read_alike(store: RunStore, shelf: Path) -> None:
    run_id = made(store)
    run, shipped = read_result(run_id, store), read_result(put(store, run_id, shelf), store)
    assert (shipped.name, shipped.title, shipped.shipped) == ("mine", "mine", True)
    parts = set(Result.__dataclass_fields__) - {"name", "title", "shipped", "train", "test", "outcomes"}
    for part in sorted(parts):
        assert getattr(shipped, part) == getattr(run, part), part
    assert_same_curve(shipped.train, run.train)
    assert_same_curve(shipped.test, run.test)
    assert [one.epoch for one in shipped.outcomes] == [0, 1, 2]
    for one, other in zip(shipped.outcomes[-1:], run.outcomes, strict=True):
        assert (one.epoch, one.mistakes) == (other.epoch, other.mistakes)
        np.testing.assert_array_equal(one.confusion, other.confusion)


def test_a_long_curve_is_thinned_between_its_ends(store: RunStore, shelf: Path) -> None:
    run_id = made(store, 2_500)
    whole, shipped = store.curve(run_id, "train"), read_result(put(store, run_id, shelf), store).train
    assert len(shipped.steps) == 200
    assert (shipped.steps[0], shipped.steps[-1]) == (1, 2_500)
    assert shipped.steps == sorted(set(shipped.steps))
    at = [step - 1 for step in shipped.steps]
    assert_same_curve(shipped, Curve(*([getattr(whole, part)[i] for i in at] for part in Curve.__dataclass_fields__)))


def test_of_a_run_of_hours_its_ends_and_points_between_are_read(store: RunStore, shelf: Path) -> None:
    run_id = made(store, 5_000)
    found, whole = read_result(run_id, store).train, store.curve(run_id, "train")
    assert 100 < len(found.steps) <= 200
    assert (found.steps[0], found.steps[-1]) == (1, 5_000)
    at = [step - 1 for step in found.steps]
    assert found == Curve(*([getattr(whole, part)[i] for i in at] for part in Curve.__dataclass_fields__))


def test_the_training_accuracy_is_that_of_every_point_of_the_last_epoch(store: RunStore, shelf: Path) -> None:
    run_id = made(store, 5_000)  # two epochs: most points of the second are not drawn
    expected = np.mean(store.curve(run_id, "train").accuracies[2_500:])
    assert read_result(run_id, store).train_accuracy == pytest.approx(expected, rel=1e-12)
    assert read_result(put(store, run_id, shelf), store).train_accuracy == pytest.approx(expected, rel=1e-12)


def test_in_the_first_epoch_it_is_that_of_all_points_so_far(store: RunStore, shelf: Path) -> None:
    run_id = made(store, 5_000)
    store.report(run_id, epochs_done=0)
    expected = np.mean(store.curve(run_id, "train").accuracies)
    assert read_result(run_id, store).train_accuracy == pytest.approx(expected, rel=1e-12)


def test_steps_of_a_very_long_run_are_not_rounded(store: RunStore, shelf: Path) -> None:
    run_id = made(store)
    store.measure(run_id, "train", 49_999_999, 999.99, 0.1, 0.9)
    assert read_result(put(store, run_id, shelf), store).train.steps[-1] == 49_999_999


def test_a_run_that_never_began_has_empty_curves(store: RunStore, shelf: Path) -> None:
    run = store.create(SPEC, waits=True)
    for name in (run.id, put(store, run.id, shelf)):
        found = read_result(name, store)
        assert (found.train, found.test, found.outcomes) == (NONE, NONE, [])
        assert (found.train_accuracy, found.test_accuracy) == (None, None)


def damaged(history: dict[str, Any], where: str) -> Any:
    """The history with something wrong at one place."""
    match where:
        case "a list":
            return list(history.values())
        case "a word":
            return "history"
        case "no test":
            return {name: part for name, part in history.items() if name != "test"}
        case "no outcomes":
            return {name: part for name, part in history.items() if name != "outcomes"}
        case "three parts":
            return {**history, "train": history["train"][:3]}
        case "numbers":
            return {**history, "test": 7, "train": 8}
        case "short row":
            return {**history, "outcomes": [[1, "[[1]]"]]}
        case "no counts":
            return {**history, "outcomes": [[1, "[[1, 2], [3]]", "[]"]]}
        case "no mistakes":
            return {**history, "outcomes": [[1, "[[1]]", "[[1, 2]]"]]}
    raise AssertionError(where)


@pytest.mark.parametrize(
    "where",
    ["missing", "empty", "cut", "bytes", "a list", "a word", "no test", "no outcomes", "three parts", "numbers",
     "short row", "no counts", "no mistakes"],
)  # fmt: skip
def test_a_shipped_checkpoint_without_a_readable_history_has_empty_curves(
    store: RunStore, shelf: Path, where: str
) -> None:
    put(store, made(store), shelf)
    file = shelf / "mine.history.json"
    content = file.read_bytes()
    match where:
        case "missing":
            file.unlink()
        case "empty":
            file.write_bytes(b"")
        case "cut":
            file.write_bytes(content[:-20])
        case "bytes":
            file.write_bytes(b"\xff\xfe" + content)
        case _:
            file.write_text(json.dumps(damaged(json.loads(content), where)))
    found = read_result("mine", store)
    assert (found.train, found.test, found.outcomes) == (NONE, NONE, [])
    assert (found.test_accuracy, found.status, found.shipped) == (0.75, "finished", True)


def test_what_is_gone_is_said(store: RunStore, shelf: Path) -> None:
    run_id = made(store)
    store.delete(run_id)
    with pytest.raises(CheckpointError, match=rf"^There is no run '{run_id}' any more\.$"):
        read_result(run_id, store)
    with pytest.raises(CheckpointError, match="There is no run"):
        read_result("../../etc/passwd" * 50, store)
    put(store, made(store), shelf)
    (shelf / "mine.json").write_text("{}")
    with pytest.raises(CheckpointError, match=r"^The card of 'mine' is damaged at name"):
        read_result("mine", store)


def test_a_run_of_data_that_is_not_known_is_said(store: RunStore, shelf: Path) -> None:
    run = store.create(SPEC.model_copy(update={"dataset": "imagenet"}), waits=True)
    with pytest.raises(CheckpointError, match=rf"^{run.id} is of the dataset 'imagenet', which is not known here\.$"):
        read_result(run.id, store)


def test_a_run_that_trains_can_be_seen(store: RunStore, shelf: Path) -> None:
    run = store.create(SPEC)
    with store.claim(run.id):
        store.start(run.id)
        store.measure(run.id, "train", 3, 0.5, 2.0, 0.25)
        found = read_result(run.id, store)
    assert (found.status, found.epochs_done, found.train.steps) == ("running", 0, [3])
    assert found.train == replace(
        NONE, steps=[3], epochs=[0.5], losses=[2.0], accuracies=[0.25], times=found.train.times
    )


def test_without_a_file_there_are_no_moments(store: RunStore, shelf: Path) -> None:
    run_id = made(store)
    assert read_moments(run_id, store) is None
    assert read_moments(put(store, run_id, shelf), store) is None
