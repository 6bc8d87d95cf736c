"""One training of ``epoch_times.py``: ``python benchmarks/epoch_loops.py keras cifar10 8 cpu < exported.py``.

Prints the seconds of an epoch and the peak memory in MB. Ours reads the key of an architecture instead of a script.
"""

from __future__ import annotations

import math
import sys
import time
from contextlib import closing, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

SIZES = {"mnist": (60_000, (1, 28, 28)), "cifar10": (50_000, (3, 32, 32))}
"""Images, and the shape of one."""
CLASSES = 10
BATCH, LEARNING_RATE, MOMENTUM = 128, 0.001, 0.9
WARM_UP = 2.0
"""Seconds of training before the measured ones."""


class Enough(Exception):
    """The measurement is done; ends any framework's training."""


class Meter:
    """Counts seconds of training and the share of an epoch done in them, after a warm-up."""

    def __init__(self, seconds: float, device: str) -> None:
        self.spent = self.share = 0.0
        self._seconds, self._device = seconds, device
        self._is_warm = False
        self._at = time.perf_counter()

    def skip(self) -> None:
        """What passed since the last call was no training."""
        self._at = time.perf_counter()

    def trained(self, share: float) -> None:
        """What passed since the last call trained this share of an epoch. Raises Enough."""
        limit = self._seconds if self._is_warm else WARM_UP
        is_over = self.spent + time.perf_counter() - self._at >= limit
        if is_over and self._device != "cpu":
            import_module("torch").accelerator.synchronize()  # only here: else it would slow training down
        now = time.perf_counter()
        self.spent, self.share, self._at = self.spent + now - self._at, self.share + share, now
        if is_over and self._is_warm:
            raise Enough
        if is_over:
            self._is_warm, self.spent, self.share = True, 0.0, 0.0


def pixels(dataset: str, channels_last: bool = False) -> tuple[Any, Any]:
    """Random images as uint8, and labels."""
    draw = np.random.default_rng(0)
    images, (channels, height, width) = SIZES[dataset]
    shape = (height, width, channels) if channels_last else (channels, height, width)
    return draw.integers(0, 256, (images, *shape), np.uint8), draw.integers(0, CLASSES, images)


def floats(dataset: str, channels_last: bool = False) -> tuple[Any, Any]:
    """The same images from 0 to 1 as float32, without a second copy on the way."""
    images, labels = pixels(dataset, channels_last)
    scaled = images.astype(np.float32)
    scaled /= 255
    return scaled, labels


def batch_share(dataset: str) -> float:
    return 1 / math.ceil(SIZES[dataset][0] / BATCH)


def takes_bf16(device: str) -> bool:
    """Whether our loop computes in bf16 there: then the others do so too."""
    cuda = import_module("torch").cuda
    return device.startswith("cuda") and bool(cuda.is_bf16_supported(including_emulation=False))


def train_ours(key: str, dataset: str, device: str, meter: Meter) -> None:
    from cnnviz.data import Dataset, Split
    from cnnviz.networks import architecture
    from cnnviz.training import Snapshot, Step, TrainingConfig, train

    images, labels = pixels(dataset)
    split = Split(images, labels)
    test = Split(images[:1000], labels[:1000])
    data = Dataset(dataset, dataset, tuple(map(str, range(CLASSES))), split, test)
    network = architecture(key).fitted(data.input_shape, CLASSES)
    config = TrainingConfig(
        epochs=1000, batch_size=BATCH, optimizer="sgd", learning_rate=LEARNING_RATE, momentum=MOMENTUM, device=device
    )
    epoch = 0.0
    with closing(train(network, data, config)) as events:  # type: ignore[type-var]
        for event in events:
            match event:
                case Step() if event.loss is not None:
                    meter.trained(event.epoch - epoch)
                    epoch = event.epoch
                case Snapshot() if event.step:
                    meter.trained(0.0)  # who watches a run gets these during an epoch
                case _:
                    meter.skip()


def train_keras(source: str, dataset: str, device: str, meter: Meter) -> None:
    keras = import_module("keras")
    if takes_bf16(device):
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
    images, labels = floats(dataset, channels_last=True)
    model = built(source)
    model.compile(
        optimizer=keras.optimizers.SGD(LEARNING_RATE, momentum=MOMENTUM),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    share = batch_share(dataset)
    tell = type("Tell", (keras.callbacks.Callback,), {"on_train_batch_end": lambda *_, **__: meter.trained(share)})
    model.fit(images, labels, batch_size=BATCH, epochs=1000, verbose=0, callbacks=[tell()])


def train_lightning(source: str, dataset: str, device: str, meter: Meter) -> None:
    import torch
    import torch.nn.functional as F
    from torch.utils.data import BatchSampler, DataLoader, RandomSampler, TensorDataset

    from cnnviz.torchvision_guard import torchvision

    torchvision()  # which Lightning imports where it is installed
    lightning: Any = import_module("lightning")

    class Classifier(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model = built(source)

        def training_step(self, batch: Any) -> Any:
            images, labels = batch
            return F.cross_entropy(self.model(images), labels)

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)

    data = TensorDataset(*map(torch.from_numpy, floats(dataset)))
    # A batch is one indexing of the tensors; batch_size=BATCH would take image after image and stack them, more slowly.
    sampler = BatchSampler(RandomSampler(data), BATCH, drop_last=False)
    on_cuda = device.startswith("cuda")
    loader = DataLoader(data, sampler=sampler, batch_size=None, num_workers=0, pin_memory=on_cuda)
    share = batch_share(dataset)
    tell = type("Tell", (lightning.Callback,), {"on_train_batch_end": lambda *_, **__: meter.trained(share)})
    trainer = lightning.Trainer(
        accelerator=torch.device(device).type,
        devices=1,
        precision="bf16-mixed" if takes_bf16(device) else "32-true",
        max_epochs=1000,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[tell()],
    )
    trainer.fit(Classifier(), loader)


def built(source: str) -> Any:
    """The ``model`` of an exported script."""
    names: dict[str, Any] = {"__name__": "exported"}
    exec(source, names)
    return names["model"]


LOOPS = {"ours": train_ours, "keras": train_keras, "lightning": train_lightning}


def peak_mb(device: str) -> float:
    """In millions of bytes."""
    if device.startswith("cuda"):
        return float(import_module("torch").cuda.max_memory_allocated()) / 1e6
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count the parent's too, from before this program was loaded
        return int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024 / 1e6
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    framework, dataset, seconds, device = sys.argv[1:]
    meter = Meter(float(seconds), device)
    with suppress(Enough):
        LOOPS[framework](sys.stdin.read(), dataset, device, meter)
    print(meter.spent / meter.share, peak_mb(device))


if __name__ == "__main__":
    main()
