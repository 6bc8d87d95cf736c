"""The kernels of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import nn


def kernels(module: nn.Module) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
    """The weights of every Conv2d by its name, ``(out_channels, in_channels / groups, kh, kw)``, in order."""
    from torch import nn

    return {
        name: child.weight.detach().cpu().float().numpy().copy()
        for name, child in module.named_modules()
        if isinstance(child, nn.Conv2d)
    }
