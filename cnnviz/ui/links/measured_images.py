"""From an image that a network was measured by to its way through that network."""

from __future__ import annotations

from collections.abc import Iterable

from cnnviz.ui.frame.parameters.layers import TEST, TRAINING
from cnnviz.ui.links.way import is_told, way
from cnnviz.ui.runs.seen_images import SeenImages


def hrefs_through(model: str, seen: SeenImages | None, numbers: Iterable[int]) -> list[str | None]:
    """For each of these images a link to Activations of ``model``.

    None where the image is not at hand, or the page hides what the link would tell.
    """
    are_told = is_told("run", "net", "architecture", "dataset", "model")
    return [_href(model, seen, number) if seen and number < len(seen) and are_told else None for number in numbers]


def _href(model: str, seen: SeenImages, number: int) -> str:
    kind = TRAINING if seen.are_held_out else TEST
    return way("activations", model=model, image=kind, at_image=int(seen.places[number])).href
