"""A network from a text that somebody pastes into the builder: what was read of it is said below the box."""

from __future__ import annotations

import re
from dataclasses import dataclass

import streamlit as st

from cnnviz.layers import shape_text
from cnnviz.networks.draft import Draft
from cnnviz.networks.editing.workbench import Workbench
from cnnviz.networks.parse import Offer, Pasted, read_pasted
from cnnviz.networks.pasted_text import ParseError
from cnnviz.networks.table import LARGEST_SIDE
from cnnviz.ui.frame.markdown import escaped

_TEXT, _SIZE, _DONE = "pasted", "pasted_size", "pasted_outcome"
_MOST_SIDES = 6
"""Image sizes with a button each."""
_MOST_FAULTS = 20


@dataclass(frozen=True)
class _Outcome:
    """Of the last text: what was read, or why nothing was."""

    text: str
    pasted: Pasted | None = None
    refusal: str = ""


def paste(bench: Workbench) -> None:
    """A box for a network's text, a field for the size of its images, and what became of them."""

    def read() -> None:
        _read(bench, str(st.session_state[_TEXT]), str(st.session_state[_SIZE]))

    st.text_area(
        "PyTorch text of a network, or JSON",
        key=_TEXT,
        height=220,
        placeholder="nn.Sequential(\n    nn.Conv2d(1, 32, 5, padding=2),\n    nn.ReLU(),\n    nn.MaxPool2d(2),\n    nn.Flatten(),\n"
        "    nn.Linear(6272, 10),\n)",
        help="nn.Sequential, a class with layers and a forward, or what print(model) says. It is read, not run.",
    )
    box, field = st.columns([2, 3], vertical_alignment="bottom")
    field.text_input(
        "Image size",
        key=_SIZE,
        placeholder="as the numbers need it",
        help="One number, or height, width. Left empty, the smallest that fits, a usual one first.",
        on_change=lambda: read() if st.session_state[_TEXT].strip() else None,
    )
    box.button("Read it", on_click=read, icon=":material/input:")
    outcome: _Outcome | None = st.session_state.get(_DONE)
    if outcome is None or outcome.text != st.session_state[_TEXT]:
        return
    if outcome.pasted is None:
        st.error(escaped(outcome.refusal))
    elif _same(bench.draft, outcome.pasted.draft):
        _say(bench, outcome.pasted)


def _read(bench: Workbench, text: str, size: str) -> None:
    bench.said = ""
    try:
        pasted = read_pasted(text, _size(size))
    except ParseError as error:
        st.session_state[_DONE] = _Outcome(text, refusal=_sentence(str(error)))
        return
    bench.open(pasted.draft)
    st.session_state[_DONE] = _Outcome(text, pasted)


def _size(typed: str) -> tuple[int, int] | None:
    """Raises ParseError."""
    if not typed.strip():
        return None
    if not re.fullmatch(r"\s*\d{1,5}(\s*[×x, ]\s*\d{1,5})?\s*", typed):
        raise ParseError(f"the image size must be one number, or height, width, not {typed.strip()[:20]!r}")
    numbers = [int(number) for number in re.findall(r"\d+", typed)]
    if not 1 <= min(numbers) <= max(numbers) <= LARGEST_SIDE:
        raise ParseError(f"a side of an image is 1 to {LARGEST_SIDE:,}")
    return numbers[0], numbers[-1]


def _say(bench: Workbench, pasted: Pasted) -> None:
    shape = pasted.draft.input_shape
    count = len(pasted.draft.layers)
    of = f"images of {shape_text(shape[1:])}" if len(shape) == 3 else f"{shape[0]} numbers"
    read = f"Read: {count} layer{'' if count == 1 else 's'}, for {of}"
    if pasted.faults:
        st.warning(escaped(f"{read}; what follows was left out or does not fit."))
    else:
        st.success(escaped(f"{read}."))
    for number, fault in enumerate(pasted.faults[:_MOST_FAULTS]):
        st.error(escaped(_sentence(fault.sentence)))
        with st.container(horizontal=True):
            for place, offer in enumerate(fault.offers):
                st.button(
                    escaped(offer.label), key=f"pasted_offer_{number}_{place}", on_click=_take, args=(bench, offer)
                )
    if (more := len(pasted.faults) - _MOST_FAULTS) > 0:
        st.caption(escaped(f"There {'is' if more == 1 else 'are'} {more:,} more like these."))
    _other_sizes(bench, pasted)


def _other_sizes(bench: Workbench, pasted: Pasted) -> None:
    others = [side for side in pasted.sides if (side, side) != pasted.draft.input_shape[1:]]
    if not others:
        return
    if pasted.has_more:
        st.caption(
            escaped(f"Images of other sizes fit as well, from {pasted.sides[0]}×{pasted.sides[0]} on: type one above.")
        )
        return
    st.caption(escaped(f"These fit as well: {', '.join(f'{side}×{side}' for side in others)}."))
    with st.container(horizontal=True):
        for side in others[:_MOST_SIDES]:
            text = str(st.session_state[_TEXT])
            offer = Offer(f"Take {side}×{side}", text, (side, side))
            st.button(escaped(offer.label), key=f"pasted_side_{side}", on_click=_take, args=(bench, offer))


def _take(bench: Workbench, offer: Offer) -> None:
    """Read another text in the place of the pasted one."""
    size = "" if offer.size is None else ", ".join(map(str, dict.fromkeys(offer.size)))
    st.session_state[_TEXT], st.session_state[_SIZE] = offer.text, size
    _read(bench, offer.text, size)


def _sentence(text: str) -> str:
    return f"{text.rstrip('.')}."


def _same(draft: Draft, other: Draft) -> bool:
    return (draft.name, draft.input_shape, draft.layers) == (other.name, other.input_shape, other.layers)
