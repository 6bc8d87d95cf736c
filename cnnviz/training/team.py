"""The processes that train one run together: most often one, several where ``torchrun`` started them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import torch
import torch.distributed as dist
from torch import Tensor, nn


@dataclass(frozen=True)
class Team:
    """Who this process is among those that train together. Only rank 0 tells events."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def share(self, which: Tensor) -> Tensor:
        """This process's part of a batch; all of it where it has fewer images than there are processes."""
        return which if self.size == 1 or len(which) < self.size else which[self.rank :: self.size]

    def wrap(self, module: nn.Module) -> nn.Module:
        """The module whose backward pass averages the gradients of all."""
        if self.size == 1:
            return module
        return nn.parallel.DistributedDataParallel(module)

    def sum(self, tensor: Tensor) -> None:
        """The sum over all processes, in place."""
        if self.size > 1:
            dist.all_reduce(tensor)

    def same(self, tensors: Iterable[Tensor]) -> None:
        """Rank 0's values everywhere, in place."""
        if self.size > 1:
            for tensor in tensors:
                dist.broadcast(tensor, 0)

    def gather(self, mine: list[Any]) -> list[Any]:
        """The lists of all processes as one."""
        if self.size == 1:
            return mine
        lists: list[list[Any]] = [[] for _ in range(self.size)]
        dist.all_gather_object(lists, mine)
        return [one for theirs in lists for one in theirs]

    def agree(self, value: float) -> float:
        """What rank 0 says."""
        if self.size == 1:
            return value
        said = [value]
        dist.broadcast_object_list(said, 0)
        return float(said[0])


ALONE = Team()


@contextmanager
def joined(device: str) -> Iterator[tuple[Team, str]]:
    """The team that ``torchrun`` has started, and this process's own device: ``cuda:LOCAL_RANK`` or the CPU."""
    on_gpu = device != "cpu" and torch.cuda.is_available()
    if on_gpu:
        device = f"cuda:{int(os.environ['LOCAL_RANK'])}"
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if on_gpu else "gloo")
    try:
        yield Team(dist.get_rank(), dist.get_world_size()), device if on_gpu else "cpu"
    finally:
        dist.destroy_process_group()


def leave(code: int) -> NoReturn:
    """End this process now. Threads of gloo outlive the interpreter now and then, and abort a process whose work is done."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
