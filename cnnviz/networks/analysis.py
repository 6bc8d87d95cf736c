"""Any torch module as a table: its forward pass is followed without computing or allocating anything."""

from __future__ import annotations

import copy
from math import prod
from typing import TYPE_CHECKING, Any, cast

from cnnviz.layers import Layer, Reach, Shape, layer_of
from cnnviz.networks.memory import BYTES
from cnnviz.networks.table import LayerRow

if TYPE_CHECKING:
    from torch import Tensor, nn

_KEEPS_PLACES = {
    "ELU", "SELU", "CELU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "Identity", "LogSigmoid", "Mish", "PReLU",
    "ReLU6", "RReLU", "Softplus", "Softshrink", "Softsign", "StochasticDepth", "Tanhshrink", "Threshold", "Dropout2d",
    "AlphaDropout", "FeatureAlphaDropout", "SyncBatchNorm",
}  # fmt: skip
"""Modules that cnnviz has no layer for, and that act on each cell by itself or channel by channel."""
_CELL_BY_CELL = {
    "add", "sub", "mul", "div", "true_divide", "radd", "rsub", "rmul", "rdiv", "iadd", "isub", "imul", "itruediv",
    "pow", "neg", "abs", "exp", "log", "sqrt", "rsqrt", "clamp", "clip", "maximum", "minimum", "where", "cat",
    "concat", "concatenate", "getitem", "chunk", "split", "contiguous", "clone", "detach", "to", "type", "float",
    "double", "half", "dropout", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish",
    "sigmoid", "tanh", "hardtanh", "hardswish", "hardsigmoid", "softplus", "logsigmoid", "prelu", "threshold",
    "batch_norm",
}  # fmt: skip
"""Functions that make each cell of the same places, by their names without underscores at the ends."""


def analyze(module: nn.Module, input_shape: Shape) -> list[LayerRow]:
    """A row for each layer that runs, in order, for one input of ``input_shape``, without the batch axis.

    Layers are the modules that cnnviz knows and those without children; the module itself is not touched, and its weights
    may be on the meta device. Multiply-adds and receptive fields of modules of unknown kinds are None, and so are the
    receptive fields of what reads them. Raises whatever the module raises where the input does not fit.
    """
    import torch
    from torch import nn

    ghost = _without_weights(module).eval()
    trace = _tracer()
    inside = set()
    for name, child in ghost.named_modules():
        layer = layer_of(child)
        parameters = list(child.parameters(recurse=False))
        if name.rpartition(".")[0] in inside:
            inside.add(name)
        elif isinstance(child, nn.Sequential) and not len(child):  # the input itself: no layer
            continue
        elif layer is not None or parameters or not any(True for _ in child.children()):
            inside.add(name)
            child.register_forward_pre_hook(trace.enter)
            child.register_forward_hook(trace.leave(name, layer))
    x = torch.zeros(1, *input_shape, device="meta")
    trace.know(x, Reach.of_input(*input_shape[1:]) if len(input_shape) == 3 else None)
    with torch.no_grad(), trace:
        ghost(x)
    return cast("list[LayerRow]", trace.rows)


def _without_weights(module: nn.Module) -> nn.Module:
    """A copy on the meta device; the weights are not copied, and hooks stay behind."""
    from torch import nn

    memo: dict[int, Any] = {}
    for parameter in module.parameters():
        memo[id(parameter)] = nn.Parameter(parameter.detach().to("meta"), requires_grad=False)
    for buffer in module.buffers():
        memo[id(buffer)] = buffer.to("meta")
    ghost = copy.deepcopy(module, memo)
    for child in ghost.modules():
        child._forward_hooks.clear()
        child._forward_pre_hooks.clear()
    return ghost


def _tracer() -> Any:
    """A context in which every tensor's reach is known; a function, so that torch is imported when it is needed."""
    from torch import Tensor
    from torch.overrides import TorchFunctionMode
    from torch.utils._pytree import tree_leaves

    class Tracer(TorchFunctionMode):
        def __init__(self) -> None:
            super().__init__()
            self.rows: list[LayerRow] = []
            self._known: dict[
                int, tuple[Tensor, Reach | None]
            ] = {}  # the tensors too, or their ids would be used again
            self._depth = 0

        def know(self, x: Tensor, reach: Reach | None) -> None:
            self._known[id(x)] = x, reach

        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            out = function(*args, **(kwargs or {}))
            name = getattr(function, "__name__", "").strip("_")
            if self._depth == 0 and isinstance(out, Tensor) and name != "get":  # not an attribute
                given = tree_leaves((args, kwargs))
                self.know(out, self._joined(given, out, name.removesuffix("_") in _CELL_BY_CELL))
            return out

        def enter(self, _module: nn.Module, _inputs: Any) -> None:
            self._depth += 1

        def leave(self, name: str, matched: Layer | None) -> Any:
            def hook(module: nn.Module, inputs: Any, out: Any) -> None:
                self._depth -= 1
                x = next((x for x in tree_leaves(inputs) if isinstance(x, Tensor)), None)
                if not isinstance(out, Tensor) or x is None:
                    return
                before, after = tuple(x.shape[1:]), tuple(out.shape[1:])
                reach = self._joined(tree_leaves(inputs), x)
                layer = None  # torch's modules take shapes that ours refuse
                if matched is not None and matched.fits(before) and matched.output_shape(before) == after:
                    layer = matched
                if layer is not None:
                    reach = None if reach is None else layer.reach(reach, before)
                elif before != after or type(module).__name__ not in _KEEPS_PLACES:
                    reach = None
                self.know(out, reach)
                params = sum(p.numel() for p in module.parameters())
                self.rows.append(
                    LayerRow(
                        name,
                        type(module).__name__,
                        after,
                        params,
                        layer.macs(before) if layer is not None else None if params else 0,
                        prod(after) * BYTES,
                        None if reach is None else reach.size,
                        None if reach is None else reach.jump,
                        layer=layer,
                        input_shape=before,
                    )
                )

            return hook

        def _joined(self, values: list[Any], out: Tensor, is_cell_by_cell: bool = True) -> Reach | None:
            """Of a tensor that some function has made of others."""
            tensors = [x for x in values if isinstance(x, Tensor) and id(x) in self._known]
            reaches = [self._known[id(x)][1] for x in tensors]
            if not reaches or any(reach is None for reach in reaches):
                return None
            if len(tensors) == 1 and tensors[0] is out:  # the only input of a layer, or changed in place
                return reaches[0] if is_cell_by_cell else None
            joined = cast(Reach, reaches[0]).also(*cast("list[Reach]", reaches[1:]))
            if out.ndim == 2 or tuple(out.shape[2:]) == (1, 1):
                return joined.everything()
            sizes = (out.shape[2:], (1, 1))  # a single cell goes with all others
            same = out.ndim == 4 and all(x.ndim == 4 and x.shape[2:] in sizes for x in tensors)
            return joined if same and is_cell_by_cell else None

    return Tracer()
