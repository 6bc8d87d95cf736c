"""Small images in a row, each with its words, as HTML: pixels stay sharp, and the row wraps on a phone."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_STYLE = """<style>
.gallery { display: flex; flex-wrap: wrap; gap: 14px; }
.gallery figure { margin: 0; width: 104px; }
.gallery img { width: 96px; height: 96px; image-rendering: pixelated; display: block; object-fit: contain; }
.gallery a { display: block; width: 96px; }
.gallery a:hover { outline: 2px solid currentcolor; outline-offset: 2px; }
.gallery figcaption { font-size: .9rem; line-height: 1.25; margin-top: 4px; overflow-wrap: anywhere; }
</style>"""


def png(pixels: NDArray[np.uint8]) -> bytes:
    """``(C, H, W)``, grey or RGB."""
    picture = Image.fromarray(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0))
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


def gallery(
    images: Sequence[NDArray[Any] | None], captions: Sequence[str], links: Sequence[str | None] | None = None
) -> str:
    """HTML; ``images`` are ``(C, H, W)`` of uint8, None where there is only the caption. Each caption's lines stand below.

    A picture with one of the ``links`` leads there.
    """
    figures = []
    for image, caption, link in zip(images, captions, links or [None] * len(images), strict=True):
        picture = ""
        if image is not None:
            content = base64.b64encode(png(image)).decode()
            words = escape(caption.replace("\n", ", "))
            picture = f'<img src="data:image/png;base64,{content}" alt="{words}">'
            picture = f'<a href="{escape(link)}">{picture}</a>' if link else picture
        lines = "<br>".join(escape(line) for line in caption.split("\n"))
        figures.append(f"<figure>{picture}<figcaption>{lines}</figcaption></figure>")
    return f'{_STYLE}<div class="gallery">{"".join(figures)}</div>'
