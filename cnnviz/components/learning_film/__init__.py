"""How a network learned, moment by moment: its first kernels, and its answers for a strip of images that it has not learned from.

All moments are sent at once, so that the browser leafs through them by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.components.assets import heard, packed, register
from cnnviz.plots import scale_for
from cnnviz.plots.theme import CURVES

_mount = register("learning_film")

_SHARE = 0.99  # of the weights lies within the colours, so that one large weight does not grey out the rest


def learning_film(
    *,
    steps: NDArray[np.integer[Any]],
    epochs: NDArray[np.floating[Any]],
    accuracies: NDArray[np.floating[Any]],
    kernels: NDArray[np.floating[Any]],
    answers: NDArray[np.floating[Any]],
    images: NDArray[np.uint8] | None,
    labels: Sequence[int],
    class_names: Sequence[str],
    sample: int = 500,
    of: str = "test",
    live: bool = False,
    title: str,
    key: str = "learning_film",
    links: Sequence[str | None] = (),
    on_follow: Callable[[str], None] | None = None,
) -> None:
    """Show one or more moments of training, each at its ``steps``, ``epochs`` and ``accuracies``, all ``(moments,)``.

    ``kernels`` ``(moments, units, channels, h, w)`` are the weights of the first layer; no units where it reads no image.
    ``answers`` ``(moments, images, classes)`` are probabilities for images with these ``labels``, whose pixels are
    ``images`` ``(images, 1 or 3, H, W)``, or None where they are not at hand; ``of`` says which they are. An accuracy, of
    ``sample`` of them, is NaN where it is not known. A ``live`` film follows the run while its slider stands at the end.
    ``links`` is where the pictures lead to, and ``on_follow`` gets that of one that is clicked.
    Raises ValueError where the arrays do not fit together.
    """
    moments, strip = len(steps), answers.shape[1]
    if not moments or any(len(array) != moments for array in (epochs, accuracies, kernels, answers)):
        raise ValueError(f"{moments} steps need as many epochs, accuracies, kernels and answers, and at least one")
    if len(labels) != strip or (images is not None and len(images) != strip):
        raise ValueError(f"answers for {strip} images need as many labels and images")
    weights = kernels.astype(np.float32)
    if images is None:
        images = np.zeros((strip, 1, 0, 0), np.uint8)
    spec = {
        "title": title,
        "live": live,
        "sample": sample,
        "of": of,
        "kernels": weights.shape,
        "top": scale_for(weights, "weights", share=_SHARE).high,
        "images": images.shape,
        "labels": [int(label) for label in labels],
        "classes": answers.shape[2],
        "names": list(class_names),
        "colour": CURVES["test"],
        "links": list(links),
    }
    arrays = {"steps": steps, "epochs": epochs, "accuracies": accuracies, "answers": answers}
    data = packed(spec, kernels=weights, images=images, **arrays)

    def follow() -> None:
        if on_follow is not None and isinstance(href := heard(key, "href"), str):
            on_follow(href)

    _mount(data=data, key=key, on_href_change=follow, width="stretch", height="content")
