"""What every layer of a network gives out for an input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnnviz.inspection.forward_hooks import observe

if TYPE_CHECKING:
    import torch
    from torch import nn


def activations(module: nn.Module, x: torch.Tensor) -> dict[str, NDArray[np.float32]]:
    """The output of every leaf module by its name, in the order of the forward pass, for a batch ``x``.

    Works on any module; its mode, its hooks and its gradients are as before afterwards, also after an error.
    """
    import torch

    outputs: dict[str, NDArray[np.float32]] = {}

    def keep(name: str, _child: nn.Module, _inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        # copied: an in-place layer behind this one would change it
        outputs[name] = output.detach().to("cpu", torch.float32, copy=True).numpy()

    observe(module, x, keep)
    return outputs
