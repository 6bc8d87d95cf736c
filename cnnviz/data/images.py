"""Images from outside: checked before they are decoded, then brought to uint8 ``(C, H, W)`` in grey or RGB."""

from __future__ import annotations

import io
import warnings
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from cnnviz.data.dataset import Images
from cnnviz.data.deep import FEW_BITS, TOP, is_deep, largest, read_deep
from cnnviz.data.file_kinds import kind_of

MAX_BYTES = 10_000_000
MAX_PIXELS = 40_000_000
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")
KINDS = "PNG, JPEG, GIF, WebP or BMP"


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
    used: int = 0
    """How many of its 16 bits it uses, where these are so few that it may be stretched; else 0."""


def read_image(content: bytes, stretch: bool = False) -> Upload:
    """Decode an uploaded file: turned by its EXIF tag, the first frame of an animation.

    What is transparent becomes white, or black where what is to be seen is light. ``stretch`` lets the largest number of
    the bits that a file of 16 uses be white. Raises ImageError.
    """
    if not content:
        raise ImageError(f"The file is empty: choose a {KINDS} image.")
    if len(content) > MAX_BYTES:
        tenths = -(-len(content) // 100_000)
        raise ImageError(f"The file has {tenths / 10} MB: choose an image of at most {MAX_BYTES // 10**6} MB.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, of large images and odd tags: what matters is checked here
            return _decoded(content, stretch)
    except ImageError:
        raise
    except Image.DecompressionBombError:
        raise ImageError(
            f"The image has far too many pixels: choose one of at most {MAX_PIXELS // 10**6} million pixels."
        ) from None
    except UnidentifiedImageError:
        kind = kind_of(content)
        raise ImageError(
            f"{kind} files are not read here: choose a {KINDS} image, or save this one as such."
            if kind
            else f"The file is not an image that can be read: choose a {KINDS} image."
        ) from None
    except MemoryError:
        raise TooLittleMemory(
            "There is too little memory for this image just now: try it again, or a smaller one."
        ) from None
    except Exception:  # damaged files make decoders raise nearly anything: OSError, SyntaxError, struct.error, …
        raise ImageError("The image is damaged or cut off: save it again, or choose another one.") from None


def _decoded(content: bytes, stretch: bool) -> Upload:
    image = Image.open(io.BytesIO(content), formats=FORMATS)
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"The image has {width:,}×{height:,} pixels: choose one of at most {MAX_PIXELS // 10**6} million pixels."
        )
    frames = getattr(image, "n_frames", 1)
    notes = [f"The first of its {frames} frames."] if frames > 1 else []
    used = 0
    if is_deep(image):
        deep = read_deep(content, _upright)
        alpha = deep.alpha()
        used = deep.used(alpha)
        used = used if 0 < used <= FEW_BITS else 0
        colours = deep.eight(used if stretch and used else 16)
        if used:
            notes.append(_of_bits(used, colours if alpha is None else colours[alpha > 0], stretch))
    else:
        colours, alpha = _planes(_upright(image))
    if alpha is not None:
        colours, note = _over_ground(colours, alpha)
        notes.append(note)
    return Upload(colours.transpose(2, 0, 1).copy(), " ".join(filter(None, notes)), used)


def _upright(image: Image.Image) -> Image.Image:
    image.load()
    with suppress(Exception):  # damaged EXIF is no reason to refuse the picture
        return ImageOps.exif_transpose(image)
    return image


def _planes(image: Image.Image) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """The colours ``(H, W, C)``, grey or RGB, and the alpha ``(H, W)`` where something is transparent."""
    is_grey = image.mode in ("1", "L", "LA")
    alpha = None
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = np.asarray(image)[:, :, 3]
        image = image.convert("RGB")  # as they are beneath
    colours = np.asarray(image.convert("L" if is_grey else "RGB"))
    return colours if colours.ndim == 3 else colours[:, :, None], alpha


def _over_ground(colours: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], str]:
    """On white, or on black where what is to be seen is light; and a sentence where there is anything to say."""
    if (alpha == 255).all():
        return colours, ""
    grey = to_grey(colours.transpose(2, 0, 1))[0]
    seen = alpha.sum(dtype=np.float64)
    is_light = seen > 0 and (grey * alpha.astype(np.float64)).sum() / seen > 127.5
    channels = colours.shape[2]
    over = Image.fromarray(np.dstack([np.broadcast_to(colours, (*alpha.shape, 3)), alpha]))
    ground = Image.new("RGBA", over.size, "black" if is_light else "white")
    flat = np.asarray(Image.alpha_composite(ground, over))[:, :, :channels]
    if not seen:
        return flat, "It is transparent all over: nothing is left to be seen."
    said = "black, for what it shows is light" if is_light else "white"
    return flat, f"Its transparent parts are {said}."


def _of_bits(used: int, colours: NDArray[np.uint8], stretched: bool) -> str:
    lightest = largest(colours)
    if stretched:
        return f"Stretched: {2**used - 1:,} of {TOP:,} is white."
    dark = "nearly black" if lightest <= 16 else "dark"
    return f"It uses {used} of its 16 bits: but for a few pixels it gets no lighter than {lightest} of 255, {dark}."


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
