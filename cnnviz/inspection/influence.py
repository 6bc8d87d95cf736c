"""How much each input number moves one cell of a layer: the gradient of the cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.inspection.forward_hooks import submodules, watching

if TYPE_CHECKING:
    import torch
    from torch import nn


class _AllReached(Exception):
    """Ends a forward pass of which no more is needed."""


def influence(module: nn.Module, x: torch.Tensor, name: str, cell: tuple[int, ...]) -> NDArray[np.float32]:
    """The gradient of one output cell of the submodule ``name`` with respect to one input ``x``, signed.

    ``x`` is ``(1, C, H, W)`` or ``(1, F)``, ``cell`` ``(channel, row, col)`` or ``(feature,)``. Returned in the shape of
    ``x`` without its first axis; zero where nothing flows. Its nonzero part is the effective receptive field of the
    cell: Luo, Li, Urtasun and Zemel, "Understanding the effective receptive field in deep convolutional neural
    networks", arXiv 1701.04128.

    Runs in eval mode, no further than to the submodule; where it runs several times the first time counts. Modes, hooks,
    gradients of the parameters and ``x`` are as before afterwards, also after an error. Raises ValueError for a name
    that is unknown or that the forward pass does not reach, and IndexError for a cell that is not there; torch's
    RuntimeError where on the way to the cell a layer overwrites what a gradient needs, which could not be trained either.
    """
    return influences(module, x, {name: cell})[name]


def influences(
    module: nn.Module, x: torch.Tensor, cells: Mapping[str, tuple[int, ...]]
) -> dict[str, NDArray[np.float32]]:
    """The ``influence`` of ``x`` on one cell of each of many submodules, by their names, in one forward pass."""
    import torch

    if len(x) != 1:
        raise ValueError(f"the influence is that of one input, not of {len(x)}")
    start = x.detach().clone().requires_grad_()
    gradients: dict[str, NDArray[np.float32]] = {}

    def hook_of(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def hook(_child: nn.Module, _inputs: Any, output: Any) -> None:
            if name not in gradients:
                # now, not after the pass: a layer behind that works in place would change what the gradient needs
                gradients[name] = _gradient(start, output, name, cells[name])
            if len(gradients) == len(cells):
                raise _AllReached

        return hook

    watched = submodules(module, cells)
    if watched:
        with watching(module) as handles, torch.enable_grad(), suppress(_AllReached):
            handles += [child.register_forward_hook(hook_of(name)) for name, child in watched.items()]
            module(start.clone())  # a first layer may work in place, which a leaf does not allow
    for name in cells:
        if name not in gradients:
            raise ValueError(f"the forward pass does not reach {name}: take a submodule that it runs")
    return {name: gradients[name] for name in cells}


def _gradient(start: torch.Tensor, output: Any, name: str, cell: tuple[int, ...]) -> NDArray[np.float32]:
    """Of the cell of ``output`` with respect to ``start``."""
    import torch

    if not isinstance(output, torch.Tensor):
        raise ValueError(f"{name} gives out no tensor, so it has no cells")
    shape = tuple(output.shape[1:])
    if len(cell) != len(shape) or not all(0 <= index < size for index, size in zip(cell, shape, strict=True)):
        raise IndexError(f"{name} has no cell {tuple(cell)}: its output has the shape {shape}, counted from 0")
    if not output.requires_grad:  # made of constants alone
        return np.zeros(start.shape[1:], np.float32)
    (gradient,) = torch.autograd.grad(
        output[(0, *cell)], [start], retain_graph=True, allow_unused=True, materialize_grads=True
    )
    return gradient[0].to("cpu", torch.float32).numpy()
