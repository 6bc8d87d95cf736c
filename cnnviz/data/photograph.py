"""A photograph that comes along, for networks that read colours where no dataset is installed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from cnnviz.data.dataset import Images

_FILE = Path(__file__).parent / "photographs" / "cat.jpg"

SHOWS = "cat"
"""A class of CIFAR-10."""


@cache
def photograph() -> Images:
    """``(3, 224, 224)``, a cat's head; its licence lies beside the file."""
    with Image.open(_FILE) as image:
        pixels = np.asarray(image.convert("RGB")).transpose(2, 0, 1).copy()
    pixels.flags.writeable = False
    return pixels
