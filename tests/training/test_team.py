"""Two processes that ``torchrun`` starts beside one."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from cnnviz.paths import PROJECT
from cnnviz.runs import Run, RunStore
from cnnviz.runs.worker import work
from cnnviz.training import Checkpoint, train
from cnnviz.training.team import ALONE
from tests.training import team_member

PATIENCE = 120  # seconds that nothing here comes near to


def two(*words: str, home: Path) -> subprocess.Popen[str]:
    """Two processes that run this, together."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CNNVIZ_HOME": str(home), "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    return subprocess.Popen(
        [*command, *words], cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended(team: subprocess.Popen[str]) -> tuple[int, str, str]:
    try:
        out, err = team.communicate(timeout=PATIENCE)
    finally:
        team.kill()
    return team.returncode, out, err


# One after the other in a single team, for starting takes longest


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder where a team has left what it has seen."""
    folder = tmp_path_factory.mktemp("team")
    code, out, err = ended(two("-m", "tests.training.team_member", str(folder), *team_member.CASES, home=folder))
    assert code == 0, out + err
    return folder


def seen(folder: Path, case: str, rank: int) -> dict[str, object]:
    words: dict[str, object] = json.loads((folder / f"{case}.{rank}.json").read_text())
    return words


@pytest.mark.parametrize("case", ["everything", "smaller", "resumed", "fewer images than processes"])
def test_two_processes_end_with_the_weights_of_one(case: str, told: Path) -> None:
    made = team_member.CASES[case]
    alone = [e for e in train(made.network, made.data, made.config) if isinstance(e, Checkpoint)][-1]
    together = load_file(told / f"{case}.safetensors")
    assert set(together) == set(alone.weights)
    for name, weight in alone.weights.items():
        torch.testing.assert_close(together[name], weight, rtol=1e-3, atol=1e-5)
    assert seen(told, case, 0)["accuracies"] == pytest.approx([alone.test_accuracy])
    assert seen(told, case, 0)["losses"]


@pytest.mark.parametrize("case", ["everything", "smaller", "stopped", "diverged"])
def test_events_come_at_the_first_process_only(case: str, told: Path) -> None:
    assert seen(told, case, 0)["events"]
    assert seen(told, case, 1)["events"] == []


def test_a_loss_that_is_no_number_ends_both_with_the_same_words(told: Path) -> None:
    first, second = (seen(told, "diverged", rank)["error"] for rank in (0, 1))
    assert str(first).startswith("The loss ")
    assert first == second


def test_closing_ends_both(told: Path) -> None:
    events = seen(told, "stopped", 0)["events"]
    assert isinstance(events, list)
    assert events[-1] == "Step"
    assert "Finished" not in events
    assert seen(told, "stopped", 1)["error"] == ""


def test_normalised_networks_keep_the_first_process_statistics(told: Path) -> None:
    """A remainder that would leave one image for each is left out."""
    weights = load_file(told / "normalised.safetensors")
    assert weights["bn1.num_batches_tracked"] == 4
    assert all(tensor.isfinite().all() for tensor in weights.values())


def test_alone_nothing_is_asked() -> None:
    tensor, module = torch.arange(5), torch.nn.Linear(2, 2)
    assert ALONE.leads
    assert ALONE.share(tensor) is tensor
    assert ALONE.wrap(module) is module
    assert ALONE.agree(3.5) == 3.5
    ALONE.sum(tensor)
    ALONE.same([tensor])
    assert tensor.tolist() == [0, 1, 2, 3, 4]


# The command line


SETTINGS = {"batch-size": "64", "optimizer": "sgd", "learning-rate": "0.003", "flip": "random", "crop-padding": "2"}
OPTIONS = [word for name, value in SETTINGS.items() for word in (f"--{name}", value)]
WORDS = ["train", "--architecture", "tutorial_net", "--dataset", "digits", *OPTIONS, "--epochs"]


def wait(store: RunStore, until: Callable[[Run], bool]) -> Run:
    end = time.monotonic() + PATIENCE
    while not (runs := store.list()) or not until(runs[0]):
        assert time.monotonic() < end
        time.sleep(0.03)
    return runs[0]


def one_process(run: Run, tmp_path: Path) -> dict[str, torch.Tensor]:
    store = RunStore(tmp_path / "alone")
    alone = work(store, store.create(run.spec).id)
    assert alone.status == "finished"
    return load_file(store.folder(alone.id) / "checkpoint.safetensors")


def test_stopped_from_the_store_and_resumed_it_ends_with_the_weights_of_one_process(home: Path, tmp_path: Path) -> None:
    store, epochs = RunStore(), 7
    team = two("-m", "cnnviz", *WORDS, str(epochs), home=home)
    try:
        run = wait(store, lambda run: run.epochs_done >= 1)
        store.request_stop(run.id)
        code, out, err = ended(team)  # both: torchrun waits for them
    finally:
        team.kill()
    run = store.get(run.id)
    assert (run.status, run.message) == ("stopped", ""), out + err
    assert 1 <= run.epochs_done < epochs
    assert code == 1
    assert out.count("run ") == 1

    code, out, err = ended(two("-m", "cnnviz", "resume", run.id, home=home))
    assert code == 0, out + err
    assert out.count("finished") == 1
    [run] = store.list()
    assert (run.status, run.epochs_done, run.step) == ("finished", epochs, epochs * 23)
    assert store.curve(run.id, "test").epochs == [float(epoch) for epoch in range(epochs + 1)]
    steps = store.curve(run.id, "train").steps
    assert steps == sorted(set(steps))
    assert steps[-1] == epochs * 23

    together = load_file(store.folder(run.id) / "checkpoint.safetensors")
    for name, weight in one_process(run, tmp_path).items():  # the steps add up their roundings in another order
        assert (together[name] - weight).norm() < 2e-3 * weight.norm(), name


def test_what_cannot_be_trained_ends_both(home: Path) -> None:
    failing = ["--learning-rate", "10", "--weight-decay", "10"]  # each step makes every weight 99 times as large
    code, out, err = ended(two("-m", "cnnviz", *WORDS, "2", *failing, home=home))
    assert code == 1, out + err
    [run] = RunStore().list()
    assert run.status == "failed"
    assert run.message.startswith("The loss")
    assert "failed: The loss" in out


def test_what_cannot_begin_ends_both_without_a_run(home: Path) -> None:
    code, out, err = ended(two("-m", "cnnviz", *WORDS, "1", "--compile", home=home))
    assert code == 1, out + err
    assert "Compiling gains time" in err
    assert RunStore().list() == []
