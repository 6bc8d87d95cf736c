"""Training speed while the app shows the run, beside plain loops: ``python benchmarks/training_throughput.py``.

The tutorial net on 50,000 random images of 32×32×3. Ours is a run of the app's own worker, with a websocket client that
asks for the page's live part as a browser does. The bare loop takes the same batches from memory without measuring or
telling anything. The other two are ``DataLoader`` loops with torchvision's transforms and two workers, one with batches of
128, one with the batches of 4 of PyTorch's tutorial. Every one runs in a process of its own, and every one with OpenMP's
passive waiting, as our worker has it: without it the plain loops were many times slower on a shared machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from benchmarks.harness import PROJECT, running_app
from benchmarks.report import report
from benchmarks.watcher import watching
from cnnviz.networks import architecture
from cnnviz.training import TrainingConfig

BATCH = 128
IMAGES = 50_000
CONFIG = TrainingConfig(epochs=1000, batch_size=BATCH, optimizer="sgd", learning_rate=0.001)


def make_data(home: Path) -> None:
    draw = np.random.default_rng(0)
    (home / "data").mkdir()
    np.savez(
        home / "data" / "cifar10.npz",
        x_train=draw.integers(0, 256, (IMAGES, 32, 32, 3), np.uint8),
        y_train=draw.integers(0, 10, IMAGES, np.uint8),
        x_test=draw.integers(0, 256, (1000, 32, 32, 3), np.uint8),
        y_test=draw.integers(0, 10, 1000, np.uint8),
    )


def ours(home: Path, seconds: float, device: str) -> float:
    """Images per second of a watched run, between the reports within its epochs."""
    os.environ["CNNVIZ_HOME"] = str(home)
    from cnnviz.runs import LocalEngine, RunStore, Spec

    store = RunStore()
    with running_app(home) as app:
        config = CONFIG.model_copy(update={"device": device})
        run = store.create(Spec(network=architecture("tutorial_net"), dataset="cifar10", config=config))
        LocalEngine(store).launch(run.id)
        with watching(app.port, f"run={run.id}") as watcher:
            while not store.curve(run.id, "train").steps:
                time.sleep(0.2)
            time.sleep(seconds)
            store.request_stop(run.id)
            seen = watcher.updates
        while store.get(run.id).active:
            time.sleep(0.2)
    curve = store.curve(run.id, "train")
    images = passed = 0.0
    rows = list(zip(curve.steps, curve.epochs, curve.times, strict=True))[1:]  # the first holds the warm-up
    for (step, epoch, at), (next_step, next_epoch, next_at) in pairwise(rows):
        if int(epoch) == int(next_epoch):  # else the test set was measured in between
            images += (next_step - step) * BATCH
            passed += next_at - at
    rate = len(rows) and seen / (seconds + 1e-9)
    if rate < 2:
        raise RuntimeError(f"the page was updated only {rate:.1f} times a second: nobody watched")
    return images / passed


def plain(kind: str, home: Path, seconds: float, device: str) -> float:
    """Images per second of a loop in a process of its own."""
    command = [sys.executable, __file__, "--loop", kind, "--seconds", str(seconds), "--device", device]
    env = {**os.environ, "CNNVIZ_HOME": str(home), "OMP_WAIT_POLICY": "PASSIVE"}
    return float(
        subprocess.run(command, cwd=PROJECT, env=env, check=True, capture_output=True, text=True).stdout.split()[-1]
    )


def loop(kind: str, seconds: float, device_name: str) -> float:
    import torch
    import torch.nn.functional as F

    from cnnviz.data import load_dataset
    from cnnviz.training import devices

    device = torch.device(devices()[0] if device_name == "auto" else device_name)
    data = load_dataset("cifar10")
    torch.manual_seed(0)
    module = architecture("tutorial_net").module().to(device)
    optimizer = CONFIG.make_optimizer(module.parameters())

    def bare() -> Iterator[tuple[Any, Any]]:
        images = torch.from_numpy(data.train.images).to(device)
        labels = torch.from_numpy(data.train.labels).to(device)
        mean, std = (torch.tensor(v, device=device).view(1, -1, 1, 1) for v in (data.mean, data.std))
        while True:
            for which in torch.randperm(len(labels)).to(device).split(BATCH):
                yield (images[which].float() / 255 - mean) / std, labels[which]

    def loader(batch: int) -> Iterator[tuple[Any, Any]]:
        from PIL import Image

        from cnnviz.torchvision_guard import torchvision

        transforms = torchvision().transforms
        transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize(data.mean, data.std)])
        pixels = data.train.images.transpose(0, 2, 3, 1)

        class Images(torch.utils.data.Dataset[Any]):
            def __len__(self) -> int:
                return len(pixels)

            def __getitem__(self, index: int) -> Any:
                return transform(Image.fromarray(pixels[index])), int(data.train.labels[index])

        while True:
            yield from torch.utils.data.DataLoader(Images(), batch_size=batch, shuffle=True, num_workers=2)

    batches = bare() if kind == "bare" else loader(int(kind))

    def train(until: float) -> int:
        seen = 0
        for images, labels in batches:
            images, labels = images.to(device), labels.to(device)
            loss = F.cross_entropy(module(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            seen += len(labels)
            if time.perf_counter() >= until:
                break
        if device.type == "cuda":
            torch.cuda.synchronize()
        return seen

    train(time.perf_counter() + 1)  # warm-up
    start = time.perf_counter()
    return train(start + seconds) / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--seconds", type=float, default=10, help="of each loop in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--loop", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.loop:
        print(loop(arguments.loop, arguments.seconds, arguments.device))
        os._exit(0)  # without waiting for the loader's workers

    speeds: dict[str, list[float]] = {"ours": [], "bare": [], "128": [], "4": []}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        make_data(home)
        for _ in range(arguments.rounds):  # in turn, so that a machine that drifts does not favour one of them
            speeds["ours"].append(ours(home, arguments.seconds, arguments.device))
            for kind in ("bare", "128", "4"):
                speeds[kind].append(plain(kind, home, arguments.seconds, arguments.device))

    def ratio(kind: str) -> float:
        return statistics.median(a / b for a, b in zip(speeds["ours"], speeds[kind], strict=True))

    names = {
        "ours": f"ours, batch {BATCH}, watched",
        "bare": f"bare loop, batch {BATCH}",
        "128": "DataLoader, batch 128, 2 workers",
        "4": "DataLoader, batch 4, 2 workers",
    }
    report(
        [(names[kind], statistics.median(values), "images/s") for kind, values in speeds.items()],
        {
            "ratio_to_bare_loop": ratio("bare"),
            "ratio_to_dataloader_128": ratio("128"),
            "ratio_to_course_loop": ratio("4"),
        },
        arguments.json,
    )


if __name__ == "__main__":
    main()
