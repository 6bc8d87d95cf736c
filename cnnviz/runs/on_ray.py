"""Training on a Ray cluster: the events of ``cnnviz.training.train``, from a task on one of the nodes."""

from __future__ import annotations

import logging
import math
import os
import socket
import time
import warnings
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError

import cnnviz
from cnnviz.data import Dataset
from cnnviz.networks import Network
from cnnviz.training import Checkpoint, Event, Step, TrainingConfig, TrainingError, Weights, train

_PATIENCE = 1.0  # seconds without an event after which the last step is told again, so that a wish to stop is heard
_AHEAD = 8  # events that a node may be ahead of a slow reader before it waits: some hold all the weights
_ANSWER = 10.0  # seconds in which a cluster has to answer


@dataclass(frozen=True)
class Share:
    """What a run takes of a node."""

    cpus: float
    gpus: float


def train_on_ray(
    network: Network, dataset: Dataset, config: TrainingConfig, *, state: Weights | None = None
) -> Iterator[Event]:
    """As ``cnnviz.training.train``, on the cluster at ``RAY_ADDRESS``, or the one that runs on this machine.

    A run takes ``CNNVIZ_CPUS_PER_RUN`` cores of a node (1) and ``CNNVIZ_GPUS_PER_RUN`` of its GPUs (1 where there are any and
    the device may be one, else 0; a part such as 0.25 shares one). Where the node or the process dies, training goes on from
    the last finished epoch on another one, ``CNNVIZ_RAY_RETRIES`` times (3) without a finished epoch in between. While no
    event comes, a Step without figures tells where training stands. Close the generator to stop.

    Raises TrainingError, and what ``train`` raises.
    """
    retries = int(_number("CNNVIZ_RAY_RETRIES", 3))
    with _cluster():
        share = _share(config)
        if share.gpus:  # a task sees its own devices only, numbered from 0
            config = config.model_copy(update={"device": config.device.split(":")[0]})
        images = ray.put(dataset)
        stands = _before(dataset, config, state)
        failures = 0
        while True:
            try:
                with closing(_attempt(share, network, images, config, state)) as events:
                    for event in events:
                        if isinstance(event, Step):
                            stands = replace(event, images_per_second=0.0, loss=None, accuracy=None)
                        if isinstance(event, Checkpoint):
                            state, failures = event.state, 0
                        yield event or stands
                return
            except RayTaskError as error:
                raise error.cause from error  # which tells the log where on the node it was
            except RayError as error:
                failures += 1
                if failures > retries:
                    raise TrainingError(_given_up(failures, error)) from error
                time.sleep(failures)  # a node that dies takes a moment to be missed


def _attempt(
    share: Share, network: Network, images: ray.ObjectRef, config: TrainingConfig, state: Weights | None
) -> Generator[Event | None]:
    """One task, from its start to its end; None where it has said nothing for a while. Raises RayError."""
    task: Any = (  # Ray's own types know of no streams
        ray.remote(_on_node)
        .options(
            name=f"cnnviz {network.name}",
            num_cpus=share.cpus,
            num_gpus=share.gpus,
            num_returns="streaming",
            max_retries=0,  # Ray would begin anew
            _generator_backpressure_num_objects=_AHEAD,
        )
        .remote(network, images, config, state, max(1, int(share.cpus)))
    )
    ended = False
    try:
        while True:
            if not ray.wait([task], timeout=_PATIENCE)[0]:
                yield None
            elif (told := next(task, None)) is None:
                ended = True
                return
            else:
                yield ray.get(told)
    finally:
        if not ended:
            ray.cancel(task, force=True)  # it may wait for a reader, where it hears nothing else


def _on_node(
    network: Network, dataset: Dataset, config: TrainingConfig, state: Weights | None, threads: int
) -> Iterator[Event]:
    if not ray.get_gpu_ids():  # Ray leaves all of them to a task that takes none
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    import torch

    # Ray's arrays are read-only views of memory that the tasks of a node share; training only reads them.
    warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
    torch.set_num_threads(threads)
    yield from train(network, dataset, config, state=state)


def _before(dataset: Dataset, config: TrainingConfig, state: Weights | None) -> Step:
    """Where training stands as long as the cluster has no room for it."""
    steps = math.ceil(max(1, len(dataset.train) - config.held_out) / config.batch_size)
    step, epoch = (int(state["step"]), float(state["epoch"])) if state else (0, 0.0)
    return Step(step, config.epochs * steps, epoch, images_per_second=0.0, seconds_left=math.nan)


def _given_up(failures: int, error: RayError) -> str:
    times = "once" if failures == 1 else f"{failures} times"
    return f"The training process on the Ray cluster was lost {times} without a finished epoch in between: {_first_line(error)}"


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


@contextmanager
def _cluster() -> Iterator[None]:
    """A connection for as long as it is needed; the nodes get this very package."""
    address = os.environ.get("RAY_ADDRESS") or "auto"
    package = str(Path(cnnviz.__file__).parent)
    try:
        _knock(address)
        ray.init(
            address,
            namespace="cnnviz",
            log_to_driver=False,
            logging_level=logging.ERROR,
            runtime_env={
                "py_modules": [package],
                "excludes": ["__pycache__", "_app"],
                "env_vars": {"OMP_WAIT_POLICY": "PASSIVE"},  # as in cnnviz.runs.worker
            },
        )
    except OSError as error:
        where = "on this machine" if address == "auto" else f"at {address}"
        raise TrainingError(
            f"No Ray cluster answers {where}: start one with `ray start --head`, or set RAY_ADDRESS."
        ) from error
    except (RuntimeError, ValueError) as error:  # another version of Ray or of Python, for instance
        raise TrainingError(f"The Ray cluster cannot be used: {_first_line(error)}") from error
    try:
        yield
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Raises OSError where nobody listens: Ray itself would try for minutes, and then end this process."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER).close()


def _share(config: TrainingConfig) -> Share:
    """Raises TrainingError where no node has as much: Ray would wait for one that has."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    cpus, gpus = (max((node.get(kind, 0.0) for node in nodes), default=0.0) for kind in ("CPU", "GPU"))
    cuda = config.device.startswith("cuda")
    gpus_wanted = _number("CNNVIZ_GPUS_PER_RUN", 1 if cuda or gpus else 0)
    if cuda and not gpus_wanted:
        raise TrainingError("CNNVIZ_GPUS_PER_RUN is 0: choose the device cpu.")
    share = Share(_number("CNNVIZ_CPUS_PER_RUN", 1), gpus_wanted if cuda or config.device == "auto" else 0)
    if share.gpus > 1 and share.gpus % 1:
        raise TrainingError(f"CNNVIZ_GPUS_PER_RUN is {share.gpus:g}: set it to a part of one GPU or to a whole number.")
    if not any(node.get("CPU", 0) >= share.cpus and node.get("GPU", 0) >= share.gpus for node in nodes):
        raise TrainingError(
            f"A run takes {_amount(share.cpus, 'core')} and {_amount(share.gpus, 'GPU')}, and no node of the Ray cluster has "
            f"both; the most are {_amount(cpus, 'core')} and {_amount(gpus, 'GPU')}. "
            "Set CNNVIZ_CPUS_PER_RUN and CNNVIZ_GPUS_PER_RUN to less, or choose the device cpu."
        )
    return share


def _amount(number: float, what: str) -> str:
    return f"{number:g} {what}{'' if number == 1 else 's'}"


def _number(variable: str, default: float) -> float:
    text = os.environ.get(variable) or str(default)
    with suppress(ValueError):
        if 0 <= (number := float(text)) < math.inf:
            return number
    raise TrainingError(f"{variable} is {text[:40]!r}: set it to a number, 0 or more.")
