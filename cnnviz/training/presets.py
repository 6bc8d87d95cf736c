"""Settings that belong together."""

from __future__ import annotations

from dataclasses import dataclass

from cnnviz.training.config import TrainingConfig

_MIRRORED = ("shapes", "fashion_mnist", "cifar10")  # what their images show stays what it is; a mirrored 2 is no 2
UNMIRRORED = {"flip": "none", "test_time_augmentation": "none"}
"""What becomes of the settings that mirror images, those of test images too, where that makes others of them."""


def may_mirror(dataset: str) -> bool:
    """Whether a mirrored image of the dataset shows what the image shows."""
    return dataset in _MIRRORED


@dataclass(frozen=True)
class Preset:
    title: str
    says: str
    config: TrainingConfig
    architecture: str | None = None
    """The one that it is made for; None for any."""
    dataset: str | None = None
    mirrors: bool = False
    """Whether images are turned over at random, where that leaves them what they are."""

    def config_for(self, dataset: str | None) -> TrainingConfig:
        """The settings for a dataset; ``config`` are those for an unknown one."""
        if dataset is not None and not may_mirror(dataset):
            return self.config.model_copy(update=UNMIRRORED)
        return self.config.model_copy(update={"flip": "random"}) if self.mirrors and dataset else self.config


PRESETS: dict[str, Preset] = {
    "fast": Preset(
        "Fast and good",
        "Adam, and a learning rate that rises and falls once (one_cycle): a good start for most networks here.",
        TrainingConfig(epochs=10, batch_size=64, optimizer="adam", learning_rate=0.002, schedule="one_cycle"),
        mirrors=True,
    ),
    "course": Preset(
        "As in the course",
        "Batches of 4 and SGD, as PyTorch's tutorial has it: slow, and a picture of every single step.",
        TrainingConfig(epochs=2, batch_size=4, optimizer="sgd", learning_rate=0.001, momentum=0.9),
    ),
    "speed_run": Preset(
        "Speed run",
        "94 % of CIFAR-10 as fast as it goes, with a network made for it (both are set too): a whitening first layer, "
        "Nesterov momentum, alternating flips, several views of each test image. Made for a GPU; Jordan, arXiv 2404.00498.",
        TrainingConfig(
            epochs=10,
            batch_size=1024,
            optimizer="sgd",
            learning_rate=1.5,  # the paper's 11.5 for sums over 1024 images, in the terms of torch.optim.SGD
            momentum=0.85,
            nesterov=True,
            weight_decay=0.00133,  # the paper's 0.0153, likewise
            schedule="triangle",
            label_smoothing=0.2,
            translate=2,
            flip="alternating",
            test_time_augmentation="translate",
            recipe="speed",
        ),
        "airbench94",
        "cifar10",
    ),
}


def fast(dataset: str) -> TrainingConfig:
    """What the Train page begins with."""
    return PRESETS["fast"].config_for(dataset)
