"""Runs on a real Ray cluster of one node."""

import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from cnnviz.data import load_dataset
from cnnviz.runs import Engine, Run, RunStore, Spec
from cnnviz.runs.engine import ON_RAY
from cnnviz.runs.on_ray import train_on_ray
from cnnviz.runs.worker import work
from cnnviz.training import Epoch, Event, TrainingConfig, TrainingError, Weights
from tests.training.cases import SMALL


def processes(*words: str) -> list[int]:
    """Those whose command line has all the words."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            line = (process / "cmdline").read_bytes().decode(errors="replace")
            if all(word in line for word in words):
                found.append(int(process.name))
    return found


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Its address. Ray takes our word for the GPU."""
    folder = Path(tempfile.mkdtemp(prefix="ray", dir="/tmp"))  # its sockets' paths must stay below 108 characters
    flags = (
        "--head --block --port 0 --num-cpus 2 --num-gpus 1 --object-store-memory 200000000 "
        "--include-dashboard false --include-log-monitor false --disable-usage-stats"
    )
    command = "import sys; from ray.scripts.scripts import main; sys.argv[0] = 'ray'; main()"
    head = subprocess.Popen(
        [sys.executable, "-c", command, "start", *flags.split(), "--temp-dir", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        address = folder / "ray_current_cluster"
        wait(lambda: address.exists() and bool(address.read_text()))
        yield address.read_text().strip()
    finally:
        head.terminate()
        try:
            head.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(head.pid, signal.SIGKILL)
            head.wait()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def store(cluster: str, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    monkeypatch.setenv("RAY_ADDRESS", cluster)
    return RunStore()


def wait(until: Callable[[], bool], seconds: float = 600) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "it has not come"
        time.sleep(0.05)


def spec(**settings: object) -> Spec:
    return Spec(network=SMALL, dataset="digits", config=TrainingConfig(**{"device": "cpu", **settings}))


def tasks() -> list[int]:
    """The processes that train on the node."""
    return processes("ray::cnnviz small")


def weights(store: RunStore, run: Run) -> Weights:
    return load_file(store.folder(run.id) / "checkpoint.safetensors")


def same_weights(store: RunStore, one: Run, other: Run) -> bool:
    first, second = weights(store, one), weights(store, other)
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def here(store: RunStore, what: Spec) -> Run:
    """The run trained in this process, with as many threads as the task has."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return work(store, store.create(what).id)
    finally:
        torch.set_num_threads(threads)


def test_a_run_is_the_same_as_here_and_goes_on_where_its_process_was_killed(store: RunStore) -> None:
    what = spec(epochs=12, seed=5)
    pids: list[int] = []

    def watch(event: Event) -> None:
        if isinstance(event, Epoch) and event.epoch == 2 and not pids:
            pids.extend(tasks())
            os.kill(pids[0], signal.SIGKILL)

    run, local = work(store, store.create(what).id, watch, source=train_on_ray), here(store, what)
    assert (run.status, run.epochs_done, run.step, run.message) == ("finished", 12, 276, "")
    assert len(pids) == 1
    assert same_weights(store, run, local)
    assert run.test_accuracy == local.test_accuracy
    assert store.curve(run.id, "test").losses == store.curve(local.id, "test").losses


def test_a_stop_ends_the_task_and_a_killed_worker_leaves_a_run_that_can_go_on(store: RunStore) -> None:
    what = spec(epochs=1000)
    run = store.create(what)
    Engine(store, ON_RAY).launch(run.id)
    wait(lambda: store.get(run.id).epochs_done >= 1)
    [worker] = processes("cnnviz.runs.ray_worker", run.id)
    os.kill(worker, signal.SIGKILL)
    wait(lambda: store.get(run.id).status == "interrupted")
    wait(lambda: not tasks())

    done = store.resume(run.id).epochs_done
    assert done >= 1
    Engine(store, ON_RAY).launch(run.id)
    wait(lambda: store.get(run.id).epochs_done > done)
    assert store.curve(run.id, "test").epochs[: done + 1] == [float(epoch) for epoch in range(done + 1)]
    store.request_stop(run.id)
    wait(lambda: store.get(run.id).status == "stopped")
    wait(lambda: not tasks())


def test_what_goes_wrong_in_training_is_written_to_the_run(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_GPUS_PER_RUN", "0.25")
    what = spec(optimizer="sgd", learning_rate=10, weight_decay=10, epochs=50, device="auto")
    run = work(store, store.create(what).id, source=train_on_ray)
    assert run.status == "failed"
    assert run.message.startswith("The loss ")
    assert "Rate times weight decay is 10 × 10 = 100" in run.message


def test_a_process_that_dies_again_and_again_is_given_up(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_RAY_RETRIES", "0")
    with closing(train_on_ray(SMALL, load_dataset("digits"), TrainingConfig(epochs=1000))) as events:
        assert math.isnan(next(e for e in events).seconds_left)  # it tells where it stands while the task starts
        next(e for e in events if isinstance(e, Epoch))
        os.kill(tasks()[0], signal.SIGKILL)
        with pytest.raises(TrainingError, match="was lost once without a finished epoch in between: "):
            list(events)


def test_no_cluster_is_said(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    run = work(store, store.create(spec()).id, source=train_on_ray)
    assert run.status == "failed"
    assert run.message == (
        "No Ray cluster answers at 127.0.0.1:1: start one with `ray start --head`, or set RAY_ADDRESS."
    )


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("CNNVIZ_GPUS_PER_RUN", "2", "A run takes 1 core and 2 GPUs, and no node of the Ray cluster has both"),
        ("CNNVIZ_CPUS_PER_RUN", "3", "A run takes 3 cores and 1 GPU, and no node of the Ray cluster has both"),
        ("CNNVIZ_GPUS_PER_RUN", "1.5", "set it to a part of one GPU or to a whole number"),
        ("CNNVIZ_GPUS_PER_RUN", "many", "CNNVIZ_GPUS_PER_RUN is 'many': set it to a number, 0 or more"),
    ],
)
def test_more_than_the_nodes_have_is_said(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(TrainingError, match=sentence):
        next(train_on_ray(SMALL, load_dataset("digits"), TrainingConfig()))


def test_a_cuda_device_without_a_gpu_is_refused(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_GPUS_PER_RUN", "0")
    with pytest.raises(TrainingError, match="CNNVIZ_GPUS_PER_RUN is 0: choose the device cpu"):
        next(train_on_ray(SMALL, load_dataset("digits"), TrainingConfig(device="cuda:0")))
