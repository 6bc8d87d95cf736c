"""The training loop: a generator of events that knows nothing of files, processes or pages."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.data import Dataset, Split
from cnnviz.data.augmentation import Augmentation, Resident
from cnnviz.layers import ShapeError
from cnnviz.networks import Network
from cnnviz.networks.dropouts import with_dropout
from cnnviz.training import memory
from cnnviz.training.averaging import Average
from cnnviz.training.config import TrainingConfig, devices
from cnnviz.training.errors import TrainingError
from cnnviz.training.evaluation import evaluate
from cnnviz.training.events import Checkpoint, Epoch, Event, Finished, Snapshot, Started, Step, Weights
from cnnviz.training.optimizers import flat_state, load_flat_state, make_optimizer
from cnnviz.training.reporting import SNAPSHOT_SECONDS, Clock, Diverged, Tally
from cnnviz.training.schedules import factor
from cnnviz.training.speed_run import SpeedRun
from cnnviz.training.team import ALONE, Team

_EVALUATION_BYTES = 2**28  # more gains nothing: the maps of a batch should stay near the processor
_MOST_AT_A_TIME = 500


def network_for(network: Network, dataset: Dataset, config: TrainingConfig) -> Network:
    """What a run trains: fitted to the images and classes, with the dropout of the settings."""
    if network.input_shape != dataset.input_shape or network.shapes[-1] != (dataset.num_classes,):
        network = network.fitted(dataset.input_shape, dataset.num_classes)
    return with_dropout(network, config.dropout)


class _Training:
    """All that changes while a network learns."""

    def __init__(self, network: Network, dataset: Dataset, config: TrainingConfig, team: Team) -> None:
        self.config, self.team = config, team
        self.device = device = torch.device(devices()[0] if config.device == "auto" else config.device)
        if config.compile and device.type != "cuda":
            raise TrainingError("Compiling gains time on CUDA devices only: switch compile off.")
        self.per_image = memory.bytes_per_image(network)
        if device.type == "cpu":
            self._check_memory(network)
        elif device.type == "cuda":
            torch.backends.cudnn.benchmark = True  # shapes stay the same, so its search for the fastest way pays
        self.autocast = torch.autocast(device.type, torch.bfloat16, enabled=_in_bf16(config, device))
        layout = torch.preserve_format if device.type == "mps" else torch.channels_last

        augmentation = Augmentation(
            config.crop_padding, config.translate, config.flip, config.cutout, config.colour_shift
        )

        def resident(split: Split, changes: Augmentation) -> Resident:
            return Resident(
                split.images, split.labels, dataset.mean, dataset.std, device, changes, config.seed,
                channels_last=layout == torch.channels_last,
            )  # fmt: skip

        self.train_data, self.test_data = resident(dataset.train, augmentation), resident(dataset.test, Augmentation())
        full, rest = divmod(len(self.train_data), config.batch_size)
        self.steps_per_epoch = full + (rest >= self._fewest(network, team) or not full)
        self.total_steps = config.epochs * self.steps_per_epoch

        torch.manual_seed(config.seed)
        self.module = network.module()
        self.recipe: SpeedRun | None = None
        if config.recipe == "speed":
            some = resident(Split(dataset.train.images[:5_000], dataset.train.labels[:5_000]), Augmentation())
            self.recipe = SpeedRun(self.module, some.batch(slice(None))[0], config, self.total_steps)
        self.module.to(device).to(memory_format=layout)  # type: ignore[call-overload]  # torch's own stub lacks it
        if self.recipe:
            self.recipe.begin(self.module)
            self.optimizer = self.recipe.optimizer(self.module, config)
        else:
            self.optimizer = make_optimizer(self.module, config)
        self.average = Average(self.module, config.ema) if config.ema else None
        self.step = self.epoch = 0

        runner = team.wrap(self.module)
        self._run = torch.compile(runner) if config.compile else runner
        self.evaluation_batch = max(1, min(_MOST_AT_A_TIME, _EVALUATION_BYTES // max(1, self.per_image)))

    @staticmethod
    def _fewest(network: Network, team: Team) -> int:
        """Images that the remainder of an epoch must have: normalisation cannot work with one, and leaves it out."""
        with torch.device("meta"):
            normalised = any(isinstance(part, nn.BatchNorm2d) for part in network.module().modules())
        return 2 * team.size if normalised else 1

    def _check_memory(self, network: Network) -> None:
        """A process that takes more than there is would be killed without a word."""
        config = self.config
        free = memory.free_bytes(self.device)
        needed = memory.needed_bytes(network, config.batch_size, config.optimizer, self.per_image)
        if free is not None and needed > free:
            raise TrainingError(memory.complaint(network, config.batch_size, config.optimizer, free, self.per_image))

    def batches(self) -> Iterator[Tensor]:
        """The indices of the present epoch's batches."""
        shuffle = torch.Generator().manual_seed(_epoch_seed(self.config.seed, self.epoch))
        order = torch.randperm(len(self.train_data), generator=shuffle).to(self.device)
        yield from order.split(self.config.batch_size)[: self.steps_per_epoch]

    def learn(self, which: Tensor, tally: Tally) -> None:
        config = self.config
        rate = config.learning_rate * factor(config, self.step, self.steps_per_epoch)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group.get("scale", 1.0)
        mine = self.team.share(which)
        images, labels = self.train_data.batch(mine)
        with self.autocast:
            logits = self._run(images)
        loss = F.cross_entropy(logits.float(), labels, label_smoothing=config.label_smoothing)
        self.optimizer.zero_grad(set_to_none=True)
        if len(mine) < len(which):  # the team averages gradients, and its shares may differ in size
            (loss * (len(mine) * self.team.size / len(which))).backward()
        else:
            loss.backward()
        self.optimizer.step()
        self.step += 1
        if self.recipe:
            self.recipe.after_step(self.step, self.module)
        if self.average:
            self.average.update(self.module)
        tally.add(loss, logits, labels)

    @property
    def tested(self) -> nn.Module:
        return self.average.module if self.average else self.module

    def weights(self) -> Weights:
        return _copies(self.tested.state_dict())

    def state(self) -> Weights:
        parts = {"weights": self.module.state_dict(), "optimizer": flat_state(self.optimizer)}
        if self.average:
            parts["average"] = self.average.state()
        if self.recipe:
            parts["recipe"] = self.recipe.state()
        flat = {f"{part}.{name}": tensor for part, tensors in parts.items() for name, tensor in tensors.items()}
        return _copies({**flat, "epoch": torch.tensor(self.epoch), "step": torch.tensor(self.step)})

    def load(self, state: Weights) -> None:
        def part(name: str) -> Weights:
            return {key.removeprefix(f"{name}."): t for key, t in state.items() if key.startswith(f"{name}.")}

        try:
            if _parts(state) != _parts(self.state()):
                raise ValueError("other parts")
            self.module.load_state_dict(part("weights"))
            load_flat_state(self.optimizer, part("optimizer"))
            if self.average:
                self.average.load(part("average"))
            if self.recipe:
                self.recipe.load(part("recipe"))
            self.epoch, self.step = int(state["epoch"]), int(state["step"])
            if self.step != self.epoch * self.steps_per_epoch:
                raise ValueError("other batches")
        except (KeyError, RuntimeError, ValueError) as error:
            raise TrainingError("What was kept of this run is of another network or other settings.") from error


def _parts(state: Weights) -> set[str]:
    """What a state is made of; an optimizer may have nothing to remember."""
    return {name.split(".")[0] for name in state} - {"optimizer"}


def _copies(tensors: Weights) -> Weights:
    return {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}


def _epoch_seed(seed: int, epoch: int) -> int:
    """Each epoch has random numbers of its own, so that going on needs no generator's state."""
    return seed * 1_000 + epoch


def _in_bf16(config: TrainingConfig, device: torch.device) -> bool:
    if config.precision == "auto":
        return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return config.precision == "bf16"


def train(
    network: Network,
    dataset: Dataset,
    config: TrainingConfig,
    *,
    state: Weights | None = None,
    team: Team = ALONE,
) -> Iterator[Event]:
    """Train ``network``, fitted to ``dataset`` where it is for other images or classes, from fresh weights.

    With the ``state`` of a Checkpoint it goes on after that epoch and ends with the weights that it would have had without
    a stop. The same seed on the same CPU, with as many threads, gives the same weights. Close the generator to stop. In a
    ``team`` every process runs it with the same arguments, and events come at rank 0 only.

    Raises TrainingError where training cannot go on, and ShapeError where the network does not fit the data.
    """
    network = network_for(network, dataset, config)
    try:
        yield from _events(network, dataset, config, state, team)
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, TrainingError) or not memory.is_out_of_memory(error):
            raise
        device = torch.device(devices()[0] if config.device == "auto" else config.device)
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
        except GeneratorExit:
            team.agree(1)
            raise
    if team.agree(0):
        raise _Stopped


def _events(
    network: Network, dataset: Dataset, config: TrainingConfig, state: Weights | None, team: Team
) -> Iterator[Event]:
    try:
        now = _Training(network, dataset, config, team)
    except ShapeError:
        raise
    except ValueError as error:  # settings that do not go together
        raise TrainingError(str(error)) from None
    if state is not None:
        now.load(state)
    team.same(now.module.state_dict().values())
    clock = Clock(now.step, now.total_steps, team)
    tally = Tally(now.device, team)
    snapshot_at, reported, accuracy = clock.started, now.step, math.nan

    def report() -> Step:
        nonlocal reported
        loss, right = tally.read()
        reported = now.step
        return clock.report(now.step, now.step / now.steps_per_epoch, loss=loss, accuracy=right)

    def measured() -> Iterator[Event]:
        nonlocal accuracy
        team.same(now.tested.buffers())  # each has normalised its own share
        for found in evaluate(
            now.tested, now.test_data, config.test_time_augmentation, now.evaluation_batch, now.autocast,
            clock, now.step, float(now.epoch), team,
        ):  # fmt: skip
            if isinstance(found, Step):
                yield from _tell(found, team)
            else:
                test_loss, accuracy = found
                yield from _tell(Epoch(now.epoch, now.step, test_loss, accuracy), team)

    try:
        yield from _tell(Started(str(now.device), now.epoch, now.step), team)
        if state is None:
            yield from measured()
            yield from _tell(Snapshot(0, 0.0, now.weights()), team)
        while now.epoch < config.epochs:
            now.epoch += 1
            now.train_data.begin_epoch(now.epoch)
            torch.manual_seed(_epoch_seed(config.seed, now.epoch))  # for dropout
            if now.recipe:
                now.recipe.before_epoch(now.epoch, now.optimizer)
            for which in now.batches():
                now.learn(which, tally)
                clock.saw(len(which))
                if clock.due(now.step):
                    yield from _tell(report(), team)
                    if team.agree(time.perf_counter() - snapshot_at >= SNAPSHOT_SECONDS):
                        yield from _tell(Snapshot(now.step, now.step / now.steps_per_epoch, now.weights()), team)
                        snapshot_at = time.perf_counter()
            if now.step > reported:
                yield from _tell(report(), team)
            yield from measured()
            yield from _tell(Checkpoint(now.epoch, accuracy, now.weights(), now.state()), team)
        if math.isnan(accuracy):  # all was done already
            yield from measured()
        yield from _tell(Finished(config.epochs, time.perf_counter() - clock.started, accuracy), team)
    except _Stopped:
        return
    except Diverged as found:
        step = now.step - found.batches_ago if now.step > reported else now.step  # else the test images showed it
        raise TrainingError(_diverged(found.loss, step, config)) from None


def _diverged(loss: float, step: int, config: TrainingConfig) -> str:
    calmer = f"try {config.learning_rate / 10:g}"
    if config.schedule in ("constant", "step", "cosine") and not config.warmup_epochs:
        calmer += ", or let it rise over the first epoch (warm-up)"
    what = f"became {loss}" if not math.isfinite(loss) else f"grew to {loss:,.0f}"
    return f"The loss {what} at step {step}: the learning rate {config.learning_rate:g} is too large here, {calmer}."
