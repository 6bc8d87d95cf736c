"""The training loop: a generator of events that knows nothing of files, processes or pages."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator

import torch

from cnnviz.data import Dataset
from cnnviz.data.augmentation import Resident
from cnnviz.layers import ShapeError
from cnnviz.networks import Network
from cnnviz.networks.dropouts import with_dropout
from cnnviz.training import memory
from cnnviz.training.case import Case
from cnnviz.training.causes import causes
from cnnviz.training.config import TrainingConfig
from cnnviz.training.errors import Stop, TrainingError
from cnnviz.training.evaluation import Measured, evaluate
from cnnviz.training.events import (
    Checkpoint,
    Epoch,
    Event,
    Finished,
    Kept,
    Moment,
    Signs,
    Snapshot,
    Started,
    Step,
    Weights,
)
from cnnviz.training.glances import moments, sample_size
from cnnviz.training.learner import Learner, device_of
from cnnviz.training.refusals import refusal
from cnnviz.training.reporting import SNAPSHOT_SECONDS, Clock, Diverged, Tally
from cnnviz.training.team import ALONE, Team


def network_for(network: Network, dataset: Dataset, config: TrainingConfig) -> Network:
    """What a run trains: fitted to the images and classes, with the dropout of the settings."""
    if network.input_shape != dataset.input_shape or network.shapes[-1] != (dataset.num_classes,):
        network = network.fitted(dataset.input_shape, dataset.num_classes)
    return with_dropout(network, config.dropout)


def train(
    network: Network,
    dataset: Dataset,
    config: TrainingConfig,
    *,
    state: Weights | None = None,
    team: Team = ALONE,
) -> Iterator[Event]:
    """Train ``network``, fitted to ``dataset`` where it is for other images or classes, from fresh weights.

    With the ``state`` of a Checkpoint it goes on after that step and ends with the weights that it would have had without
    a stop. The same seed on the same CPU, with as many threads, gives the same weights. Close the generator to stop; throw
    Stop into it, and the last event is a Kept with all that was learned. In a ``team`` every process runs it with the same
    arguments, and events come at rank 0 only.

    Raises TrainingError where training cannot go on, and ShapeError where the network does not fit the data.
    """
    network = network_for(network, dataset, config)
    if refused := refusal(network, len(dataset.train), config, team.size):
        raise TrainingError(refused.says)
    try:
        yield from _events(network, dataset, config, state, team)
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, TrainingError) or not memory.is_out_of_memory(error):
            raise
        device = device_of(config.device)
        if device.type == "cuda":
            torch.cuda.empty_cache()
        free, per_image = memory.free_bytes(device), memory.bytes_per_image(network)
        raise TrainingError(memory.complaint(network, config.batch_size, config.optimizer, free, per_image)) from error


class _Stopped(Exception):
    """The leader's consumer has had enough."""


def _tell(event: Event, team: Team) -> Iterator[Event]:
    """Rank 0 tells; all learn whether to go on."""
    if team.leads:
        try:
            yield event
        except (GeneratorExit, Stop):
            team.agree(1)
            raise
    if team.agree(0):
        raise _Stopped


def _events(
    network: Network, dataset: Dataset, config: TrainingConfig, state: Weights | None, team: Team
) -> Iterator[Event]:
    try:
        now = Learner(network, dataset, config, team)
    except ShapeError:
        raise
    except ValueError as error:  # settings that do not go together
        raise TrainingError(str(error)) from None
    if state is not None:
        now.load(state)
    clock = Clock(now.step, now.total_steps, team)
    tally = Tally(now.device, team)
    kept, sample = set(moments(now.total_steps)), sample_size(len(now.train_data), config.epochs)
    snapshot_at, reported, accuracy = clock.started, now.step, math.nan
    looks: list[Signs | None] = []

    def report() -> Step:
        nonlocal reported
        loss, right = tally.read()
        reported = now.step
        return clock.report(now.step, now.place, loss=loss, accuracy=right)

    def moment() -> Iterator[Event]:
        with clock.aside():
            seen = now.glance(sample)
        yield from _tell(Moment(now.step, now.place, seen), team)

    def found_in(data: Resident) -> Generator[Event, None, Measured]:
        team.same(now.tested.buffers())  # each has normalised its own share
        for event in evaluate(
            now.tested, data, config.test_time_augmentation, now.evaluation_batch, now.autocast,
            clock, now.step, float(now.epoch), team,
        ):  # fmt: skip
            if isinstance(event, Measured):
                return event
            yield from _tell(event, team)
        raise AssertionError("what was found comes last")

    def measured() -> Iterator[Event]:
        nonlocal accuracy
        figures = yield from found_in(now.measured_data)
        accuracy = figures.accuracy
        with clock.aside():
            looks.append(now.signs())
        yield from _tell(
            Epoch(
                now.epoch, now.step, figures.loss, accuracy, figures.confusion, figures.mistakes, looks[-1], figures.answers
            ),
            team,
        )  # fmt: skip

    try:
        yield from _tell(Started(str(now.device), now.epoch, now.step), team)
        if state is None:
            yield from measured()
            yield from _tell(Snapshot(0, 0.0, now.weights(), now.glance()), team)
            yield from moment()
        while now.epoch < config.epochs:
            now.epoch += 1
            now.train_data.begin_epoch(now.epoch)
            now.draw_anew()  # for dropout
            if now.recipe:
                now.recipe.before_epoch(now.epoch, now.optimizer)
            clock.begin_epoch()
            for which in now.batches():
                now.learn(which, tally)
                clock.saw(len(which))
                if now.step in kept:
                    yield from moment()
                if clock.due(now.step):
                    yield from _tell(report(), team)
                    if team.agree(time.perf_counter() - snapshot_at >= SNAPSHOT_SECONDS):
                        yield from _tell(Snapshot(now.step, now.place, now.weights(), now.glance()), team)
                        snapshot_at = time.perf_counter()
            if now.step > reported:
                yield from _tell(report(), team)
            yield from measured()
            now.finished = now.epoch
            yield from _tell(Checkpoint(now.epoch, accuracy, now.weights(), now.state()), team)
        if math.isnan(accuracy):  # all was done already
            yield from measured()
        if config.held_out:
            accuracy = (yield from found_in(now.test_data())).accuracy
        yield from _tell(Finished(config.epochs, time.perf_counter() - clock.started, accuracy), team)
    except _Stopped:
        return
    except Stop:
        yield Kept(now.step, now.place, now.weights(), now.glance(), now.state())
    except Diverged as divergence:
        step = now.step - divergence.batches_ago if now.step > reported else now.step  # else the test images showed it
        case = Case(config, network, now.steps_per_epoch, tuple(filter(None, looks)), failed=True)
        raise TrainingError(_diverged(divergence.loss, step, case)) from None


def _diverged(loss: float, step: int, case: Case) -> str:
    what = f"became {loss}" if not math.isfinite(loss) else f"grew to {loss:,.0f}"
    likeliest = causes(case)[0]
    return f"The loss {what} at step {step}. {likeliest.says} Try {likeliest.advice.says}."
