"""What each input channel adds to an output channel of a layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch
    from torch import nn

    Weighted: TypeAlias = nn.Conv2d | nn.ConvTranspose2d | nn.Linear

AT_ONCE = 2**21
"""Numbers that ``strengths`` holds at once: 8 MB about fit a processor's cache, which makes it several times faster."""


def contributions(layer: nn.Module, x: torch.Tensor, channels: Sequence[int]) -> NDArray[np.float32]:
    """What each input channel adds to these output channels, for one input ``x``, without the bias.

    For a Conv2d or a ConvTranspose2d and ``x`` ``(1, C, H, W)``: ``(len(channels), in_channels / groups, H', W')``, for
    the input channels that the output channel reads: those of its group. For a Linear and ``x`` ``(1, F)``:
    ``(len(channels), F)``. The sum over axis 1 plus the bias is the layer's output in these channels.

    Raises TypeError for any other layer, ValueError where ``x`` does not fit, IndexError for an unknown channel.
    """
    import torch

    weighted, numbers = _checked(layer, x, channels)
    with torch.no_grad():
        if not numbers:
            return _parts(weighted, x, [0], slice(0, None))[:0].numpy()
        return _parts(weighted, x, numbers, slice(0, None)).contiguous().numpy()


def strengths(layer: nn.Module, x: torch.Tensor, channels: Sequence[int]) -> NDArray[np.float32]:
    """The root mean square over the map of each of the ``contributions``: ``(len(channels), in_channels / groups)``.

    For a Linear ``|weight · x|``. Errors as there. Never holds more than some megabytes of maps.
    """
    import torch
    from torch import nn

    weighted, numbers = _checked(layer, x, channels)
    with torch.no_grad():
        if isinstance(weighted, nn.Linear):
            return _parts(weighted, x, numbers, slice(0, None)).abs().numpy()
        reads = weighted.in_channels // weighted.groups
        norms = torch.empty(len(numbers), reads)
        height, width = _parts(weighted, x, [0], slice(0, 1)).shape[2:]
        most = max(1, AT_ONCE // (height * width + x.shape[2] * x.shape[3]))
        rows = max(1, min(len(numbers), most))
        cols = max(1, most // rows)
        for row in range(0, len(numbers), rows):
            for col in range(0, reads, cols):
                inputs = slice(col, col + cols)
                maps = _parts(weighted, x, numbers[row : row + rows], inputs)
                # not by the second moments of the windows: their sums lose small contributions of large inputs
                norms[row : row + rows, inputs] = torch.linalg.vector_norm(maps, dim=(2, 3))
        return (norms / (height * width) ** 0.5).numpy()


def _checked(layer: nn.Module, x: torch.Tensor, channels: Sequence[int]) -> tuple[Weighted, list[int]]:
    from torch import nn

    if not isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        raise TypeError(
            f"{type(layer).__name__} adds up no input channels: take a Conv2d, a ConvTranspose2d or a Linear layer"
        )
    if isinstance(layer, nn.Linear):
        reads, gives, axes = layer.in_features, layer.out_features, ""
    else:
        reads, gives, axes = layer.in_channels, layer.out_channels, ", height, width"
    if x.ndim != (4 if axes else 2) or tuple(x.shape[:2]) != (1, reads):
        raise ValueError(f"{type(layer).__name__} needs one input of shape (1, {reads}{axes}), not {tuple(x.shape)}")
    numbers = [int(channel) for channel in channels]
    for channel in numbers:
        if not 0 <= channel < gives:
            raise IndexError(f"there is no channel {channel}: the layer gives out {gives}, counted from 0")
    return layer, numbers


def _parts(layer: Weighted, x: torch.Tensor, channels: list[int], inputs: slice) -> torch.Tensor:
    """The contributions of some input channels, a slice of those that each output channel reads."""
    import torch
    from torch import nn

    x, weight = x.float(), layer.weight.float()
    if isinstance(layer, nn.Linear):
        return weight[channels, inputs] * x[0, inputs]
    reads, gives = layer.in_channels // layer.groups, layer.out_channels // layer.groups
    out = torch.tensor(channels)[:, None]
    sources = out // gives * reads + torch.arange(reads)[inputs]  # (channels, inputs): where they stand in x
    transposed = isinstance(layer, nn.ConvTranspose2d)
    filters = weight[sources, out % gives] if transposed else weight[channels, inputs]
    if layer.groups == 1:  # all read the same maps
        return _apart(layer, x[:, inputs], filters.transpose(0, 1)).transpose(0, 1)
    maps = _apart(layer, x[:, sources.flatten()], filters.flatten(0, 1)[:, None])
    return maps.unflatten(0, sources.shape).squeeze(2)


def _apart(layer: nn.Conv2d | nn.ConvTranspose2d, maps: torch.Tensor, filters: torch.Tensor) -> torch.Tensor:
    """Each of the maps ``(1, n, H, W)`` with its own filters ``(n, m, kh, kw)``: ``(n, m, H', W')``."""
    from torch import nn
    from torch.nn import functional

    n, m = filters.shape[:2]
    if isinstance(layer, nn.ConvTranspose2d):
        settings = layer.stride, layer.padding, layer.output_padding, n, layer.dilation
        out = functional.conv_transpose2d(maps, filters, None, *settings)  # type: ignore[arg-type]
    else:
        padding: str | tuple[int, ...] = layer.padding
        if layer.padding_mode != "zeros" or isinstance(padding, str):  # as torch does it in Conv2d
            mode = "constant" if layer.padding_mode == "zeros" else layer.padding_mode
            maps, padding = functional.pad(maps, layer._reversed_padding_repeated_twice, mode), (0, 0)
        kernels = filters.flatten(0, 1)[:, None]
        out = functional.conv2d(maps, kernels, None, layer.stride, padding, layer.dilation, n)
    return out[0].unflatten(0, (n, m))
