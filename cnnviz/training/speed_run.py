"""The tricks that bring a small network to 94 % of CIFAR-10 in ten epochs: Jordan, arXiv 2404.00498.

Beyond settings that every run has (Nesterov momentum, label smoothing, alternating flips, views at test time), there are
filters that whiten the image's patches, identities as first filters, normalisation without scales, fast biases, a small last
layer, and a slow average of the weights that the fast ones jump back to.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnnviz.training.config import TrainingConfig
from cnnviz.training.errors import TrainingError

_BIAS_FACTOR = 64  # normalisations learn their shifts this much faster
_HEAD_SCALE = (
    1 / 9
)  # the paper multiplies the logits by it; a last layer that begins so small, with slower steps, is the same
_WHITENING_EPOCHS = 3  # the first layer's biases learn this long, then they stay
_WHITENING_IMAGES = 5_000
_EPS = 5e-4
_EVERY = 5  # steps between two looks at the slow weights


def whitening_filters(images: Tensor, size: tuple[int, int]) -> Tensor:
    """The principal axes of all patches of ``images`` ``(N, C, H, W)``, each scaled to variance 1, then their negatives.

    Shape ``(2·C·h·w, C, h, w)``, the strongest axis first.
    """
    height, width = size
    channels = images.shape[1]
    patches = images.unfold(2, height, 1).unfold(3, width, 1)  # (N, C, rows, columns, h, w)
    flat = patches.permute(0, 2, 3, 1, 4, 5).reshape(-1, channels * height * width)
    values, vectors = torch.linalg.eigh(flat.T @ flat / len(flat))
    scaled = (vectors / torch.sqrt(values + _EPS)).T.flip(0).reshape(-1, channels, height, width)
    return torch.cat((scaled, -scaled))


def misfit(module: nn.Module, image: tuple[int, ...]) -> str:
    """Why the recipe is not for a module that reads images ``(C, H, W)``; nothing where it is."""
    leaves = [part for part in module.modules() if not list(part.children())]
    first, last = leaves[0], leaves[-1]
    if not isinstance(first, nn.Conv2d) or not isinstance(last, nn.Linear) or first.bias is None:
        return "The speed recipe wants a convolution first and a linear layer last: take airbench94."
    channels, *sides = image
    height, width = first.kernel_size
    if height > sides[0] or width > sides[1]:
        return (
            f"The speed recipe looks at patches as large as the first kernel, {height}×{width}, which images of "
            f"{sides[0]}×{sides[1]} do not have: take airbench94."
        )
    wanted = 2 * channels * height * width
    if tuple(first.weight.shape) != (wanted, channels, height, width):
        return (
            f"The speed recipe wants {wanted} filters in the first layer, two for each number of a {height}×{width} "
            f"patch, not {first.out_channels}: take airbench94."
        )
    return ""


class SpeedRun:
    """What the recipe does to a module before training and between its steps."""

    def __init__(self, module: nn.Module, images: Tensor, config: TrainingConfig, total_steps: int) -> None:
        """``images``: normalised training images; 5,000 are enough. Raises TrainingError where the network has another form."""
        if config.conflict:
            raise TrainingError(config.conflict)
        if said := misfit(module, tuple(images.shape[1:])):
            raise TrainingError(said)
        leaves = [part for part in module.modules() if not list(part.children())]
        first, last = leaves[0], leaves[-1]
        assert isinstance(first, nn.Conv2d)
        assert isinstance(last, nn.Linear)
        assert first.bias is not None
        filters = whitening_filters(images[:_WHITENING_IMAGES].cpu(), (first.kernel_size[0], first.kernel_size[1]))
        self._whitening, self._total = first, total_steps
        with torch.no_grad():
            for part in leaves:
                if isinstance(part, nn.Conv2d) and part is not first:
                    nn.init.dirac_(part.weight[: part.weight.shape[1]])
                elif isinstance(part, nn.BatchNorm2d):
                    part.weight.requires_grad_(False)
            first.weight.copy_(filters)
            first.weight.requires_grad_(False)
            first.bias.zero_()
            last.weight.mul_(_HEAD_SCALE)
        self._shifts = [part.bias for part in leaves if isinstance(part, nn.BatchNorm2d)]
        self._head = last.weight
        self._slow: dict[str, Tensor] = {}

    def optimizer(self, module: nn.Module, config: TrainingConfig) -> torch.optim.Optimizer:
        """SGD in groups; ``scale`` is what a schedule multiplies a group's learning rate with."""
        special = {id(self._whitening.bias), id(self._head), *map(id, self._shifts)}
        rest = [p for p in module.parameters() if p.requires_grad and id(p) not in special]
        groups = [
            (rest, 1.0),
            (self._shifts, _BIAS_FACTOR),
            ([self._head], _HEAD_SCALE**2),
            ([self._whitening.bias], 1.0),
        ]
        return torch.optim.SGD(
            [{"params": part, "scale": scale, "weight_decay": config.weight_decay / scale} for part, scale in groups],
            config.learning_rate,
            config.momentum,
            nesterov=config.nesterov,
        )

    def before_epoch(self, epoch: int, optimizer: torch.optim.Optimizer) -> None:
        """``epoch`` counts from 1."""
        if epoch > _WHITENING_EPOCHS:
            optimizer.param_groups[-1]["scale"] = 0.0

    def after_step(self, step: int, module: nn.Module) -> None:
        """``step`` counts from 1. Lookahead (Zhang et al., arXiv 1907.08610) with an average that grows ever slower."""
        if step % _EVERY == 0:
            self._look(module, 0.95**_EVERY * (step / self._total) ** 3)
        if step == self._total:
            self._look(module, 1.0)

    def _look(self, module: nn.Module, decay: float) -> None:
        with torch.no_grad():
            for name, tensor in module.state_dict().items():
                if tensor.is_floating_point():
                    slow = self._slow[name]
                    slow.lerp_(tensor, 1 - decay)
                    tensor.copy_(slow)

    def begin(self, module: nn.Module) -> None:
        """The slow weights start where the fast ones do."""
        self._slow = {name: t.detach().clone() for name, t in module.state_dict().items() if t.is_floating_point()}

    def state(self) -> dict[str, Tensor]:
        return dict(self._slow)

    def load(self, state: dict[str, Tensor]) -> None:
        for name, tensor in state.items():
            self._slow[name].copy_(tensor)
