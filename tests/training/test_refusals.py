"""What is refused before the start, and that nothing else is: one epoch of random settings on random small networks."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch

from cnnviz.data import Dataset, Split, counts, form
from cnnviz.layers import (
    KINDS,
    AdaptiveAvgPool2d,
    AnyLayer,
    AvgPool2d,
    BatchNorm2d,
    Block,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    DualPath,
    Flatten,
    Layer,
    Linear,
    MaxPool2d,
    PositionBias,
    ReLU,
    Residual,
    ShapeError,
    Softmax,
    SqueezeExcitation,
)
from cnnviz.networks import Network, architecture
from cnnviz.networks.draft import everything
from cnnviz.training import Step, TrainingConfig, TrainingError, train
from cnnviz.training.refusals import fitted, refusal, remarks
from tests.scale import SEED, cases


def conv(filters: int, size: int = 3, **settings: Any) -> Conv2d:
    return Conv2d(out_channels=filters, kernel_size=size, **settings)


def tiny(draw: random.Random) -> Dataset:
    """Few small images of noise."""
    noise = np.random.default_rng(draw.randrange(2**32))
    channels, side = draw.choice((1, 3)), draw.choice((1, 2, 4, 6))

    def split(count: int) -> Split:
        images = noise.integers(0, 256, (count, channels, side, side), dtype=np.uint8)
        images.reshape(count, channels, -1)[0, :, 0] = 0
        images.reshape(count, channels, -1)[-1, :, -1] = 255  # not all of one colour
        return Split(images, noise.integers(0, 3, count).astype(np.int64))

    return Dataset(
        "noise", "Noise", ("a", "b", "c"), split(draw.choice((1, 2, 3, 5, 9)[side == 1 :])), split(draw.choice((1, 4)))
    )


def small_network(draw: random.Random, dataset: Dataset) -> Network:
    channels, side, _ = dataset.input_shape
    narrow: AnyLayer = draw.choice((AdaptiveAvgPool2d(output_size=1), conv(2, side), MaxPool2d(kernel_size=side)))
    normalised: list[AnyLayer] = [narrow, BatchNorm2d()]
    choices: tuple[list[AnyLayer], ...] = (
        [],
        [conv(2, 1), BatchNorm2d(), ReLU()],
        [*normalised, ReLU()],
        [Residual(body=(conv(channels, padding=1), BatchNorm2d()))],
        [Residual(body=(conv(channels, padding=1, padding_mode="replicate"), ReLU()))],
        [narrow, Concat(branches=((), (conv(2, 1), BatchNorm2d())))],
        [SqueezeExcitation(squeeze_channels=2), PositionBias(), Dropout()],
        [ConvTranspose2d(out_channels=2, kernel_size=2), AvgPool2d(kernel_size=2)],
        [conv(2 * channels, 1)],
    )
    layers = [*draw.choice(choices), Flatten(), Linear(out_features=3)]
    if draw.random() < 0.1:
        layers = [
            AdaptiveAvgPool2d(output_size=1),
            Flatten(),
        ]  # nothing to learn, and with three channels three classes
    return Network(name="small", input_shape=dataset.input_shape, layers=tuple(layers))


def settings(draw: random.Random) -> TrainingConfig:
    speed = draw.random() < 0.15
    return TrainingConfig(
        epochs=1,
        batch_size=draw.choice((1, 1, 2, 3, 4, 64)),
        optimizer="sgd" if speed and draw.random() < 0.9 else draw.choice(("adam", "adamw", "sgd", "muon")),
        learning_rate=draw.choice((1e-4, 1e-3)),
        momentum=draw.choice((0.0, 0.9)),
        nesterov=draw.random() < 0.2,
        weight_decay=draw.choice((0.0, 0.01)),
        schedule=draw.choice(("constant", "step", "cosine", "one_cycle", "triangle")),
        warmup_epochs=draw.choice((0.0, 0.5, 7.0)),
        label_smoothing=draw.choice((0.0, 0.1)),
        dropout=draw.choice((None, 0.0, 0.9)),
        ema=draw.choice((0.0, 0.9)),
        crop_padding=draw.choice((0, 0, 2, 16)),
        translate=draw.choice((0, 0, 0, 1, 5, 16)),
        flip=draw.choice(("none", "random", "alternating")),
        cutout=draw.choice((0, 2, 64)),
        colour_shift=draw.choice((0.0, 0.1)),
        test_time_augmentation=draw.choice(("none", "mirror", "translate")),
        recipe="speed" if speed else "plain",
        device=draw.choice(("auto", "cpu", "cpu", "cuda:97")) if draw.random() < 0.2 else "cpu",
        precision=draw.choice(("auto", "fp32", "bf16")),
        compile=draw.random() < 0.03,
        held_out=draw.choice((0, 0, 0, 1, 4)),
        seed=draw.randrange(9),
    )  # fmt: skip


def test_what_is_not_refused_trains_and_what_is_refused_does_not_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(SEED)
    refused = trained = 0
    while trained < cases(1_000):
        dataset = tiny(draw)
        network, config = small_network(draw, dataset), settings(draw)
        if network.shapes[-1] != (dataset.num_classes,):
            continue
        said = refusal(network, len(dataset.train), config)
        events = train(network, dataset, config)
        if said:
            refused += 1
            assert said.setting in (*TrainingConfig.model_fields, "architecture")
            with pytest.raises(TrainingError) as error:
                next(events)
            assert str(error.value) == said.says
            assert_torch_refuses(network, dataset, config, said.setting, monkeypatch)
        else:
            trained += 1
            for _ in events:
                pass
    assert refused > trained / 20


def assert_torch_refuses(
    network: Network, dataset: Dataset, config: TrainingConfig, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the check it ends badly."""
    if setting == "compile":  # is ours: torch compiles for processors too
        return
    with monkeypatch.context() as without:
        without.setattr("cnnviz.training.loop.refusal", lambda *_: None)
        with pytest.raises((ValueError, RuntimeError)):
            for _ in train(network, dataset, config.model_copy(update={"compile": False})):
                pass


NARROW = Network(
    name="narrow",
    input_shape=(1, 28, 28),
    layers=(conv(4, 28), BatchNorm2d(), ReLU(), Flatten(), Linear(out_features=10)),
)


@pytest.mark.parametrize(
    ("images", "batch", "processes", "ways"),
    [
        (5, 1, 1, "take a batch size of 2 or more, or leave bn1 out."),
        (1, 64, 1, "take more training images, or leave bn1 out."),
        (100, 3, 2, "take a batch size of 4 or more, or leave bn1 out."),
        (3, 64, 2, "take more training images, or leave bn1 out."),
        (100, 1, 4, "take a batch size of 8 or more, or leave bn1 out."),
        (5, 2, 1, ""),
        (65, 64, 1, ""),  # the last image is left out
        (100, 4, 2, ""),
        (100, 3, 4, ""),  # each process has all three
    ],
)
def test_one_image_is_refused_where_maps_of_one_cell_are_normalised(
    images: int, batch: int, processes: int, ways: str
) -> None:
    said = refusal(NARROW, images, TrainingConfig(batch_size=batch), processes)
    assert (said.says if said else "").rpartition(": ")[2] == ways
    assert not said or said.setting == "batch_size"
    wide = NARROW.model_copy(update={"layers": (conv(4, 5), *NARROW.layers[1:])})
    assert refusal(wide, images, TrainingConfig(batch_size=batch), processes) is None


@pytest.mark.parametrize(
    ("key", "dataset", "says"),
    [
        ("vgg16", "mnist",
         "VGG16 needs images of at least 32×32, and these are 28×28: choose shapes or cifar10, or another network"),
        ("alexnet", "cifar10", "AlexNet needs images of at least 63×63, and these are 32×32: choose another network"),
    ],
)  # fmt: skip
def test_a_network_for_larger_images_says_the_smallest_side_and_what_there_is(
    key: str, dataset: str, says: str
) -> None:
    with pytest.raises(ShapeError) as error:
        fitted(architecture(key), dataset)
    assert str(error.value).startswith(says)
    assert "padding" not in str(error.value)


def test_the_smallest_side_is_the_smallest_that_torch_runs() -> None:
    for key in ("lenet5_1998", "alexnet_2012", "alexnet", "vgg16", "vgg16_cifar"):
        network = architecture(key)
        for dataset in ("digits", "cifar10"):
            try:
                fitted(network, dataset)
            except ShapeError as error:
                if "at least" not in str(error):
                    continue
                side = int(str(error).partition("at least ")[2].partition("×")[0])
            else:
                continue
            channels = form(dataset)[0][0]
            with torch.device("meta"):
                module = network.fitted((channels, side, side), 10).module().eval()
                assert module(torch.empty(1, channels, side, side)).shape == (1, 10)
                with pytest.raises(RuntimeError):
                    module[:-1](torch.empty(1, channels, side - 1, side - 1))


def test_where_too_many_are_held_out_to_normalise_it_is_that_setting() -> None:
    said = refusal(NARROW, 1_442, TrainingConfig(held_out=1_441))
    assert said is not None
    assert said.setting == "held_out"
    assert said.says.endswith("has no variance there: hold out fewer images.")


def read_by(kind: type[Layer]) -> Layer:
    """A layer of a kind with what it cannot do without."""
    small = {"out_channels": 2, "kernel_size": 1, "output_size": 1, "out_features": 2, "size": 3, "squeeze_channels": 2}
    given: dict[str, Any] = {name: value for name, value in small.items() if name in kind.model_fields}
    if issubclass(kind, Block):
        given = {"branches": ((BatchNorm2d(),), ())} if kind is Concat else {"body": (BatchNorm2d(),)}
        given |= {"added": 2} if kind is DualPath else {}
    return kind(**given)


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_kind_of_layer_that_torch_cannot_train_on_one_number_a_channel_is_known(kind: type[Layer]) -> None:
    """Whatever layers there will be: torch says which of them need more than one value."""
    layer = read_by(kind)
    before: list[AnyLayer] = [conv(4, 28)]
    if kind in (Linear, Softmax):
        before.append(Flatten())
    after = [Linear(out_features=10)] if kind in (Linear, Softmax, Flatten) else [Flatten(), Linear(out_features=10)]
    network = Network(name="one", input_shape=(1, 28, 28), layers=(*before, layer, *after))
    complaint = ""
    try:
        network.module().train()(torch.rand(1, 1, 28, 28))
    except ValueError as error:
        complaint = str(error)
    assert not complaint or "more than 1 value per channel" in complaint
    needs_more = bool(complaint)
    said = refusal(network, 100, TrainingConfig(batch_size=1))
    assert (said is not None and "has no variance there" in said.says) == needs_more
    assert needs_more == any(isinstance(one, BatchNorm2d) for one in everything(network.layers))


@pytest.mark.parametrize(
    ("dataset", "batch", "held_out", "says"),
    [
        ("digits", 1_442, 0, ""),
        (
            "digits",
            1_443,
            0,
            "A batch of 1,443 is more than the 1,442 images that are learned from: each epoch is one step.",
        ),
        (
            "digits",
            1_000,
            600,
            "A batch of 1,000 is more than the 842 images that are learned from: each epoch is one step.",
        ),
        ("mnist", 4_096, 0, ""),
    ],
)
def test_a_batch_larger_than_the_dataset_is_named_and_not_refused(
    dataset: str, batch: int, held_out: int, says: str
) -> None:
    config = TrainingConfig(batch_size=batch, held_out=held_out)
    assert [said.says for said in remarks(dataset, config)] == ([says] if says else [])
    assert refusal(fitted(architecture("lenet5"), dataset), counts(dataset)[0], config) is None


def test_a_batch_larger_than_the_dataset_is_one_step_an_epoch() -> None:
    draw = random.Random(SEED)
    dataset = next(found for found in iter(lambda: tiny(draw), None) if len(found.train) == 5)
    network = Network(name="flat", input_shape=dataset.input_shape, layers=(Flatten(), Linear(out_features=3)))
    *_, last = (
        event for event in train(network, dataset, TrainingConfig(epochs=2, batch_size=64)) if isinstance(event, Step)
    )
    assert last.step == last.total_steps == 2


def test_mirrored_digits_are_named() -> None:
    config = TrainingConfig(flip="random", test_time_augmentation="translate")
    assert [said.setting for said in remarks("mnist", config)] == ["flip", "test_time_augmentation"]
    assert remarks("cifar10", config) == []
