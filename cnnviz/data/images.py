"""Images from outside: checked before they are decoded, then brought to uint8 ``(C, H, W)`` in grey or RGB."""

from __future__ import annotations

import io
import warnings
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from cnnviz.data.dataset import Images

MAX_BYTES = 10_000_000
MAX_PIXELS = 40_000_000
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")


class ImageError(ValueError):
    """A file that is no usable image: one sentence that says why and what would work."""


class TooLittleMemory(ImageError):
    """Of the image nothing is known: another time it may be read."""


@dataclass(frozen=True)
class Upload:
    pixels: Images
    """``(3, H, W)``, or ``(1, H, W)`` for a grey image; 0 to 255."""
    note: str = ""
    """What was done to the file that its owner may want to know."""


def read_image(content: bytes) -> Upload:
    """Decode an uploaded file: turned by its EXIF tag, transparency over white, the first frame of an animation.

    Raises ImageError.
    """
    if not content:
        raise ImageError("The file is empty: choose a PNG, JPEG, GIF, WebP or BMP image.")
    if len(content) > MAX_BYTES:
        tenths = -(-len(content) // 100_000)
        raise ImageError(f"The file has {tenths / 10} MB: choose an image of at most {MAX_BYTES // 10**6} MB.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, of large images and odd tags: what matters is checked here
            return _decoded(content)
    except ImageError:
        raise
    except Image.DecompressionBombError:
        raise ImageError(
            f"The image has far too many pixels: choose one of at most {MAX_PIXELS // 10**6} million pixels."
        ) from None
    except UnidentifiedImageError:
        raise ImageError(
            "The file is not an image that can be read: choose a PNG, JPEG, GIF, WebP or BMP image."
        ) from None
    except MemoryError:
        raise TooLittleMemory(
            "There is too little memory for this image just now: try it again, or a smaller one."
        ) from None
    except Exception:  # damaged files make decoders raise nearly anything: OSError, SyntaxError, struct.error, …
        raise ImageError("The image is damaged or cut off: save it again, or choose another one.") from None


def _decoded(content: bytes) -> Upload:
    image = Image.open(io.BytesIO(content), formats=FORMATS)
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"The image has {width:,}×{height:,} pixels: choose one of at most {MAX_PIXELS // 10**6} million pixels."
        )
    frames = getattr(image, "n_frames", 1)
    image.load()
    turned: Image.Image = image
    with suppress(Exception):  # damaged EXIF is no reason to refuse the picture
        turned = ImageOps.exif_transpose(image)
    return Upload(_pixels(turned), f"The first of its {frames} frames." if frames > 1 else "")


def _pixels(image: Image.Image) -> Images:
    if image.mode.startswith("I") or image.mode == "F":  # 16 or 32 bits of grey: bring its range to 8 bits
        values = np.asarray(image, np.float64)
        top = 65535 if image.mode.startswith("I;16") or values.max() > 255 else 255
        return (values / top * 255).clip(0, 255).round().astype(np.uint8)[None]
    is_grey = image.mode in ("1", "L", "LA")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    if is_grey:
        return np.asarray(image.convert("L"))[None].copy()
    return np.asarray(image.convert("RGB")).transpose(2, 0, 1).copy()


def to_grey(pixels: Images) -> Images:
    """``(1, H, W)``; colours weigh as ITU-R BT.601 has it, which is what Pillow does."""
    if len(pixels) == 1:
        return pixels
    return np.asarray(Image.fromarray(pixels.transpose(1, 2, 0)).convert("L"))[None].copy()


def resized(pixels: Images, height: int, width: int) -> Images:
    """Averaged down or smoothly enlarged; unchanged where the size is right."""
    if pixels.shape[1:] == (height, width):
        return pixels
    planes = [Image.fromarray(plane).resize((width, height), Image.Resampling.LANCZOS) for plane in pixels]
    return np.stack([np.asarray(plane) for plane in planes])


def with_longest_side(pixels: Images, side: int) -> Images:
    """Reduced or enlarged so that its longer side has ``side`` pixels."""
    _, height, width = pixels.shape
    scale = side / max(height, width)
    return resized(pixels, max(1, round(height * scale)), max(1, round(width * scale)))


def within(pixels: Images, longest: int) -> Images:
    """Reduced, where it is larger, so that its longer side has ``longest`` pixels."""
    return with_longest_side(pixels, min(longest, max(pixels.shape[1:])))


def _inside(pixels: Images, height: int, width: int, most: float = np.inf) -> Images:
    """The whole picture, as large as fits into ``height`` × ``width``; enlarged ``most`` times at most."""
    scale = min(height / pixels.shape[1], width / pixels.shape[2], most)
    return resized(pixels, max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[2] * scale)))


def cut(pixels: Images, height: int, width: int) -> Images:
    """Reduced, where it is larger, so that it fits into ``height`` × ``width``."""
    return _inside(pixels, height, width, most=1)


def fitted(pixels: Images, shape: tuple[int, int, int]) -> Images:
    """Brought to a network's input shape: the whole picture, centred, on a border of its top left colour."""
    channels, height, width = shape
    if len(pixels) != channels:
        pixels = np.broadcast_to(to_grey(pixels), (channels, *pixels.shape[1:]))
    inner = _inside(pixels, height, width)
    out = np.empty(shape, np.uint8)
    out[:] = pixels[:, 0, 0][:, None, None]
    top, left = (height - inner.shape[1]) // 2, (width - inner.shape[2]) // 2
    out[:, top : top + inner.shape[1], left : left + inner.shape[2]] = inner
    return out
