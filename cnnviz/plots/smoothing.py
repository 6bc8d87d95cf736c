"""A noisy curve as the eye should follow it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_SHARE = 40  # of a curve's points, one on each side counts


def smoothed(values: Sequence[float]) -> list[float]:
    """The mean of each value and of those around it, a fortieth of all on each side; nothing where that is none.

    It does not lag behind, as running means do: a minimum stays where it is. What is not finite stays what it is and counts
    for nothing.
    """
    reach = len(values) // _SHARE
    if not reach:
        return []
    known = np.asarray(values, float)
    is_finite = np.isfinite(known)
    sums = np.concatenate([[0.0], np.cumsum(np.where(is_finite, known, 0.0))])
    counts = np.concatenate([[0], np.cumsum(is_finite)])
    at = np.arange(len(known))
    first, last = np.maximum(at - reach, 0), np.minimum(at + reach + 1, len(known))
    with np.errstate(invalid="ignore", divide="ignore"):
        means = (sums[last] - sums[first]) / (counts[last] - counts[first])
    return [float(value) for value in np.where(is_finite, means, known)]
