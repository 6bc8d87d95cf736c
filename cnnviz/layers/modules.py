"""The torch modules of the layers that torch.nn has not. They know nothing of cnnviz: their text is part of what it exports."""

import torch
from torch import Tensor, nn


class Residual(nn.Module):
    """The sum of two paths; an empty shortcut is the input itself."""

    def __init__(self, body: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.body = body
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        total: Tensor = self.body(x) + self.shortcut(x)
        return total


class Concat(nn.Module):
    """All paths, channel after channel; an empty one is the input itself."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        for i, branch in enumerate(branches, 1):
            self.add_module(f"branch{i}", branch)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.children()], 1)


class DualPath(nn.Module):
    """The first channels of two paths are added, the others follow, first the shortcut's."""

    def __init__(self, body: nn.Module, shortcut: nn.Module, added: int) -> None:
        super().__init__()
        self.body = body
        self.shortcut = shortcut
        self.added = added

    def forward(self, x: Tensor) -> Tensor:
        new, old, n = self.body(x), self.shortcut(x), self.added
        return torch.cat([new[:, :n] + old[:, :n], old[:, n:], new[:, n:]], 1)

    def extra_repr(self) -> str:
        return f"added={self.added}"


class SqueezeExcitation(nn.Module):
    """Each channel times a number between 0 and 1 that depends on the means of all channels."""

    def __init__(self, channels: int, squeezed: int, activation: nn.Module) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.activation = activation
        self.fc2 = nn.Conv2d(squeezed, channels, 1)
        self.gate = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        scale: Tensor = self.gate(self.fc2(self.activation(self.fc1(self.avgpool(x)))))
        return x * scale


class PositionBias(nn.Module):
    """Adds a learned number to each cell, its own for each."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(shape))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.bias
