"""Which cells of a network's input a gradient reaches: the oracle of receptive fields."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from cnnviz.layers import Block, SqueezeExcitation, pair
from cnnviz.networks import Network


class WindowSum(nn.Module):
    """In place of a maximum, whose gradient reaches one input only."""

    def __init__(self, pool: nn.MaxPool2d) -> None:
        super().__init__()
        self.pool = pool

    def forward(self, x):
        height, width = self.pool(x).shape[2:]
        k, s, p, d = (pair(getattr(self.pool, n)) for n in ("kernel_size", "stride", "padding", "dilation"))
        padded = functional.pad(x, (p[1], 40, p[0], 40))
        ones = torch.ones(x.shape[1], 1, *k, dtype=x.dtype) / (k[0] * k[1])
        return functional.conv2d(padded, ones, stride=s, dilation=d, groups=x.shape[1])[..., :height, :width]


def positive(network: Network) -> nn.Module:
    """Its module in eval mode with positive weights, so that no two gradients cancel, and with sums for maxima."""
    torch.manual_seed(0)
    module = network.module().double().eval()
    for child in list(module.modules()):
        for name, inner in list(child.named_children()):
            if isinstance(inner, nn.MaxPool2d):
                child.register_module(name, WindowSum(inner))
            elif isinstance(inner, nn.AdaptiveMaxPool2d):
                child.register_module(name, nn.AdaptiveAvgPool2d(inner.output_size))
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_((torch.rand_like(parameter) + 0.5) / max(1, parameter[0].numel()))
    return module


def reached(network: Network, axis: int, cells: range | None = None) -> list[tuple[int, int] | None]:
    """For each row (axis 0) or column (1) of the output the first and last of the input that its gradient reaches.

    Of ``cells`` alone where some are given.
    """
    x = (torch.rand(1, *network.input_shape, dtype=torch.double) + 0.5).requires_grad_()
    out = positive(network)(x)
    sums = out.sum(dim=(0, 1, 3 - axis))
    spans = []
    for i in cells or range(len(sums)):
        if sums[i].requires_grad:
            (gradient,) = torch.autograd.grad(sums[i], x, retain_graph=True)
        else:
            gradient = torch.zeros_like(x)
        hit = gradient.abs().sum(dim=(0, 1, 3 - axis)).nonzero().flatten().tolist()
        spans.append((hit[0], hit[-1]) if hit else None)
    return spans


def at_the_border(layers, shape, axis, before):
    """For each row or column whether it reads a border anywhere on its way; and whether all layers read their input to
    both ends, and no cell reads a border only.
    """
    touched, is_covered = before
    for layer in layers:
        size, after = shape[1 + axis], layer.output_shape(shape)
        if isinstance(layer, Block):
            ends = [at_the_border(inner, shape, axis, (touched, is_covered)) for inner in layer.paths.values()]
            touched = np.logical_or.reduce([end[0] for end in ends])
            is_covered = all(end[1] for end in ends)
        elif isinstance(layer, SqueezeExcitation):
            touched = np.full_like(touched, touched.any())
        elif hasattr(layer, "spans"):
            first, last, _ = layer.spans(shape)[axis]
            reads = np.isfinite(first)
            first, last = np.where(reads, first, 0).astype(int), np.where(reads, last, -1).astype(int)
            is_covered &= bool(first[reads].min(initial=size) <= 0 and last[reads].max(initial=-1) >= size - 1)
            is_covered &= bool((first < size).all() and (last >= 0).all())
            touched = np.array(
                [a < 0 or b >= size or touched[a : b + 1].any() for a, b in zip(first, last, strict=True)]
            )
        shape = after
    return touched, is_covered
