"""Whether a picture is like the images that a network has learned on.

Some traits of each image (brightness, contrast, how rough, how colourful it is …), each as its place among those of the
training images on a normal curve, and how far a picture's lie from theirs in units of their spread, all together: Mahalanobis,
"On the generalized distance in statistics", 1936.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from statistics import NormalDist
from typing import Any, TypeAlias

import numpy as np

from cnnviz.data.dataset import Images

Numbers: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

COMMON = 0.992
"""The share of the training images that are like the others by definition."""
_MOST = 4_000  # images that a dataset's traits are taken from
_FEWEST = 200
_AT_ONCE = 500
_GREY = 1.0  # levels of 255 between the colours of a pixel, in the mean
_FAR = NormalDist().inv_cdf(0.99)  # from where on a trait by itself is worth a word
_SHARES = (
    *(0.0005, 0.002, 0.01, 0.03, 0.07, 0.15, 0.25, 0.4),
    *(0.5, 0.6, 0.75, 0.85, 0.93, 0.97, 0.99, 0.998, 0.9995),
)  # fmt: skip
_SCORES = np.array([NormalDist().inv_cdf(share) for share in _SHARES])
_NOISE = 0.01  # of a score's variance, for traits that say the same or nothing
_WORDS = 2

# What is said of less and of more of each trait.
_TRAITS = (
    ("is darker", "is brighter"),
    ("has less contrast", "has more contrast"),
    ("is smoother from pixel to pixel", "is rougher from pixel to pixel"),
    ("has few sharp edges", "has sharp edges between even areas"),
    ("has less grain", "has more grain"),
    ("has more horizontal stripes", "has more vertical stripes"),
    ("has less detail", "has more detail"),
    ("has areas that differ less", "has areas that differ more"),
    ("has fewer neighbours of exactly one colour", "has larger areas of exactly one colour"),
    ("has a darker border", "has a brighter border"),
    ("has a more even border", "has a less even border"),
    ("has less black", "has more black"),
    ("has less white", "has more white"),
    ("has more than two tones", "is made of two tones"),
)
_COLOUR_TRAITS = (
    ("is less colourful", "is more colourful"),
    ("has more even colours", "has less even colours"),
    ("has colours that change less from pixel to pixel", "has colours that change more from pixel to pixel"),
    ("has less of one colour", "has more of one colour"),
)


@dataclass(frozen=True)
class Likeness:
    """What images have in common."""

    quantiles: Numbers
    """``(17, T)``: of each trait, at the shares that ``_SHARES`` names."""
    mean: Numbers
    """``(T,)``, of the traits' places on the normal curve."""
    precision: Numbers
    """``(T, T)``: the inverse of their covariance."""
    limit: float
    """The distance that ``COMMON`` of them stay within."""

    @classmethod
    def of(cls, images: Images) -> Likeness:
        """That of ``(N, C, H, W)`` training images; raises ValueError where they are too few to tell."""
        if len(images) < _FEWEST:
            raise ValueError(f"{len(images)} images are too few to know what they have in common")
        some = images[:: -(-len(images) // _MOST)]
        values = np.concatenate([traits(some[at : at + _AT_ONCE]) for at in range(0, len(some), _AT_ONCE)])
        quantiles = np.quantile(values, _SHARES, axis=0)
        scores = _scores(values, quantiles)
        precision = np.asarray(np.linalg.inv(np.cov(scores.T) + _NOISE * np.eye(scores.shape[1])), np.float64)
        found = cls(quantiles, scores.mean(0), precision, 0.0)
        return replace(found, limit=float(np.quantile(found._distance(scores), COMMON)))

    def _distance(self, scores: Numbers) -> Numbers:
        apart = scores - self.mean
        return np.sqrt(np.einsum("ni,ij,nj->n", apart, self.precision, apart))

    def has(self, pixels: Images) -> bool:
        """Whether a picture ``(C, H, W)`` is within the limit."""
        return bool(self._distance(_scores(traits(pixels[None]), self.quantiles))[0] <= self.limit)

    def differences(self, pixels: Images) -> list[str]:
        """What sets it apart most; nothing where it is only how the traits go together."""
        scores = _scores(traits(pixels[None]), self.quantiles)[0]
        pairs = (*_TRAITS, *_COLOUR_TRAITS)[: len(scores)]
        words = [pair[int(score > 0)] for pair, score in zip(pairs, scores, strict=True)]
        return [words[at] for at in np.argsort(-np.abs(scores))[:_WORDS] if abs(scores[at]) >= _FAR]


def _scores(values: Numbers, quantiles: Numbers) -> Numbers:
    """Where the traits ``(N, T)`` lie on a normal curve, beyond its ends in steps of the spread of the middle."""
    scores = np.empty_like(values)
    for at, (trait, knots) in enumerate(zip(values.T, quantiles.T, strict=True)):
        slope = max((knots[-4] - knots[3]) / (_SCORES[-4] - _SCORES[3]), 1e-3)
        beyond = np.maximum(trait - knots[-1], 0) - np.maximum(knots[0] - trait, 0)
        # of a trait that many images have in common, the middle of their places
        rising = 1e-6 * np.arange(len(knots))
        low, high = (np.interp(trait, knots + up, _SCORES) for up in (rising, rising - rising[-1]))
        scores[:, at] = (low + high) / 2 + beyond / slope
    return scores


def traits(images: Images) -> Numbers:
    """``(N, 14)`` of grey images ``(N, 1, H, W)``, ``(N, 18)`` of those in colour."""
    values = images.astype(np.float64)
    grey = values.mean(1)
    columns = [grey.mean((1, 2)), np.log1p(grey.std((1, 2))), *_roughness(grey)]
    columns += [np.sqrt(_equal_neighbours(images)), *_border(grey)]
    columns += [np.sqrt((grey < 32).mean((1, 2))), np.sqrt((grey > 223).mean((1, 2))), _two_tones(grey)]
    if images.shape[1] == 3:
        columns += _colours(values, grey)
    return np.stack(columns, 1)


def has_no_colours(pixels: Images) -> bool:
    """Whether a picture with three channels is grey."""
    return len(pixels) == 3 and float(np.ptp(pixels.astype(np.int16), axis=0).mean()) < _GREY


def _steps(maps: Numbers) -> tuple[Numbers, Numbers]:
    """Between neighbours in a row and in a column, ``(N, …)`` each."""
    return tuple(np.abs(np.diff(maps, axis=axis)).reshape(len(maps), -1) for axis in (2, 1))  # type: ignore[return-value]


def _roughness(grey: Numbers) -> list[Numbers]:
    across, down = _steps(grey)
    both = np.concatenate([across, down], 1)
    mean = both.mean(1)
    found = [
        np.log1p(mean),
        np.log((both**2).mean(1) + 1) - 2 * np.log(mean + 1),
        np.log1p(np.median(both, 1)),
        np.log1p(across.mean(1)) - np.log1p(down.mean(1)),
    ]
    for _ in range(2):
        height, width = (side // 2 for side in grey.shape[1:])
        grey = grey[:, : 2 * height, : 2 * width].reshape(len(grey), height, 2, width, 2).mean((2, 4))
        found.append(np.log1p(np.concatenate(_steps(grey), 1).mean(1)))
    return found


def _equal_neighbours(images: Images) -> Numbers:
    """The share of neighbours with the same colour."""
    shares = [(images.take(range(1, images.shape[axis]), axis) == images.take(range(images.shape[axis] - 1), axis))
              .all(1).mean((1, 2)) for axis in (3, 2)]  # fmt: skip
    return np.asarray(sum(shares) / 2)


def _border(grey: Numbers) -> list[Numbers]:
    border = np.concatenate([grey[:, 0], grey[:, -1], grey[:, :, 0], grey[:, :, -1]], 1)
    return [border.mean(1), np.log1p(border.std(1))]


def _two_tones(grey: Numbers) -> Numbers:
    """The largest share of the variance that lies between two classes of brightness: Otsu, 1979."""
    levels = np.sort(grey.reshape(len(grey), -1), 1)
    count = levels.shape[1]
    sums, number = np.cumsum(levels, 1), np.arange(1, count)
    apart = sums[:, :-1] / number - (sums[:, -1:] - sums[:, :-1]) / (count - number)
    share = number / count
    variance = levels.var(1)
    between = (share * (1 - share) * apart**2).max(1)
    return np.where(variance > 0, between / np.maximum(variance, 1e-9), 1.0)


def _colours(values: Numbers, grey: Numbers) -> list[Numbers]:
    range_of = np.ptp(values, axis=1)
    tint = values - grey[:, None]
    return [
        np.log1p(range_of.mean((1, 2))),
        np.log1p(range_of.std((1, 2))),
        np.log1p(np.abs(np.diff(tint, axis=3)).mean((1, 2, 3))),
        np.log1p(tint.mean((2, 3)).std(1)),
    ]


_ARRAYS = ("quantiles", "mean", "precision")
_FILE = Path(__file__).with_suffix(".json")


@cache
def known() -> dict[str, Likeness]:
    """That of datasets that need not lie on this machine, by name."""
    return {
        name: Likeness(limit=one["limit"], **{key: np.array(one[key]) for key in _ARRAYS})
        for name, one in json.loads(_FILE.read_text()).items()
    }


def write_known(images: dict[str, Images]) -> None:
    """Work out the file of them anew, from the training images by name."""
    found = {name: Likeness.of(some) for name, some in images.items()}
    text = {
        name: {"limit": one.limit, **{key: _short(getattr(one, key).tolist()) for key in _ARRAYS}}
        for name, one in found.items()
    }
    _FILE.write_text(json.dumps(text) + "\n")


def _short(numbers: Any) -> Any:
    return [_short(one) for one in numbers] if isinstance(numbers, list) else float(f"{numbers:.5g}")
