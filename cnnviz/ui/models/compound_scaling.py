"""EfficientNet's compound scaling: deeper, wider, finer, and what each costs."""

from __future__ import annotations

import streamlit as st

from cnnviz.networks import Totals, table, totals
from cnnviz.networks.architectures.efficientnet import SCALINGS, Scaling, efficientnet
from cnnviz.networks.code import encode
from cnnviz.networks.layer_text import amount
from cnnviz.ui.frame.address import slide
from cnnviz.ui.frame.hiding import tells

_BASE = SCALINGS[0]
_WIDTHS = [round(1 + i / 10, 1) for i in range(11)]
_DEPTHS = [round(1 + i / 10, 1) for i in range(22)]
_RESOLUTIONS = sorted({*range(224, 609, 32), *(scaling.resolution for scaling in SCALINGS)})


def compound_scaling() -> None:
    """Three sliders, and the cost of each alone and of all together beside the base network's."""
    st.markdown(
        "One base network, B0, grows in three ways at once. The costs of a convolution go with the depth $d$, the square of "
        "the width $w$ and the square of the resolution $r$; Tan and Le found that raising all three together, with "
        r"$d \cdot w^2 \cdot r^2 \approx 2^\phi$, gives more accuracy for the cost than any one alone."
    )
    with st.container(horizontal=True):
        for number, scaling in enumerate(SCALINGS):
            st.button(f"B{number}", key=f"b{number}", on_click=_set, args=(scaling,))
    with st.container(horizontal=True):
        depth = slide("depth")
        width = slide("width")
        resolution = slide("resolution")
    both = Scaling(width, depth, resolution, _BASE.dropout)
    rows = [
        ("B0, the base", _BASE),
        (f"deeper only: d = {depth:g}", _BASE._replace(depth=depth)),
        (f"wider only: w = {width:g}", _BASE._replace(width=width)),
        (f"finer only: r = {resolution} / {_BASE.resolution}", _BASE._replace(resolution=resolution)),
        ("**all three**", both),
    ]
    is_untold = tells("depth", "width", "resolution")
    if is_untold:
        rows = [rows[0], rows[-1]]
    base = _cost(_BASE)
    text = "| | multiply-adds | times B0 | d·w²·r² | parameters | activations |\n|:--|--:|--:|--:|--:|--:|\n"
    for label, scaling in rows:
        cost = _cost(scaling)
        expected = scaling.depth * scaling.width**2 * (scaling.resolution / _BASE.resolution) ** 2
        text += (
            f"| {label} | {amount(cost.macs)} | {cost.macs / base.macs:.2f} | {expected:.2f} | {amount(cost.params)} "
            f"| {amount(cost.activation_bytes / 4)} |\n"
        )
    st.markdown(text)
    st.caption(
        "The counts are those of the network that is really built: layers and channels are rounded to whole numbers and "
        "multiples of 8, and resolution changes no parameter."
    )
    if is_untold:
        return
    name = next((f"EfficientNet-B{n}" for n, s in enumerate(SCALINGS) if s[:3] == both[:3]), "My EfficientNet")
    st.page_link(
        "pages/builder.py",
        label=f"Open {name} in the builder",
        icon=":material/account_tree:",
        query_params={"net": _code(both, name)},
    )


@st.cache_data(max_entries=200, show_spinner=False)
def _cost(scaling: Scaling) -> Totals:
    return totals(table(efficientnet(Scaling(*scaling), "EfficientNet")))


@st.cache_data(max_entries=200, show_spinner=False)
def _code(scaling: Scaling, name: str) -> str:
    return encode(efficientnet(Scaling(*scaling), name))


def _set(scaling: Scaling) -> None:
    st.session_state["depth"] = scaling.depth
    st.session_state["width"] = scaling.width
    st.session_state["resolution"] = scaling.resolution
