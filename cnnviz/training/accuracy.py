"""An accuracy in words, with how far chance may have moved it."""

from __future__ import annotations

from math import sqrt

_Z = 1.959964  # standard normal deviations that hold 95 %


def interval(share: float, images: int) -> tuple[float, float]:
    """Between which shares the true one lies with 95 % confidence, where ``share`` of so many images is right.

    The score interval, which stays within 0 and 1: Wilson, "Probable inference, the law of succession, and statistical
    inference", Journal of the American Statistical Association 22, 1927.
    """
    if images < 1:
        return 0.0, 1.0
    z = _Z**2 / images
    middle, half = share + z / 2, _Z * sqrt(share * (1 - share) / images + z / (4 * images))
    return max(0.0, (middle - half) / (1 + z)), min(1.0, (middle + half) / (1 + z))


def percent(share: float, images: int) -> str:
    """``89.6%``: as many digits as so many images can tell apart."""
    return f"{share:.{2 if images > 1_000 else 1}%}"


def accuracy_text(share: float, images: int) -> str:
    """``89.6% of 1,000 test images (95 % interval: 87.6% to 91.3%)``"""
    low, high = interval(share, images)
    return f"{percent(share, images)} of {images:,} test images (95 % interval: {low:.1%} to {high:.1%})"
