"""Training speed while the app shows the run, beside plain loops: ``python benchmarks/training_throughput.py``.

The tutorial net and the simplified ResNet on random images of 32×32×3: 50,000, and on CUDA 500,000, because a run reports
every quarter of a second and an epoch must last longer. Ours is a run of the app's own worker, with a websocket client that
asks for the page's live part as a browser does. The bare loop takes the same batches from memory without measuring or
telling anything; on CUDA it computes as ours does, in bf16 where the device can and with channels last. The other two, for
the tutorial net only, are ``DataLoader`` loops with torchvision's transforms and two workers, one with batches of 128, one
with the batches of 4 of PyTorch's tutorial. Every one runs in a process of its own, and every one with OpenMP's passive
waiting, as our worker has it: without it the plain loops were many times slower on a shared machine.
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
from functools import partial
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from benchmarks.harness import PROJECT, running_app
from benchmarks.report import report
from benchmarks.watcher import watching
from cnnviz.networks import architecture
from cnnviz.training import TrainingConfig, devices

ARCHITECTURES = ("tutorial_net", "simplified_resnet")
BATCH, LEARNING_RATE, MOMENTUM = 128, 0.001, 0.9
NAMES = {
    "ours": f"ours, batch {BATCH}, watched",
    "bare": f"bare loop, batch {BATCH}",
    "128": "DataLoader, batch 128, 2 workers",
    "4": "DataLoader, batch 4, 2 workers",
}


def make_data(home: Path, images: int) -> None:
    draw = np.random.default_rng(0)
    (home / "data").mkdir()
    np.savez(
        home / "data" / "cifar10.npz",
        x_train=draw.integers(0, 256, (images, 32, 32, 3), np.uint8),
        y_train=draw.integers(0, 10, images, np.uint8),
        x_test=draw.integers(0, 256, (1000, 32, 32, 3), np.uint8),
        y_test=draw.integers(0, 10, 1000, np.uint8),
    )


def ours(key: str, home: Path, seconds: float, device: str) -> float:
    """Images per second of a watched run, between the reports within its epochs."""
    os.environ["CNNVIZ_HOME"] = str(home)
    from cnnviz.runs import Engine, RunStore, Spec

    store = RunStore()
    with running_app(home) as app:
        config = TrainingConfig(
            epochs=1000,
            batch_size=BATCH,
            optimizer="sgd",
            learning_rate=LEARNING_RATE,
            momentum=MOMENTUM,
            device=device,
        )
        run = store.create(Spec(network=architecture(key), dataset="cifar10", config=config))
        Engine(store).launch(run.id)
        with watching(app.port, f"run={run.id}") as watcher:

            def wait(points: int, until: float = 0) -> None:
                while time.perf_counter() < until or len(store.curve(run.id, "train").steps) < points:
                    if not (now := store.get(run.id)).active:
                        raise RuntimeError(f"the run ended by itself: {now.message}")
                    time.sleep(0.2)

            wait(1)
            began = time.perf_counter()
            wait(3, began + seconds)  # one with the warm-up, and two for an interval
            store.request_stop(run.id)
            rate = watcher.updates / (time.perf_counter() - began)
        while store.get(run.id).active:
            time.sleep(0.2)
    curve = store.curve(run.id, "train")
    images = passed = 0.0
    rows = list(zip(curve.steps, curve.epochs, curve.times, strict=True))[1:]
    for (step, epoch, at), (next_step, next_epoch, next_at) in pairwise(rows):
        if ceil(epoch) == ceil(next_epoch):  # else the test set was measured in between
            images += (next_step - step) * BATCH
            passed += next_at - at
    if rate < 2:
        raise RuntimeError(f"the page was updated only {rate:.1f} times a second: nobody watched")
    return images / passed


def plain(kind: str, key: str, home: Path, seconds: float, device: str) -> float:
    """Images per second of a loop in a process of its own."""
    command = [sys.executable, __file__, "--loop", kind, "--architecture", key]
    env = {**os.environ, "CNNVIZ_HOME": str(home), "OMP_WAIT_POLICY": "PASSIVE"}
    return float(
        subprocess.run(
            [*command, "--seconds", str(seconds), "--device", device],
            cwd=PROJECT,
            env=env,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout.split()[-1]
    )


def loop(kind: str, key: str, seconds: float, device_name: str) -> float:
    import torch
    import torch.nn.functional as F

    from cnnviz.data import load_dataset

    device = torch.device(device_name)
    is_fast = device.type == "cuda" and kind != "4"  # the course's loop stays as it is taught
    layout = torch.channels_last if is_fast else torch.contiguous_format
    autocast = torch.autocast(
        device.type, torch.bfloat16, enabled=is_fast and torch.cuda.is_bf16_supported(including_emulation=False)
    )
    torch.backends.cudnn.benchmark = is_fast
    data = load_dataset("cifar10")
    torch.manual_seed(0)
    module: Any = architecture(key).module()
    module.to(device, memory_format=layout)
    optimizer = torch.optim.SGD(module.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)

    def bare() -> Iterator[tuple[Any, Any]]:
        images = torch.from_numpy(data.train.images).to(device).contiguous(memory_format=layout)
        labels = torch.from_numpy(data.train.labels).to(device)
        mean, std = (torch.tensor(v, device=device).view(1, -1, 1, 1) * 255 for v in (data.mean, data.std))
        while True:
            for which in torch.randperm(len(labels), device=device).split(BATCH):
                yield images[which].float().sub_(mean).div_(std), labels[which]

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
            yield from torch.utils.data.DataLoader(
                Images(), batch_size=batch, shuffle=True, num_workers=2, pin_memory=is_fast
            )

    batches = bare() if kind == "bare" else loader(int(kind))

    def train(until: float) -> int:
        seen = 0
        for images, labels in batches:
            images = images.to(device, memory_format=layout, non_blocking=True)
            labels = labels.to(device, non_blocking=True)
            with autocast:
                logits = module(images)
            loss = F.cross_entropy(logits.float(), labels)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            seen += len(labels)
            if time.perf_counter() >= until:
                break
        if device.type != "cpu":
            torch.accelerator.synchronize()  # once: each wait would cost speed
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
    parser.add_argument("--architecture", choices=ARCHITECTURES, help="both without it")
    parser.add_argument("--loop", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    seconds = arguments.seconds
    device = devices()[0] if arguments.device == "auto" else arguments.device
    if arguments.loop:
        print(loop(arguments.loop, arguments.architecture, seconds, device))
        sys.stdout.flush()
        os._exit(0)  # without waiting for the loader's workers

    chosen = [arguments.architecture] if arguments.architecture else ARCHITECTURES
    speeds: dict[tuple[str, str], list[float]] = {
        (key, kind): [] for key in chosen for kind in NAMES if key == "tutorial_net" or kind in ("ours", "bare")
    }
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        make_data(home, 500_000 if device.startswith("cuda") else 50_000)
        for _ in range(arguments.rounds):  # in turn, so that a machine that drifts does not favour one of them
            for (key, kind), found in speeds.items():
                measure = ours if kind == "ours" else partial(plain, kind)
                found.append(measure(key, home, seconds, device))

    figures = {}
    for name, key, kind in (
        ("ratio_to_bare_loop", "tutorial_net", "bare"),
        ("ratio_to_dataloader_128", "tutorial_net", "128"),
        ("ratio_to_course_loop", "tutorial_net", "4"),
        ("ratio_to_bare_loop_resnet", "simplified_resnet", "bare"),
    ):
        if key in chosen:
            pairs = zip(speeds[key, "ours"], speeds[key, kind], strict=True)
            figures[name] = statistics.median(a / b for a, b in pairs)
    rows = [
        (f"{architecture(key).name}: {NAMES[kind]}", statistics.median(found), "images/s")
        for (key, kind), found in speeds.items()
    ]
    report(rows, figures, arguments.json)


if __name__ == "__main__":
    main()
