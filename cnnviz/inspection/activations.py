"""What every layer of a network gives out for an input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch
    from torch import nn


def activations(module: nn.Module, x: torch.Tensor) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
    """The output of every leaf module by its name, in the order of the forward pass, for a batch ``x``.

    Works on any module; its mode, its hooks and its gradients are as before afterwards, also after an error.
    """
    import torch

    outputs: dict[str, np.ndarray[Any, np.dtype[np.float32]]] = {}

    def record(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            if isinstance(output, torch.Tensor):
                # cloned: an in-place layer behind this one would change it
                outputs[name] = output.detach().to("cpu", torch.float32, copy=True).numpy()

        return hook

    modes = {child: child.training for child in module.modules()}
    handles = [
        child.register_forward_hook(record(name))
        for name, child in module.named_modules()
        if not any(True for _ in child.children())
    ]
    try:
        module.eval()
        with torch.no_grad():
            module(x)
    finally:
        for handle in handles:
            handle.remove()
        for child, training in modes.items():
            child.training = training
    return outputs
