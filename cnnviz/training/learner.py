"""A network that learns: all that changes from step to step, and what has to be kept of it to go on."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.data import Dataset, Split
from cnnviz.data.augmentation import Augmentation, Resident
from cnnviz.networks import Network
from cnnviz.training import memory
from cnnviz.training.averaging import Average
from cnnviz.training.config import TrainingConfig, devices
from cnnviz.training.errors import TrainingError
from cnnviz.training.events import Glance, Signs, Weights
from cnnviz.training.glances import UNSEEN, glance
from cnnviz.training.optimizers import flat_state, load_flat_state, make_optimizer
from cnnviz.training.refusals import no_device
from cnnviz.training.reporting import Tally
from cnnviz.training.schedules import factor
from cnnviz.training.signs import sample_of, signs
from cnnviz.training.speed_run import SpeedRun
from cnnviz.training.team import Team

_EVALUATION_BYTES = 2**28  # more gains nothing: the maps of a batch should stay near the processor
_MOST_AT_A_TIME = 500


class Learner:
    """All that changes while a network learns."""

    def __init__(self, network: Network, dataset: Dataset, config: TrainingConfig, team: Team) -> None:
        self.config, self.team = config, team
        self.device = device = device_of(config.device)
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

        learned, measured = dataset.parts(config.held_out, config.seed)
        self.train_data, self.measured_data = resident(learned, augmentation), resident(measured, Augmentation())
        self._resident, self._test = resident, dataset.test
        some = sample_of(len(learned), config.seed).numpy()
        self._looked_at = resident(Split(learned.images[some], learned.labels[some]), Augmentation())

        torch.manual_seed(config.seed)
        self.module = network.module()
        full, rest = divmod(len(self.train_data), config.batch_size)
        self.steps_per_epoch = full + (rest >= self._fewest() or not full)
        self.total_steps = config.epochs * self.steps_per_epoch
        self.recipe: SpeedRun | None = None
        if config.recipe == "speed":
            few = resident(Split(learned.images[:5_000], learned.labels[:5_000]), Augmentation())
            self.recipe = SpeedRun(self.module, few.batch(slice(None))[0], config, self.total_steps)
        self.module.to(device).to(memory_format=layout)  # type: ignore[call-overload]  # torch's own stub lacks it
        team.same(self.module.state_dict().values())
        if self.recipe:
            self.recipe.begin(self.module)
            self.optimizer = self.recipe.optimizer(self.module, config)
        else:
            self.optimizer = make_optimizer(self.module, config)
        self.average = Average(self.module, config.ema) if config.ema else None
        self.step = self.epoch = self.finished = 0  # epochs: the present one, and the last that is done and measured
        self._drawn: Weights = {}

        runner = team.wrap(self.module)
        self._run = torch.compile(runner) if config.compile else runner
        self.evaluation_batch = max(1, min(_MOST_AT_A_TIME, _EVALUATION_BYTES // max(1, self.per_image)))

    def _fewest(self) -> int:
        """Images that the remainder of an epoch must have: normalisation cannot work with one, and leaves it out."""
        normalised = any(isinstance(part, nn.BatchNorm2d) for part in self.module.modules())
        return 2 * self.team.size if normalised else 1

    def _check_memory(self, network: Network) -> None:
        """A process that takes more than there is would be killed without a word."""
        config = self.config
        free = memory.free_bytes(self.device)
        needed = memory.needed_bytes(network, config.batch_size, config.optimizer, self.per_image)
        if free is not None and needed > free:
            raise TrainingError(memory.complaint(network, config.batch_size, config.optimizer, free, self.per_image))

    def batches(self) -> Iterator[Tensor]:
        """The indices of the present epoch's batches that are still to come."""
        shuffle = torch.Generator().manual_seed(epoch_seed(self.config.seed, self.epoch))
        order = torch.randperm(len(self.train_data), generator=shuffle).to(self.device)
        done = self.step - (self.epoch - 1) * self.steps_per_epoch
        yield from order.split(self.config.batch_size)[done : self.steps_per_epoch]

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
        if config.label_smoothing:  # curves of train and test images should be of one kind
            loss = F.cross_entropy(logits.detach().float(), labels)
        tally.add(loss, logits, labels)

    @property
    def place(self) -> float:
        """Epochs done, with the fraction of the present one."""
        return self.step / self.steps_per_epoch

    @property
    def tested(self) -> nn.Module:
        return self.average.module if self.average else self.module

    def test_data(self) -> Resident:
        """What is measured when all is done; the images of each epoch where none are held out."""
        return self._resident(self._test, Augmentation()) if self.config.held_out else self.measured_data

    def weights(self) -> Weights:
        return _copies(self.tested.state_dict())

    def glance(self, sample: int = 0) -> Glance:
        """The accuracy is that of the first ``sample`` images that each epoch is measured by."""
        if not self.team.leads:  # nobody would see it
            return UNSEEN
        return glance(self.tested, self.measured_data, self.autocast, sample=sample, batch=self.evaluation_batch)

    def signs(self) -> Signs | None:
        """Of some training images; at the leader of a team alone."""
        if not self.team.leads:
            return None
        return signs(self.tested, self._looked_at, self.autocast, self.evaluation_batch, has_learned=self.step > 0)

    def state(self) -> Weights:
        parts = {"weights": self.module.state_dict(), "optimizer": flat_state(self.optimizer)}
        if self.average:
            parts["average"] = self.average.state()
        if self.recipe:
            parts["recipe"] = self.recipe.state()
        flat = {f"{part}.{name}": tensor for part, tensors in parts.items() for name, tensor in tensors.items()}
        return _copies(
            {**flat, "epoch": torch.tensor(self.finished), "step": torch.tensor(self.step), **self._drawing()}
        )

    def draw_anew(self) -> None:
        """Random numbers for dropout: those of the present epoch, from its beginning or from where it was stopped."""
        torch.manual_seed(epoch_seed(self.config.seed, self.epoch))
        for name, generator in self._generators().items():
            if name in self._drawn:
                generator.set_state(self._drawn[name])
        self._drawn = {}

    def _drawing(self) -> Weights:
        """How far the random numbers of the epoch are drawn, which matters within it."""
        if self.step % self.steps_per_epoch == 0:
            return {}
        return {name: generator.get_state() for name, generator in self._generators().items()}

    def _generators(self) -> dict[str, torch.Generator]:
        generators = {"random.cpu": torch.default_generator}
        if self.device.type == "cuda":
            generators["random.cuda"] = torch.cuda.default_generators[self.device.index or 0]
        return generators

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
            self.step = int(state["step"])
            if not 0 <= self.step <= self.total_steps:
                raise ValueError("other batches")
            self.epoch = self.finished = int(state["epoch"])
            if self.step - self.epoch * self.steps_per_epoch not in range(self.steps_per_epoch + 1):
                raise ValueError("other batches")
            self._drawn = {name: state[name] for name in self._generators() if name in state}
        except (KeyError, RuntimeError, ValueError) as error:
            raise TrainingError("What was kept of this run is of another network or other settings.") from error


def device_of(name: str) -> torch.device:
    """Raises TrainingError where this machine has none of that name."""
    available = devices()
    if name == "auto":
        return torch.device(available[0])
    if said := no_device(name, available):
        raise TrainingError(said)
    return torch.device(name)


def _parts(state: Weights) -> set[str]:
    """What a state is made of; an optimizer may have nothing to remember."""
    return {name.split(".")[0] for name in state} - {"optimizer", "random"}


def _copies(tensors: Weights) -> Weights:
    return {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}


def epoch_seed(seed: int, epoch: int) -> int:
    """Each epoch has random numbers of its own, so that going on needs no generator's state."""
    return seed * 1_000 + epoch


def _in_bf16(config: TrainingConfig, device: torch.device) -> bool:
    if config.precision == "auto":
        return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return config.precision == "bf16"
