"""What a hosted app allows its visitors."""

import re
import time

import pytest

from cnnviz.runs import RunStore, StoreError, load_checkpoint
from cnnviz.runs.limits import LimitError, Limits, check_settings, check_visitor, limits
from cnnviz.runs.worker import work
from cnnviz.training import Checkpoint, Event, TrainingConfig
from tests.runs.cases import TINY, tiny


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOSTED", *(f"MAX_{name.upper()}" for name in Limits.model_fields)):
        monkeypatch.delenv(f"CNNVIZ_{name}", raising=False)


@pytest.mark.parametrize("hosted", [None, "", "0"])
def test_nothing_is_limited_on_ones_own(monkeypatch: pytest.MonkeyPatch, hosted: str | None) -> None:
    if hosted is not None:
        monkeypatch.setenv("CNNVIZ_HOSTED", hosted)
    assert set(limits().model_dump().values()) == {0}
    check_settings(TINY, TrainingConfig(epochs=1000, batch_size=4096))
    check_visitor(RunStore(), "")


def test_a_hosted_app_limits_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_HOSTED", "1")
    assert all(value > 0 for value in limits().model_dump().values())
    check_settings(TINY, TrainingConfig())


@pytest.mark.parametrize("hosted", ["", "1"])
@pytest.mark.parametrize("name", Limits.model_fields)
def test_each_one_can_be_set(monkeypatch: pytest.MonkeyPatch, name: str, hosted: str) -> None:
    monkeypatch.setenv("CNNVIZ_HOSTED", hosted)
    others = limits().model_dump()
    monkeypatch.setenv(f"CNNVIZ_MAX_{name.upper()}", "17")
    assert limits().model_dump() == {**others, name: 17}
    monkeypatch.setenv(f"CNNVIZ_MAX_{name.upper()}", "0")  # which lifts it
    assert limits().model_dump() == {**others, name: 0}
    monkeypatch.setenv(f"CNNVIZ_MAX_{name.upper()}", "")
    assert limits().model_dump() == others


@pytest.mark.parametrize("nonsense", ["many", "1.5", "-1", "1e3x"])
@pytest.mark.parametrize("name", Limits.model_fields)
def test_nonsense_is_one_sentence(monkeypatch: pytest.MonkeyPatch, name: str, nonsense: str) -> None:
    variable = f"CNNVIZ_MAX_{name.upper()}"
    monkeypatch.setenv(variable, nonsense)
    with pytest.raises(StoreError, match=rf"^{variable} is '{re.escape(nonsense)}': set it to a whole number\.$"):
        limits()


@pytest.mark.parametrize(
    ("name", "most", "config", "sentence"),
    [
        ("EPOCHS", 30, {"epochs": 31}, "31 epochs are more than a run may have here: 30."),
        ("BATCH_SIZE", 512, {"batch_size": 1024}, "1,024 images a batch are more than a run may have here: 512."),
        ("PARAMETERS", 1_000, {}, f"{TINY.num_params:,} parameters are more than a run may have here: 1,000."),
    ],
)
def test_settings_above_a_limit(
    monkeypatch: pytest.MonkeyPatch, name: str, most: int, config: dict[str, int], sentence: str
) -> None:
    monkeypatch.setenv(f"CNNVIZ_MAX_{name}", str(most))
    with pytest.raises(LimitError) as error:
        check_settings(TINY, TrainingConfig.model_validate(config))
    assert str(error.value) == sentence
    monkeypatch.setenv(f"CNNVIZ_MAX_{name}", str(max(TINY.num_params, *config.values(), 1)))
    check_settings(TINY, TrainingConfig.model_validate(config))


def test_all_that_is_too_much_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_EPOCHS", "30")
    monkeypatch.setenv("CNNVIZ_MAX_BATCH_SIZE", "512")
    with pytest.raises(LimitError) as error:
        check_settings(TINY, TrainingConfig(epochs=31, batch_size=1024))
    assert str(error.value) == "31 epochs and 1,024 images a batch are more than a run may have here: 30 and 512."
    monkeypatch.setenv("CNNVIZ_MAX_PARAMETERS", "1000")
    with pytest.raises(LimitError) as error:
        check_settings(TINY, TrainingConfig(epochs=31, batch_size=1024))
    assert str(error.value) == (
        f"31 epochs, 1,024 images a batch and {TINY.num_params:,} parameters are more than a run may have here: "
        "30, 512 and 1,000."
    )


@pytest.mark.parametrize(("most", "words"), [(1, "one run"), (2, "2 runs")])
def test_so_many_runs_at_once(monkeypatch: pytest.MonkeyPatch, most: int, words: str) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_RUNS", str(most))
    store = RunStore()
    store.create(tiny(), "bob", waits=True)
    for _ in range(most):
        check_visitor(store, "ann")
        last = store.create(tiny(), "ann", waits=True)
    with pytest.raises(LimitError) as error:
        check_visitor(store, "ann")
    assert str(error.value) == f"You may have {words} at once here: wait for one of yours to end, or stop it."
    store.request_stop(last.id)
    check_visitor(store, "ann")


def test_so_much_of_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_MAX_DISK_MB", "2")
    store = RunStore()
    big, small = store.create(tiny(), "ann", waits=True), store.create(tiny(), "ann", waits=True)
    others = store.create(tiny(), "bob", waits=True)
    (store.folder(others.id) / "checkpoint.safetensors").write_bytes(bytes(5_000_000))
    (store.folder(small.id) / "checkpoint.safetensors").write_bytes(bytes(1_000_000))
    (store.folder(big.id) / "checkpoint.safetensors").write_bytes(bytes(1_000_000))
    check_visitor(store, "ann")
    (store.folder(big.id) / "state.safetensors").write_bytes(bytes(2_400_000))
    assert 3_400_000 <= store.size(big.id) < 3_410_000
    with pytest.raises(LimitError) as error:
        check_visitor(store, "ann")
    assert str(error.value) == "Your runs take 4 MB of 2 MB: delete one that you no longer need."
    store.delete(big.id)
    check_visitor(store, "ann")


def test_a_run_whose_minutes_are_over_stops_and_can_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    store = RunStore()
    undisturbed = work(store, store.create(tiny(epochs=4)).id)
    run = store.create(tiny(minutes=15, epochs=4))
    now, late = time.monotonic, 0.0
    monkeypatch.setattr("cnnviz.runs.worker.time.monotonic", lambda: now() + late)

    def watch(event: Event) -> None:
        nonlocal late
        if isinstance(event, Checkpoint) and event.epoch == 2:
            late = 16 * 60.0

    run = work(store, run.id, watch)
    assert (run.status, run.epochs_done) == ("stopped", 2)
    assert run.message == "Stopped after 15 minutes, the longest that a run may train here at a stretch."
    assert store.resumable(run)
    late = 0.0
    store.resume(run.id)
    run = work(store, run.id)
    assert (run.status, run.message, run.epochs_done) == ("finished", "", 4)
    kept = [load_checkpoint(each)[0].state_dict() for each in (run.id, undisturbed.id)]
    assert all(bool((kept[0][name] == kept[1][name]).all()) for name in kept[1])


def test_a_run_that_is_done_as_its_minutes_end_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    store = RunStore()
    run = store.create(tiny(minutes=15, epochs=2))
    now, late = time.monotonic, 0.0
    monkeypatch.setattr("cnnviz.runs.worker.time.monotonic", lambda: now() + late)

    def watch(event: Event) -> None:
        nonlocal late
        if isinstance(event, Checkpoint) and event.epoch == 2:
            late = 16 * 60.0

    assert work(store, run.id, watch).status == "finished"
