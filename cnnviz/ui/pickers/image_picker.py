"""The image picker: one for every page that needs an image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from cnnviz.components.drawing_pad import drawing_pad
from cnnviz.data import DATASETS, Dataset, counts, is_available, load_dataset
from cnnviz.data import title as title_of
from cnnviz.data.dataset import DataError, Images
from cnnviz.data.digits import digits
from cnnviz.data.drawing import MOST_CHARACTERS, draw, strokes
from cnnviz.data.images import cut, resized, to_grey, with_longest_side
from cnnviz.data.ink import as_digit
from cnnviz.data.numbers import COURSE, NumbersError, read_numbers
from cnnviz.data.patterns import feature_maps, lecture_image, pattern
from cnnviz.data.photograph import SHOWS, photograph
from cnnviz.data.shapes import shape_image
from cnnviz.data.sources import SOURCES, folder
from cnnviz.runs import Card
from cnnviz.ui.frame.address import choice, keep, selection, slide, switch, text, whole
from cnnviz.ui.frame.hiding import place, tells
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.frame.parameters.layers import (
    FEATURES,
    IMAGES,
    LARGEST,
    NUMBERS,
    OWN,
    PHOTOGRAPH,
    SMALLEST,
    TEST,
    TRAINING,
)
from cnnviz.ui.frame.refused import refuse_unreadable
from cnnviz.ui.pickers.image_files import photographed, uploaded
from cnnviz.ui.pickers.image_gallery import Shown, choose_by_eye
from cnnviz.ui.pickers.like_dataset import like_dataset
from cnnviz.ui.pickers.model_picker import Model
from cnnviz.ui.pickers.picture import Features, Picture, stand_in, until_then

_DIGITS = ("mnist", "digits")
_GREETED = "greeted_with"  # forgotten on another page


def digit_image(digit: str, number: int = 0) -> Picture:
    """A handwritten digit of the test images; numbers beyond the last one start again."""
    split = digits().test
    examples = split.images[split.labels == int(digit)]
    at = number % len(examples)
    return Picture(examples[at], f"Digit {digit}, example {at}", is_digit=True, truth=digit)


def tells_picture() -> bool:
    """Whether a picture's title, or what a network takes it for, tells what the address hides of it."""
    return tells(
        *("image", "image_set", "digit", "shape", "pattern", "example", "at_image"),
        *(f"{name}_class" for name in DATASETS),
        *("channels", "height", "width", "feature_seed"),
    )


def name_of(picture: Picture | Features) -> str:
    """Its title as Markdown, a sentence before others; nothing where the address hides it."""
    return "" if tells_picture() else f"{escaped(picture.title)}. "


def greeting(card: Card) -> str:
    """The kind of image that a network is shown first: one of its own kind, from its dataset's test images if they are here."""
    dataset, channels = card.dataset, card.network.input_shape[0]
    if dataset == "shapes":
        return "shape"
    if channels == 1:
        return TEST if dataset == "fashion_mnist" and is_available(dataset) else "digit"
    return TEST if dataset in DATASETS and is_available(dataset) else PHOTOGRAPH


def pick_image(first: str = IMAGES[0], model: Model | None = None) -> Picture:
    """Controls for an image of 5×5 to 64×64 pixels, grey or RGB; ``first`` is the kind of image that they begin with.

    ``model`` is the network that is to read it.
    """
    former = st.session_state.get(_GREETED, first)
    if former != first and st.session_state.get("image") == former:  # nobody has chosen it
        st.session_state["image"] = first
    st.session_state[_GREETED] = first
    with place("image"):
        return _picture(selection("image", first=first), model)


def pick_input() -> Picture | Features:
    """The same, or numbers that the user types, or random feature maps."""
    kind = selection("image")
    if kind == NUMBERS:
        return _numbers()
    return _features() if kind == FEATURES else _picture(kind)


def _picture(kind: str, model: Model | None = None) -> Picture:
    if kind == "lecture":
        return Picture(lecture_image(), "The lecture's 6×6 image")
    picture = {
        "digit": _digit,
        "shape": _shape,
        "pattern": _pattern,
        PHOTOGRAPH: _photograph,
        "draw": _drawn,
        "dataset": _of_dataset,
        TEST: lambda: _by_number(TEST, model),
        TRAINING: lambda: _by_number(TRAINING, model),
        "upload": uploaded,
        "camera": photographed,
    }[kind]()
    if kind in ("upload", "camera"):
        picture = like_dataset(picture, None if model is None else model.card.dataset)
    with st.container(horizontal=True):
        side = slide("size")
        colour = choice("colour")
    pixels, finer = picture.pixels, picture.finer
    if side != OWN and kind == "pattern":
        pixels = pattern(picture.title, side)
    elif side != OWN:  # so many pixels and no more, for a network too
        pixels, finer = with_longest_side(pixels if finer is None else finer(side, side), side), None
    pixels = resized(pixels, max(SMALLEST, pixels.shape[1]), max(SMALLEST, pixels.shape[2]))
    return replace(picture, pixels=_coloured(pixels, colour), finer=finer and _Coloured(finer, colour))


@dataclass(frozen=True)
class _Coloured:
    """A finer picture in the colours that were asked for."""

    finer: Callable[[int, int], Images]
    colour: str

    def __call__(self, height: int, width: int) -> Images:
        return _coloured(self.finer(height, width), self.colour)


def _coloured(pixels: Images, colour: str) -> Images:
    if colour == "grey":
        return to_grey(pixels)
    return np.repeat(pixels, 3, 0) if colour == "RGB" and len(pixels) == 1 else pixels


def _example() -> int:
    return whole("example")


def _digit() -> Picture:
    with st.container(horizontal=True):
        return digit_image(selection("digit"), _example())


def _shape() -> Picture:
    with st.container(horizontal=True):
        kind, number = selection("shape"), _example()
    return Picture(shape_image(kind, number), f"{kind}, example {number}", truth=kind)


def _photograph() -> Picture:
    pixels = photograph()
    return Picture(
        with_longest_side(pixels, LARGEST),
        "A photograph of a cat",
        finer=lambda height, width: cut(pixels, height, width),
        truth=SHOWS,
    )


def _pattern() -> Picture:
    name = selection("pattern")
    return Picture(pattern(name, 12), name)


def loaded_dataset(name: str) -> Dataset:
    return _read_dataset(name, str(folder()))


@st.cache_resource(max_entries=len(DATASETS), show_spinner="Reading the images …")
def _read_dataset(name: str, folder: str) -> Dataset:
    """``folder`` is where it lies: others there are other images."""
    return load_dataset(name)


def _pick_dataset() -> str:
    return selection("image_set", format_func=title_of)


def _loaded(name: str) -> Dataset | Picture:
    """The dataset; where it cannot be had, a stand-in for its images, when it has been said why."""
    if not is_available(name):
        missing = f"{title_of(name)} is not on this machine yet: download it on the Train page."
        st.caption(f"{missing}{until_then()}")
        if source := SOURCES.get(name):
            st.page_link(
                "pages/train.py",
                label=f"Get {source.title} ({source.megabytes})",
                icon=":material/download:",
                query_params={"dataset": name},
            )
        return stand_in(missing)
    try:
        return loaded_dataset(name)
    except DataError as error:
        st.error(escaped(f"{error}{until_then()}"))
        return stand_in(str(error))


def _of_dataset() -> Picture:
    name = _pick_dataset()
    dataset = _loaded(name)
    if isinstance(dataset, Picture):
        return dataset
    with st.container(horizontal=True):
        kind, number = selection(f"{name}_class", dataset.class_names), _example()
    split = dataset.test
    examples = split.images[split.labels == dataset.class_names.index(kind)]
    title = f"{dataset.title}: {kind}, example {number % len(examples)}"
    return Picture(examples[number % len(examples)], title, is_digit=name in _DIGITS, truth=kind)


def _by_number(kind: str, model: Model | None) -> Picture:
    """An image of the network's own dataset, or of one to be chosen, by its place among the test or training images."""
    is_its_own = model is not None and model.card.dataset in DATASETS
    name = model.card.dataset if model is not None and is_its_own else _pick_dataset()
    dataset = _loaded(name)
    if isinstance(dataset, Picture):
        whole("at_image", high=counts(name)[kind == TEST] - 1)
        return dataset
    split = dataset.test if kind == TEST else dataset.train
    number = whole("at_image", high=len(split) - 1)
    truth = dataset.class_names[split.labels[number]]
    words = f"{dataset.title}: {truth}, {kind} {number:,}"
    if not tells_picture():
        st.caption(f"{escaped(words)}.")
        with place("at_image"):
            choose_by_eye(Shown(split, dataset.class_names, kind), model if is_its_own else None)
    return Picture(split.images[number], words, is_digit=name in _DIGITS, truth=truth)


def _drawn() -> Picture:
    drawing = text("drawing")[:MOST_CHARACTERS]
    refuse_unreadable("drawing", "the drawing", len(strokes(drawing)) == drawing.count(".") + 1)
    like_mnist = switch("as_digit")
    with place("drawing"):
        drawing_pad(drawing, colours=not like_mnist, on_change=lambda new: keep("drawing", new))
        pixels = draw(drawing)
        missing = "" if pixels.any() else "Draw something: a digit, a line, a face."
        if missing:
            st.caption(missing)
    if like_mnist:
        return Picture(as_digit(pixels), "Your digit", is_digit=True, is_own=True, missing=missing)
    return Picture(
        with_longest_side(pixels, 32),
        "Your drawing",
        missing=missing,
        finer=lambda height, width: cut(draw(drawing, 256), height, width),
    )


def _features() -> Features:
    with st.container(horizontal=True):
        channels = slide("channels")
        seed = whole("feature_seed")
    with st.container(horizontal=True):
        height = slide("height")
        width = slide("width")
    return Features(feature_maps(channels, height, width, seed), f"Random feature maps {channels}×{height}×{width}")


def _numbers() -> Features:
    with place("numbers"):
        typed = st.text_area(
            "Numbers",
            COURSE.replace(" / ", "\n"),
            key="numbers",
            bind="query-params",
            max_chars=6000,
            help="Rows below each other, or with / between them; spaces or commas between the numbers, decimals with a point.",
        )
    try:
        values = read_numbers(typed or "")
    except NumbersError as error:
        st.error(escaped(f"{error} Until then: the course's numbers."))
        values = read_numbers(COURSE)
    return Features(values, "Your numbers", are_pixels=bool(values.min() >= 0), names=("numbers",))
