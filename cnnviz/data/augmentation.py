"""Batches of images that lie on the device as uint8, changed at random and normalised there as they are taken.

The numbers drawn for an image depend on the seed, the epoch and its index alone: not on the device, nor on the order of
the batches, nor on what else draws random numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from cnnviz.data.dataset import Images, Labels

_CHUNK = 100  # images whose colours are summed up at once: 2.5 MB of CIFAR-10 stay in the cache


@dataclass(frozen=True)
class Augmentation:
    """What happens to each image in each epoch, in this order: turned over, cut, coloured, normalised, masked.

    With both ``translate`` and ``crop_padding`` a window moves over the image with a ring of mirrored pixels around it
    and a ring of black ones around that, by the sum of both shifts.
    """

    crop_padding: int = 0
    """Width of the black ring from which a random window is cut, as torchvision's ``RandomCrop(size, padding=n)``."""
    translate: int = 0
    """Shifted by −n to n pixels both ways, with the edge mirrored (``"reflect"``) as in arXiv 2404.00498."""
    flip: Literal["none", "random", "alternating"] = "none"
    """Left to right. Alternating: a random half in one epoch, then each image the other way round in each epoch."""
    cutout: int = 0
    """Side of a square, wholly inside the image, that is 0 after normalisation; DeVries and Taylor, arXiv 1708.04552."""
    colour_shift: float = 0.0
    """σ of the colours' shifts along their principal axes, as Krizhevsky et al. 2012, section 4.1: there it is 0.1."""


_NONE = Augmentation()


class Resident:
    """A split on the device as uint8; batches are augmented and normalised there as they are taken.

    ``mean`` and ``std`` are those of the channels, pixels counted from 0 to 1. Starts in epoch 0. With
    ``channels_last`` batches come in ``torch.channels_last``. Raises ValueError where ``translate`` is too large.
    """

    def __init__(
        self,
        images: Images,
        labels: Labels,
        mean: tuple[float, ...],
        std: tuple[float, ...],
        device: torch.device,
        augmentation: Augmentation = Augmentation(),
        seed: int = 0,
        channels_last: bool = False,
    ) -> None:
        _, channels, height, width = images.shape
        if augmentation.translate >= min(height, width):
            raise ValueError(f"Images of {height} × {width} cannot be shifted by {augmentation.translate} pixels.")
        self.augmentation = augmentation
        self.labels = torch.from_numpy(labels).to(device)
        self._seed = seed
        self._margin = augmentation.translate + augmentation.crop_padding
        self._versions = 1 if augmentation.flip == "none" else 2
        self._moves = bool(self._margin) or self._versions == 2
        self._channels_last = channels_last
        self._sizes = height, width
        self._row_axis = 1 if channels_last else 2
        # elsewhere (MPS) index_select would first write out every window of the overlapping view
        store = device if device.type in ("cpu", "cuda") or not self._moves else torch.device("cpu")
        stored = torch.from_numpy(images).to(store)
        self._images = stored.permute(0, 2, 3, 1).contiguous() if channels_last else stored
        self._axes = torch.from_numpy(colour_axes(images)).float() if augmentation.colour_shift else None
        self._std = torch.tensor(std)

        def whole(values: Tensor) -> Tensor:  # of an image's full size: broadcast channels are not vectorised
            layout = torch.channels_last if channels_last else torch.contiguous_format
            return values.view(1, -1, 1, 1).expand(1, channels, height, width).contiguous(memory_format=layout)

        scale = torch.tensor(std, device=device) * 255
        self._scale = whole(1 / scale)
        self._shift = whole(-torch.tensor(mean, device=device) * 255 / scale)
        self.begin_epoch(0)

    def __len__(self) -> int:
        return len(self.labels)

    def begin_epoch(self, epoch: int) -> None:
        """Draw the random numbers of a whole epoch, from 0 upwards."""
        plan, count, device = self.augmentation, len(self), self.labels.device
        generator = _generator(self._seed, epoch)

        def whole_numbers(*counts: int) -> list[Tensor]:
            return [torch.randint(n, (count,), generator=generator) for n in counts]

        if self._moves:
            self._starts = torch.zeros(count, dtype=torch.int64)
            strides = self._canvas_strides()
            for reach in (plan.translate, plan.crop_padding):
                down, right = whole_numbers(2 * reach + 1, 2 * reach + 1)
                self._starts += down * strides[self._row_axis] + right * strides[self._row_axis + 1]
            if plan.flip == "random":
                self._starts += whole_numbers(2)[0] * strides[0]
            elif plan.flip == "alternating":
                first = torch.randint(2, (count,), generator=_generator(self._seed))
                self._starts += (first + epoch) % 2 * strides[0]
            self._starts = self._starts.to(self._images.device)
        if plan.cutout:
            self._corners = [
                corner.to(device) for corner in whole_numbers(*(max(size - plan.cutout, 0) + 1 for size in self._sizes))
            ]
        if self._axes is not None:
            drawn = torch.randn((count, len(self._axes)), generator=generator) * plan.colour_shift
            self._colours = (drawn @ self._axes.T / self._std).to(device)

    def batch(self, which: Tensor | slice) -> tuple[Tensor, Tensor]:
        """Images by index: float32 ``(B, C, H, W)``, normalised, and labels ``(B,)``."""
        if isinstance(which, slice) and self.augmentation == _NONE:
            labels, pixels = self.labels[which], self._images[which]
        else:
            if isinstance(which, slice):
                which = torch.arange(*which.indices(len(self)))
            which = which.to(self.labels.device)
            labels, pixels = self.labels.index_select(0, which), self._pixels(which)
        if self._channels_last:
            pixels = pixels.permute(0, 3, 1, 2)
        shift = self._shift
        if self._axes is not None:
            assert isinstance(which, Tensor)
            shift = shift[:, :, :1, :1] + self._colours.index_select(0, which)[:, :, None, None]
        images = pixels.float()
        torch.addcmul(shift, images, self._scale, out=images)
        if self.augmentation.cutout:
            assert isinstance(which, Tensor)
            images *= self._kept(which)
        return images, labels

    def _pixels(self, which: Tensor) -> Tensor:
        """uint8 images as they lie in memory, turned over and cut.

        Every possible result is a window of one small canvas with all images of the batch, and their mirror images,
        each with its margins. All windows are one strided view of it, from which one ``index_select`` copies rows.
        """
        which = which.to(self._images.device)
        images = self._images.index_select(0, which)
        if not self._moves:
            return images
        strides = self._canvas_strides()
        rows, cols = self._row_axis, self._row_axis + 1
        shape = list(images.shape)
        for axis in (rows, cols):
            shape[axis] += 2 * self._margin
        canvas = images.new_zeros(len(images), self._versions, *shape[1:])
        upright = canvas[:, 0]
        inside = upright
        for axis, size in zip((rows, cols), self._sizes, strict=True):
            inside = inside.narrow(axis, self._margin, size)
        inside.copy_(images)
        if reach := self.augmentation.translate:
            for axis, size in zip((rows, cols), self._sizes, strict=True):
                start, end = self._margin, self._margin + size
                for ring, source in ((start - reach, start + 1), (end, end - 1 - reach)):
                    upright.narrow(axis, ring, reach).copy_(upright.narrow(axis, source, reach).flip(axis))
        if self._versions == 2:
            canvas[:, 1] = upright.flip(cols)
        last = sum((size - 1) * stride for size, stride in zip(images.shape[1:], strides[1:], strict=True))
        windows = canvas.as_strided((max(canvas.numel() - last, 0), *images.shape[1:]), (1, *strides[1:]))
        firsts = torch.arange(len(images), device=images.device) * (self._versions * strides[0])
        return windows.index_select(0, firsts + self._starts.index_select(0, which)).to(self.labels.device)

    def _canvas_strides(self) -> tuple[int, ...]:
        """Of one version of one image with its margins, then of the axes of an image as it lies in memory."""
        height, width = (size + 2 * self._margin for size in self._sizes)
        channels = self._scale.shape[1]
        if self._channels_last:
            return height * width * channels, width * channels, channels, 1
        return channels * height * width, height * width, width, 1

    def _kept(self, which: Tensor) -> Tensor:
        """``(B, 1, H, W)``, False in each image's square."""
        inside = []
        for corners, size in zip(self._corners, self._sizes, strict=True):
            place = torch.arange(size, device=which.device) - corners.index_select(0, which)[:, None]
            inside.append((place >= 0) & (place < self.augmentation.cutout))
        return ~(inside[0][:, None, :, None] & inside[1][:, None, None, :])


def colour_axes(images: Images) -> np.ndarray:
    """``(C, C)``: each column a principal axis of the colours of ``(N, C, H, W)``, as long as the variance along it.

    The variance is that of pixels counted from 0 to 1.
    """
    channels = images.shape[1]
    sums, products = np.zeros(channels), np.zeros((channels, channels))
    for start in range(0, len(images), _CHUNK):
        colours = images[start : start + _CHUNK].swapaxes(0, 1).reshape(channels, -1).astype(np.float64)
        sums += colours.sum(1)
        products += np.einsum("in,jn->ij", colours, colours)  # BLAS's threads would cost more than they bring
    count = images.size / channels
    mean = sums / count
    variances, axes = np.linalg.eigh((products / count - np.outer(mean, mean)) / 255**2)
    return axes * variances


def _generator(seed: int, *key: int) -> torch.Generator:
    """Streams of one seed and different keys have nothing in common."""
    state = np.random.SeedSequence(seed, spawn_key=key).generate_state(1)
    return torch.Generator().manual_seed(int(state[0]))
