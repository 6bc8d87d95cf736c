"""What the losses that are drawn are."""

from __future__ import annotations

from math import log

PLAIN = "The loss drawn is plain cross-entropy"


def smoothed_floor(smoothing: float, classes: int) -> float:
    """The least that cross-entropy with label smoothing can be: the entropy of the smoothed target, in nats.

    The target is 1 − ε + ε/K for the class and ε/K for each other one: Szegedy et al., arXiv 1512.00567, section 7.
    """
    other = smoothing / classes
    own = 1 - smoothing + other
    return -own * log(own) - ((classes - 1) * other * log(other) if other else 0.0)


def loss_text(smoothing: float, classes: int) -> str:
    """Which loss the curves of a run show, in a sentence or two."""
    if not smoothing:
        return f"{PLAIN}."
    return (
        f"{PLAIN}, though what is trained is cross-entropy with a label smoothing of {smoothing:g}. That one cannot fall below "
        f"{smoothed_floor(smoothing, classes):.2f} for {classes} classes, and asks for less than certainty: so the plain loss may "
        "rise a little while accuracy does too."
    )
