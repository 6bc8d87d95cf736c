"""What a network shows of how it learns: measured on some of its training images, by the weights that are tested.

The running mean that a training curve is of says less: it is taken while the weights move, with each batch's own statistics,
with dropout, and of changed images.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.data.augmentation import Resident
from cnnviz.training.events import Off, Signs

LEAST, _MOST = 250, 1_000
"""All of fewer images are looked at."""
_SATURATED = 0.01  # of the slope that it has in its middle
_SLOPES = {nn.Sigmoid: lambda y: 4 * y * (1 - y), nn.Tanh: lambda y: 1 - y * y}


def sample_of(images: int, seed: int) -> Tensor:
    """Which of so many training images are looked at: all of a few, a quarter of more, 1,000 of many."""
    size = min(images, max(LEAST, min(_MOST, images // 4)))
    return torch.randperm(images, generator=torch.Generator().manual_seed(seed))[:size].sort().values


def signs(
    module: nn.Module, data: Resident, autocast: torch.autocast, batch: int, *, has_learned: bool = True
) -> Signs:
    """Of the images of ``data``, in eval mode, at most ``batch`` at a time.

    Before the first step the running statistics of normalisation say nothing: it uses each batch's own then, as training does.
    """
    training = module.training
    module.eval()
    parts = -(-len(data) // batch)
    own = [] if has_learned or len(data) < 2 * parts else _use_own_statistics(module)
    logits: list[Tensor] = []
    inputs: list[Tensor] = []
    with torch.inference_mode(), autocast, _watched(module) as off:
        for part in range(parts):  # of much the same size: a batch of one image has no statistics
            images, _ = data.batch(slice(len(data) * part // parts, len(data) * (part + 1) // parts))
            inputs.append(torch.stack((images.float().mean(), images.float().square().mean())))
            logits.append(module(images).float())
    for norm in own:
        norm.track_running_stats = True
    module.train(training)
    scores, labels = torch.cat(logits), data.labels
    commonest = scores.argmax(1).bincount(minlength=1).max()
    weights = [p.detach().float().square().sum() for p in module.parameters() if p.ndim > 1]
    mean, square = torch.stack(inputs).mean(0).tolist()
    return Signs(
        images=len(labels),
        loss=float(F.cross_entropy(scores, labels)),
        accuracy=float((scores.argmax(1) == labels).float().mean()),
        spread=float(scores.std(0, correction=0).mean()),
        commonest=float(commonest) / len(labels),
        weights=float(torch.stack(weights).sum().sqrt()) if weights else 0.0,
        input_mean=mean,
        input_deviation=max(0.0, square - mean * mean) ** 0.5,
        off=tuple(Off(name, float(share), how) for name, (share, how) in off().items()),
    )


def _use_own_statistics(module: nn.Module) -> list[nn.BatchNorm2d]:
    """The layers that do so from now on, and keep none."""
    own = [part for part in module.modules() if isinstance(part, nn.BatchNorm2d) and part.track_running_stats]
    for part in own:
        part.track_running_stats = False
        part.train()
    return own


@contextmanager
def _watched(module: nn.Module) -> Iterator[_Found]:
    """Which units of each activation give nothing on any image, or have no slope left on nearly all."""
    off = _Found()
    handles = []
    before = ""
    for name, part in module.named_modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            before = name
        elif isinstance(part, nn.ReLU | nn.Sigmoid | nn.Tanh):
            handles.append(part.register_forward_hook(off.hook(before or name)))
    try:
        yield off
    finally:
        for handle in handles:
            handle.remove()


class _Found:
    """Of each activation, the share of units that are off: maps of a convolution, numbers of a Linear layer."""

    def __init__(self) -> None:
        self._alive: dict[str, Tensor] = {}
        self._flat: dict[str, tuple[Tensor, int]] = {}

    def hook(self, name: str):  # type: ignore[no-untyped-def]
        def look(part: nn.Module, _: Sequence[Tensor], output: Tensor) -> None:
            y = output.detach().float()
            if isinstance(part, nn.ReLU):
                others = [axis for axis in range(y.ndim) if axis != 1]
                alive = (y > 0).any(dim=others[0]) if y.ndim == 2 else (y > 0).amax(dim=others)
                self._alive[name] = alive | self._alive.get(name, torch.zeros_like(alive))
            else:
                slope = next(slope for kind, slope in _SLOPES.items() if isinstance(part, kind))
                flat, numbers = self._flat.get(name, (torch.zeros((), device=y.device), 0))
                self._flat[name] = flat + (slope(y) < _SATURATED).sum(), numbers + y.numel()

        return look

    def __call__(self) -> dict[str, tuple[float, str]]:
        alive = {name: (1 - float(units.float().mean()), "zero") for name, units in self._alive.items()}
        return alive | {name: (float(flat) / n, "flat") for name, (flat, n) in self._flat.items()}
