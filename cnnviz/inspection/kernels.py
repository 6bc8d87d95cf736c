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


def first_weights(module: nn.Module, input_shape: tuple[int, ...], most: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """What the units of the first layer look for in the input, ``(units, channels, kh, kw)``, not more than ``most`` numbers.

    Those of a Linear layer that reads the pixels have the input's own shape. No units where the first such layer is another.
    """
    from torch import nn

    kinds = nn.Conv2d | nn.ConvTranspose2d | nn.Linear
    first = next((child for child in module.modules() if isinstance(child, kinds)), None)
    if isinstance(first, nn.Conv2d):
        shape = tuple(first.weight.shape[1:])
    elif isinstance(first, nn.Linear) and len(input_shape) == 3 and first.in_features == np.prod(input_shape):
        shape = input_shape
    else:
        return np.zeros((0, 1, 1, 1), np.float32)
    units = min(first.out_features if isinstance(first, nn.Linear) else first.out_channels, most // int(np.prod(shape)))
    return first.weight[:units].detach().cpu().float().numpy().reshape(units, *shape).copy()
