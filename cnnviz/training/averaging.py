"""Weights averaged over the steps of a run."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

import torch
from torch import Tensor, nn

_COUNT = "count"
_WEIGHTS = "module."
_OTHER = "The averaged weights are of another network."


class Average:
    """A copy of a module whose parameters are an exponential moving average of it: Polyak averaging.

    Of many noisy ends of a run it takes the middle: Polyak and Juditsky, "Acceleration of stochastic approximation by
    averaging", SIAM Journal on Control and Optimization 1992. Running means and other buffers are those of the last
    update.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        """Starts with the weights of ``module``. Raises ValueError for a decay that is not from 0 to below 1."""
        if not 0 <= decay < 1:
            raise ValueError(f"The decay of averaged weights is {decay:g}: take one from 0 to below 1.")
        self.module = deepcopy(module).eval().requires_grad_(False)
        self.decay = decay
        self.count = 0
        """Updates until now."""

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Take in the weights after a step. Raises ValueError where they are of another network."""
        # the first weights are random: they are forgotten faster than the decay would
        decay = min(self.decay, (1 + self.count) / (10 + self.count))
        (means, ours), (weights, theirs) = _parts(self.module), _parts(module)
        if [t.shape for t in means + ours] != [t.shape for t in weights + theirs]:
            raise ValueError(_OTHER)
        if means:
            torch._foreach_lerp_(means, weights, 1 - decay)
        if ours:
            torch._foreach_copy_(ours, theirs)
        self.count += 1

    def state(self) -> dict[str, Tensor]:
        """A copy of the averaged weights and of the count of updates, on the CPU."""
        weights = {
            _WEIGHTS + name: tensor.detach().to("cpu", copy=True).contiguous()
            for name, tensor in self.module.state_dict().items()
        }
        return {_COUNT: torch.tensor(self.count), **weights}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Go on from ``state()``. Raises ValueError where it is of another network."""
        weights = {name.removeprefix(_WEIGHTS): tensor for name, tensor in state.items() if name.startswith(_WEIGHTS)}
        count = state.get(_COUNT)
        if count is None or count.numel() != 1 or len(weights) + 1 != len(state):
            raise ValueError("This is no state of averaged weights.")
        if {name: t.shape for name, t in self.module.state_dict().items()} != {n: t.shape for n, t in weights.items()}:
            raise ValueError(_OTHER)
        self.module.load_state_dict(weights)
        self.count = int(count)


def _parts(module: nn.Module) -> tuple[list[Tensor], list[Tensor]]:
    """What is averaged, and what is copied."""
    parameters = list(module.parameters())
    whole = [parameter for parameter in parameters if not parameter.is_floating_point()]
    return [parameter for parameter in parameters if parameter.is_floating_point()], [*whole, *module.buffers()]
