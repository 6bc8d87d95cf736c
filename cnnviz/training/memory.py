"""What a training step keeps in memory, and the batch that would fit."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import torch

from cnnviz.networks import Network, table, totals
from cnnviz.networks.table import MARGIN, training_bytes

_MOMENTS = {"sgd": 1, "muon": 2, "adam": 2, "adamw": 2}
"""Averages that an optimizer has of each gradient."""


def bytes_per_image(network: Network) -> int:
    """What one training image adds to a step: what the backward pass will read."""
    return totals(table(network)).kept_bytes


def free_bytes(device: torch.device) -> int | None:
    """What a process may still take; None where nobody says."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    if device.type != "cpu":
        return None
    limits = []
    with suppress(OSError, KeyError, ValueError):
        lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
        limits.append(int(lines["MemAvailable"].split()[0]) * 1024)
    with suppress(OSError, ValueError):  # a container's own limit, which the machine's figure does not know
        group = Path("/sys/fs/cgroup")
        taken = int((group / "memory.current").read_text())
        statistics = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        cached = int(statistics.get("inactive_file", 0))  # files that were read: the system drops them where it must
        limits.append(int((group / "memory.max").read_text()) - taken + cached)
    with suppress(ImportError, OSError, ValueError):
        limits.append(_limit())
    return min(limits, default=None)


def _limit() -> int:
    """What the process's own limit leaves. Raises ImportError, OSError or ValueError where there is none."""
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft == resource.RLIM_INFINITY:
        raise ValueError("no limit")
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return soft - pages * os.sysconf("SC_PAGE_SIZE")


def needed_bytes(network: Network, batch_size: int, optimizer: str, per_image: int) -> int:
    """What a step takes, about: weights and their companions, and what is kept of a batch."""
    return training_bytes(network.num_params, per_image, batch_size, _MOMENTS[optimizer])


def fitting_batch(network: Network, optimizer: str, free: int, per_image: int) -> int:
    """The largest power of two that fits into ``free`` bytes; 0 where not even the weights fit."""
    left = free - needed_bytes(network, 0, optimizer, per_image)
    most = int(left / (per_image * MARGIN)) if left > 0 else 0
    return 1 << (most.bit_length() - 1) if most else 0


def complaint(network: Network, batch_size: int, optimizer: str, free: int | None, per_image: int) -> str:
    """Out of memory, in a sentence that says what would fit."""
    needed = needed_bytes(network, batch_size, optimizer, per_image)
    fits = fitting_batch(network, optimizer, free, per_image) if free is not None else batch_size // 2
    fits = min(fits, batch_size // 2)
    way = f"a batch of {fits} would fit" if fits else "take a smaller network"
    has = "" if free is None else f", {_gigabytes(free)} are free"
    return f"A batch of {batch_size} needs about {_gigabytes(needed)} for {network.name}{has}: {way}."


def _gigabytes(number: float) -> str:
    return f"{number / 1e9:.1f} GB" if number < 1e11 else f"{number / 1e9:,.0f} GB"


def is_out_of_memory(error: BaseException) -> bool:
    words = str(error)
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and ("can't allocate memory" in words or "not enough memory" in words)
    )
