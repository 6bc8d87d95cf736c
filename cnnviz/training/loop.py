"""The training loop: a generator of events that knows nothing of files, processes or pages."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.data import Dataset, Split
from cnnviz.networks import Network
from cnnviz.training.config import TrainingConfig, devices
from cnnviz.training.events import Checkpoint, Epoch, Event, Finished, Snapshot, Step

REPORT_SECONDS = 0.25  # four points a second look alive, and cost one reading of the metrics each
SNAPSHOT_SECONDS = 2.0
_EVALUATION_BATCH = 500


class TrainingError(RuntimeError):
    """A run that cannot go on: one sentence that says why and what to try."""


class _Resident:
    """A split that lies on the device as uint8; batches are normalised there as they are taken."""

    def __init__(self, split: Split, mean: tuple[float, ...], std: tuple[float, ...], device: torch.device) -> None:
        self.images = torch.from_numpy(split.images).to(device)
        self.labels = torch.from_numpy(split.labels).to(device)
        scale = torch.tensor(std, device=device) * 255
        self._scale = (1 / scale).view(1, -1, 1, 1)
        self._shift = (-torch.tensor(mean, device=device) * 255 / scale).view(1, -1, 1, 1)

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, which: Tensor | slice) -> tuple[Tensor, Tensor]:
        return torch.addcmul(self._shift, self.images[which].float(), self._scale), self.labels[which]


class _Clock:
    """Says when the next report is due, and how fast training has been since the last one."""

    def __init__(self, total_steps: int) -> None:
        self.total_steps = total_steps
        self.started = self._last = time.perf_counter()
        self._images = 0

    def due(self) -> bool:
        return time.perf_counter() - self._last >= REPORT_SECONDS

    def saw(self, images: int) -> None:
        self._images += images

    def report(self, step: int, epoch: float, **metrics: Any) -> Step:
        now = time.perf_counter()
        speed = self._images / max(now - self._last, 1e-9)
        left = (now - self.started) / max(step, 1) * (self.total_steps - step)
        self._last, self._images = now, 0
        return Step(step, self.total_steps, epoch, speed, left, **metrics)


class _Tally:
    """Loss and right answers, summed on the device; read only when they are reported."""

    def __init__(self, device: torch.device) -> None:
        self._sums = torch.zeros(2, device=device)
        self.images = 0

    def add(self, loss: Tensor, logits: Tensor, labels: Tensor) -> None:
        right = (logits.detach().argmax(1) == labels).sum()
        self._sums += torch.stack((loss.detach() * len(labels), right.to(loss.dtype)))
        self.images += len(labels)

    def read(self) -> tuple[float, float]:
        """Mean loss and accuracy since the last reading."""
        loss, right = self._sums.tolist()
        images = self.images
        self._sums.zero_()
        self.images = 0
        return loss / images, right / images


def _evaluate(
    module: torch.nn.Module, data: _Resident, clock: _Clock, step: int, epoch: float
) -> Iterator[Step | tuple[float, float]]:
    """Loss and accuracy over the whole split come last; before them, reports that keep the watchers informed."""
    module.eval()
    tally = _Tally(data.labels.device)
    for start in range(0, len(data), _EVALUATION_BATCH):
        with torch.inference_mode():  # closed before each yield: it must not reach into the consumer
            images, labels = data.batch(slice(start, start + _EVALUATION_BATCH))
            logits = module(images)
            tally.add(F.cross_entropy(logits, labels), logits, labels)
        if clock.due():
            yield clock.report(step, epoch)
    module.train()
    yield tally.read()


def _copy(module: torch.nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in module.state_dict().items()}


def train(network: Network, dataset: Dataset, config: TrainingConfig) -> Iterator[Event]:
    """Train ``network`` from fresh weights on ``dataset``; fit them to each other first with ``Network.fitted``.

    The same seed on the same device gives the same weights. Close the generator to stop. Raises TrainingError where the
    loss is no number any more, and ShapeError where the network does not fit the data.
    """
    if network.input_shape != dataset.input_shape or network.shapes[-1] != (dataset.num_classes,):
        network = network.fitted(dataset.input_shape, dataset.num_classes)
    device = torch.device(devices()[0] if config.device == "auto" else config.device)
    torch.manual_seed(config.seed)
    shuffle = torch.Generator().manual_seed(config.seed)
    module = network.module().to(device)
    optimizer = config.make_optimizer(module.parameters())
    train_data = _Resident(dataset.train, dataset.mean, dataset.std, device)
    test_data = _Resident(dataset.test, dataset.mean, dataset.std, device)

    steps_per_epoch = math.ceil(len(train_data) / config.batch_size)
    clock = _Clock(config.epochs * steps_per_epoch)
    tally = _Tally(device)
    step, snapshot_at, accuracy = 0, clock.started, 0.0

    def report() -> Step:
        loss, right = tally.read()
        if not math.isfinite(loss):
            raise TrainingError(
                f"The loss became {loss} by step {step}: the learning rate {config.learning_rate:g} is too large here, "
                f"try {config.learning_rate / 10:g}."
            )
        return clock.report(step, step / steps_per_epoch, loss=loss, accuracy=right)

    for epoch in range(config.epochs + 1):
        if epoch:
            order = torch.randperm(len(train_data), generator=shuffle).to(device)
            for which in order.split(config.batch_size):
                images, labels = train_data.batch(which)
                logits = module(images)
                loss = F.cross_entropy(logits, labels)
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                optimizer.step()
                tally.add(loss, logits, labels)
                step += 1
                clock.saw(len(labels))
                if clock.due():
                    yield report()
                    if time.perf_counter() - snapshot_at >= SNAPSHOT_SECONDS:
                        yield Snapshot(step, step / steps_per_epoch, _copy(module))
                        snapshot_at = time.perf_counter()
            if tally.images:
                yield report()
        for measured in _evaluate(module, test_data, clock, step, float(epoch)):
            if isinstance(measured, Step):
                yield measured
            else:
                test_loss, accuracy = measured
                yield Epoch(epoch, step, test_loss, accuracy)
        yield Checkpoint(epoch, accuracy, _copy(module)) if epoch else Snapshot(0, 0.0, _copy(module))
    yield Finished(config.epochs, time.perf_counter() - clock.started, accuracy)
