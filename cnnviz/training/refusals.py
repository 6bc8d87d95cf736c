"""What a run cannot be, said before it begins: the page, the command line and the loop itself ask here."""

from __future__ import annotations

from typing import NamedTuple

from cnnviz.data import DATASETS, counts, form
from cnnviz.data.holding_out import too_many
from cnnviz.layers import BatchNorm2d, ShapeError
from cnnviz.networks import Network, table
from cnnviz.networks.heads import end
from cnnviz.networks.network import TooSmall
from cnnviz.training.config import TrainingConfig, devices
from cnnviz.training.presets import may_mirror


class Refusal(NamedTuple):
    setting: str
    """Which setting to change first, by its name in TrainingConfig, or ``architecture``."""
    says: str
    """A sentence."""


def fitted(network: Network, dataset: str) -> Network:
    """``network`` for the images and classes of a dataset. Raises ShapeError, which names the datasets that it reads."""
    try:
        return network.fitted(*form(dataset))
    except TooSmall as error:
        larger = [name for name in DATASETS if _reads(network, name)]
        ways = f"choose {' or '.join(larger)}, or another network" if larger else "choose another network"
        raise ShapeError(
            f"{error.says}: {ways}, or let it shrink its maps less in the builder ({error.fault})"
        ) from None


def _reads(network: Network, dataset: str) -> bool:
    try:
        network.fitted(*form(dataset))
    except ShapeError:
        return False
    return True


def refusal(network: Network, images: int, config: TrainingConfig, processes: int = 1) -> Refusal | None:
    """Why ``network``, fitted to its images, cannot be trained on so many ``images`` with these settings; None where it can.

    ``images`` are all training images of the dataset, with those that the settings hold out.
    """
    if said := too_many(config.held_out, images):
        return Refusal("held_out", said)
    learned = images - config.held_out
    if said := config.conflict:
        return Refusal("recipe" if config.recipe == "speed" else "nesterov", said)
    if not network.num_params:
        return Refusal("architecture", "The network has nothing to learn: give it a convolution or a Linear layer.")
    if fault := end(network.name, network.layers, network.input_shape):
        return Refusal("architecture", f"{fault.says}.")
    alone = _of_normalisation(network, learned, config.batch_size, processes)
    if alone and config.held_out and not _of_normalisation(network, images, config.batch_size, processes):
        return Refusal("held_out", f"{alone.says.partition(': ')[0]}: hold out fewer images.")
    return (
        alone
        or _of_changed_images(network, config)
        or _of_the_device(config)
        or (_of_the_recipe(network) if config.recipe == "speed" else None)
    )


def remarks(dataset: str, config: TrainingConfig) -> list[Refusal]:
    """What is no hindrance, and hardly what somebody wants."""
    notes, learned = [], counts(dataset)[0] - config.held_out
    if config.batch_size > learned > 0:
        says = f"A batch of {config.batch_size:,} is more than the {learned:,} images that are learned from"
        notes.append(Refusal("batch_size", f"{says}: each epoch is one step."))
    if not may_mirror(dataset):
        if config.flip != "none":
            notes.append(
                Refusal("flip", f"Images of {dataset} are mirrored, and a mirrored 2 is no 2: set it to none.")
            )
        if config.test_time_augmentation != "none":
            says = f"Some of the views of a test image of {dataset} are mirrored, and a mirrored 2 is no 2: set them to none."
            notes.append(Refusal("test_time_augmentation", says))
    return notes


def no_device(name: str, available: list[str]) -> str:
    """What to say where a machine with the devices ``available`` has none of that name; nothing where it has."""
    if name == "auto" or name in available or (name == "cuda" and available[0].startswith("cuda")):
        return ""
    return f"There is no device {name} here: choose one of {', '.join(available)}."


def _of_normalisation(network: Network, images: int, batch_size: int, processes: int) -> Refusal | None:
    """One number a channel has no variance: torch refuses it while a network learns."""
    batch = min(batch_size, images)
    if (batch // processes if batch >= processes else batch) > 1:  # a remainder of one image is left out
        return None
    narrow = next(
        (
            row
            for row in table(network)
            if isinstance(row.layer, BatchNorm2d) and row.output_shape and _is_narrow(row.output_shape)
        ),
        None,
    )
    if narrow is None:
        return None
    where = f"{narrow.name} normalises maps of 1×1, and one image"
    where += " in each process" * (processes > 1) + " has no variance there"
    if images < 2 * processes:
        return Refusal("batch_size", f"{where}: take more training images, or leave {narrow.name} out.")
    return Refusal("batch_size", f"{where}: take a batch size of {2 * processes} or more, or leave {narrow.name} out.")


def _is_narrow(shape: tuple[int, ...]) -> bool:
    return shape[1:] == (1, 1)


def _of_changed_images(network: Network, config: TrainingConfig) -> Refusal | None:
    _, height, width = network.input_shape
    side = min(height, width)
    if config.translate >= side:
        most = side - 1
        return Refusal(
            "translate",
            f"Images of {height}×{width} cannot be shifted by {config.translate} pixels: take {most} at most.",
        )
    if config.test_time_augmentation == "translate" and side < 2:
        return Refusal(
            "test_time_augmentation", f"Images of {height}×{width} cannot be shifted: take the views mirror or none."
        )
    return None


def _of_the_device(config: TrainingConfig) -> Refusal | None:
    if config.device == "auto" and not config.compile:  # finding devices may take seconds
        return None
    available = devices()
    if said := no_device(config.device, available):
        return Refusal("device", said)
    device = available[0] if config.device == "auto" else config.device
    if config.compile and not device.startswith("cuda"):
        return Refusal("compile", "Compiling gains time on CUDA devices only: switch compile off.")
    return None


def _of_the_recipe(network: Network) -> Refusal | None:
    import torch

    from cnnviz.training.speed_run import misfit

    with torch.device("meta"):
        said = misfit(network.module(), network.input_shape)
    return Refusal("recipe", said) if said else None
