"""A forward pass that somebody watches, layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import torch
    from torch import nn
    from torch.utils.hooks import RemovableHandle

    See: TypeAlias = Callable[[str, nn.Module, tuple[torch.Tensor, ...], torch.Tensor], None]
    """Called with the name of a submodule, the submodule, what it reads and what it gives out."""


@contextmanager
def watching(module: nn.Module) -> Iterator[list[RemovableHandle]]:
    """``module`` in eval mode, and a list for the handles of hooks.

    At the end, also after an error, these hooks are removed and every submodule is in the mode in which it was.
    """
    modes = [(child, child.training) for child in module.modules()]
    handles: list[RemovableHandle] = []
    try:
        module.eval()
        yield handles
    finally:
        for handle in handles:
            handle.remove()
        for child, training in modes:
            child.training = training


def submodules(module: nn.Module, names: Iterable[str]) -> dict[str, nn.Module]:
    """The submodules of these names. Raises ValueError where there is none of a name."""
    known: Mapping[str, nn.Module] = dict(module.named_modules(remove_duplicate=False))
    wanted = list(names)
    for name in wanted:
        if name not in known:
            raise ValueError(f"there is no submodule {name!r} in this {type(module).__name__}")
    return {name: known[name] for name in wanted}


def observe(module: nn.Module, x: torch.Tensor, see: See, names: Iterable[str] | None = None) -> torch.Tensor:
    """Run ``module`` on the batch ``x`` and call ``see(name, child, inputs, output)`` for each of its submodules.

    Of those in ``names``, by default of all that have no children; each time one has run, so in the order of the
    forward pass, and a block after what is inside it. Left out are outputs, and inputs, that are no tensors.

    ``see`` gets live tensors: whoever keeps one must copy it, since a layer behind that works in place would change it.
    The input of a layer that works in place itself holds its output already.

    Runs in eval mode and without gradients. The modes of all submodules, hooks and gradients are as before afterwards,
    also after an error in ``module`` or in ``see``; ``x`` stays as it is. Raises ValueError for an unknown name.
    """
    import torch

    def hook_of(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def hook(child: nn.Module, inputs: Any, output: Any) -> None:
            if isinstance(output, torch.Tensor):
                see(name, child, tuple(value for value in inputs if isinstance(value, torch.Tensor)), output)

        return hook

    if names is None:
        seen = {name: child for name, child in module.named_modules() if not any(True for _ in child.children())}
    else:
        seen = submodules(module, names)
    with watching(module) as handles, torch.no_grad():
        handles += [child.register_forward_hook(hook_of(name)) for name, child in seen.items()]
        output: torch.Tensor = module(x.clone())  # a first layer may work in place
    return output
