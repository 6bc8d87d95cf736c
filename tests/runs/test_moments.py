"""The moments that are kept of a run: what is added and cut, their file, and a run that goes on."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.data.augmentation import Resident
from cnnviz.runs import RunStore
from cnnviz.runs.moments import (
    Moments,
    add_moment,
    begun,
    cut_moments,
    moments_file,
    read_moments_at,
    write_moments,
)
from cnnviz.runs.results import read_moments
from cnnviz.runs.worker import work
from cnnviz.training import Event, Moment, Step
from cnnviz.training.events import Glance
from cnnviz.training.glances import glance
from cnnviz.training.glances import moments as moment_steps
from tests.runs.cases import tiny

PARTS = {
    "steps": np.int64,
    "epochs": np.float32,
    "accuracies": np.float32,
    "kernels": np.float16,
    "answers": np.float16,
}


def look(step: int) -> Moment:
    """One that can be told from the others."""
    rng = np.random.default_rng(step)
    kernels, answers = (rng.normal(size=shape).astype(np.float16) for shape in ((4, 1, 5, 5), (12, 10)))
    return Moment(step, step / 10, Glance(kernels, answers, step / 1_000, 50))


def at(*steps: int) -> Moments:
    """Put together part by part."""
    looks = [look(step) for step in steps]
    return Moments(
        np.array(steps, np.int64),
        np.array([one.epoch for one in looks], np.float32),
        np.array([one.glance.accuracy for one in looks], np.float32),
        np.array([one.glance.kernels for one in looks], np.float16).reshape(len(steps), 4, 1, 5, 5),
        np.array([one.glance.answers for one in looks], np.float16).reshape(len(steps), 12, 10),
        np.full(len(steps), 50),
    )


def assert_same(ours: Moments | None, expected: Moments | None) -> None:
    assert ours is not None
    assert expected is not None
    for part, dtype in PARTS.items():
        assert getattr(ours, part).dtype == dtype
        np.testing.assert_array_equal(getattr(ours, part), getattr(expected, part), part)


def test_one_after_the_other() -> None:
    found = begun(look(0))
    assert_same(found, at(0))
    for step in (1, 5, 12):
        found = found.then(step, step / 10, look(step).glance)
    assert_same(found, at(0, 1, 5, 12))
    assert len(found) == 4


@pytest.mark.parametrize(
    ("step", "left"), [(-1, ()), (0, (0,)), (4, (0, 1)), (5, (0, 1, 5)), (11, (0, 1, 5)), (99, (0, 1, 5, 12))]
)
def test_until_a_step(step: int, left: tuple[int, ...]) -> None:
    assert_same(at(0, 1, 5, 12).until(step), at(*left))


@pytest.mark.parametrize(("step", "left"), [(0, ()), (5, (0, 1)), (6, (0, 1, 5)), (12, (0, 1, 5))])
def test_one_takes_the_place_of_those_at_its_step_and_later(step: int, left: tuple[int, ...]) -> None:
    found = at(0, 1, 5, 12).then(step, step / 10, look(step).glance)
    assert_same(found, at(*left, step))


def test_a_file_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write_moments(tmp_path / "lenet5-mnist", at(0, 3, 7))
    assert [path.name for path in tmp_path.glob("*lenet5*")] == ["lenet5-mnist.moments.safetensors"]
    assert_same(read_moments_at(tmp_path / "lenet5-mnist"), at(0, 3, 7))


@pytest.mark.parametrize("order", ["channels last", "Fortran", "every second"])
def test_values_come_back_in_their_places_however_they_lie_in_memory(tmp_path: Path, order: str) -> None:
    def laid_out(part: np.ndarray) -> np.ndarray:
        match order:
            case "channels last":
                return np.ascontiguousarray(np.moveaxis(part, 2, -1)).swapaxes(2, -1) if part.ndim > 2 else part
            case "Fortran":
                return np.asfortranarray(part)
        return np.repeat(part, 2, -1)[..., ::2]

    moments = at(0, 3, 7)
    laid = Moments(*(laid_out(getattr(moments, part)) for part in Moments.__dataclass_fields__))
    assert not laid.kernels.flags.c_contiguous
    write_moments(tmp_path / "mine", laid)
    assert_same(read_moments_at(tmp_path / "mine"), laid)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_kernels_of_weights_in_any_layout_come_back(tmp_path: Path, layout: torch.memory_format) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, (5, 3)), nn.Flatten(), nn.Linear(96, 10)).to(memory_format=layout)
    images, cpu = np.zeros((12, 3, 8, 8), np.uint8), torch.device("cpu")
    data = Resident(images, np.zeros(12, np.int64), (0.5,) * 3, (0.2,) * 3, cpu)
    seen = glance(module, data, torch.autocast("cpu", enabled=False))
    for step in (0, 1):
        add_moment(tmp_path / "mine", Moment(step, step, seen))
    found = read_moments_at(tmp_path / "mine")
    assert found is not None
    expected = torch.stack([module[0].weight.detach().half()] * 2).contiguous()
    np.testing.assert_array_equal(found.kernels, expected.numpy())


def test_networks_without_first_weights_have_answers_alone(tmp_path: Path) -> None:
    none = np.zeros((0, 1, 1, 1), np.float16)
    for step in (0, 1):
        add_moment(tmp_path / "mine", Moment(step, step, Glance(none, look(step).glance.answers, 0.5, 50)))
    found = read_moments_at(tmp_path / "mine")
    assert found is not None
    assert found.kernels.shape == (2, 0, 1, 1, 1)
    np.testing.assert_array_equal(found.answers, at(0, 1).answers)


def test_are_added_to_the_file_and_cut_from_it(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    for step in (0, 1, 5, 12):
        add_moment(path, look(step))
    assert_same(read_moments_at(path), at(0, 1, 5, 12))
    cut_moments(path, 5)
    assert_same(read_moments_at(path), at(0, 1, 5))
    before = moments_file(path).stat()
    cut_moments(path, 5)  # nothing to do
    assert moments_file(path).stat().st_ino == before.st_ino
    add_moment(path, look(9))
    add_moment(path, look(5))
    assert_same(read_moments_at(path), at(0, 1, 5))
    add_moment(path, look(0))  # all anew
    assert_same(read_moments_at(path), at(0))


def test_there_is_nothing_to_cut_where_there_are_none(tmp_path: Path) -> None:
    cut_moments(tmp_path / "checkpoint", 5)
    assert not moments_file(tmp_path / "checkpoint").exists()


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "nonsense", "a part less", "a part more"])
def test_a_damaged_file_is_none_and_the_next_moment_begins_a_new_one(tmp_path: Path, damage: str) -> None:
    from safetensors.numpy import load, save

    path = tmp_path / "checkpoint"
    write_moments(path, at(0, 3, 7))
    file = moments_file(path)
    content = file.read_bytes()
    parts = load(content)
    match damage:
        case "missing":
            file.unlink()
        case "empty":
            file.write_bytes(b"")
        case "cut":
            file.write_bytes(content[:-1])
        case "nonsense":
            file.write_bytes(b"\xff" * 500)
        case "a part less":
            file.write_bytes(save({name: part for name, part in parts.items() if name != "answers"}))
        case "a part more":
            file.write_bytes(save({**parts, "biases": np.zeros(3)}))
    assert read_moments_at(path) is None
    cut_moments(path, 3)
    add_moment(path, look(9))
    assert_same(read_moments_at(path), at(9))


# Of a run


def disturbed(store: RunStore, status: str) -> str:
    """A run that ended before its time in its third epoch."""
    run = store.create(tiny(epochs=4))

    def disturb(event: Event) -> None:
        if isinstance(event, Step) and event.step > 12:
            if status == "interrupted":
                raise SystemExit  # as a kill
            if status == "failed":
                raise OSError(5, "Input/output error", "disk")
            store.request_stop(run.id)

    with suppress(SystemExit):
        work(store, run.id, disturb)
    assert store.get(run.id).status == status
    assert store.get(run.id).epochs_done in ((2, 3) if status == "stopped" else (2,))
    return run.id


@pytest.mark.parametrize("status", ["stopped", "interrupted", "failed"])
def test_a_run_that_goes_on_has_the_moments_and_outcomes_of_one_that_nobody_disturbed(status: str) -> None:
    store = RunStore()
    undisturbed = work(store, store.create(tiny(epochs=4)).id)
    expected = read_moments(undisturbed.id, store)
    assert expected is not None
    assert expected.steps.tolist() == moment_steps(24)
    run_id = disturbed(store, status)
    half = read_moments(run_id, store)
    assert half is not None
    assert 12 < half.steps[-1] < 24
    store.resume(run_id)
    assert work(store, run_id).status == "finished"
    assert_same(read_moments(run_id, store), expected)

    ours, theirs = store.outcomes(run_id), store.outcomes(undisturbed.id)
    assert [one.epoch for one in ours] == [0, 1, 2, 3, 4]
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one.confusion, other.confusion)
        assert one.mistakes == other.mistakes
    for one, epoch_accuracy in zip(ours, store.curve(run_id, "test").accuracies, strict=True):
        assert one.confusion.trace() / one.confusion.sum() == pytest.approx(epoch_accuracy)


def test_while_a_run_trains_the_newest_look_follows_those_that_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnviz.training.loop.SNAPSHOT_SECONDS", 0.0)
    monkeypatch.setattr("cnnviz.training.reporting.REPORT_SECONDS", 0.0)
    monkeypatch.setattr("cnnviz.training.loop.moments", lambda total: [0, 3, total])
    store = RunStore()
    run = store.create(tiny(epochs=1))
    seen = {}

    def watch(event: Event) -> None:
        if isinstance(event, Step) and event.loss is not None and (found := read_moments(run.id, store)):
            seen[event.step] = found.steps.tolist()

    assert work(store, run.id, watch).status == "finished"
    # a report comes before the look of the same step
    assert seen == {1: [0], 2: [0, 1], 3: [0, 3], 4: [0, 3], 5: [0, 3, 4], 6: [0, 3, 6]}
    found = read_moments(run.id, store)
    assert found is not None
    assert found.steps.tolist() == [0, 3, 6]
    assert not moments_file(store.folder(run.id) / "now").exists()


def test_a_look_from_before_the_stop_is_no_news_when_a_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnviz.training.reporting.REPORT_SECONDS", 0.0)
    store = RunStore()
    run_id = disturbed(store, "stopped")
    write_moments(store.folder(run_id) / "now", at(23))
    store.resume(run_id)
    newest = []

    def watch(event: Event) -> None:
        if isinstance(event, Step) and (found := read_moments(run_id, store)):
            newest.append((int(found.steps[-1]), event.step))

    work(store, run_id, watch)
    assert newest
    assert all(look <= step for look, step in newest)


def test_of_no_run_there_are_none() -> None:
    assert read_moments("nothing", RunStore()) is None
