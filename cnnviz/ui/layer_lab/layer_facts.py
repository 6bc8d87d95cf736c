"""A layer's size formula and costs with the numbers filled in."""

from __future__ import annotations

import re
from math import prod

import streamlit as st

from cnnviz.layers import Convolution, Pooling, Shape, ShapeError, shape_text
from cnnviz.layers.window import WindowLayer
from cnnviz.networks.layer_notes import BIAS, MACS, NO_FLIP, NO_INVERSE, layer_notes
from cnnviz.ui.frame.hiding import tells, withhold
from cnnviz.ui.frame.markdown import escaped

_SHOWN = "size_formulas"  # forgotten on another page
_SHORT = "(size + 2·padding − kernel) / stride"
_SLIDING = "(size + 2·padding − dilation·(kernel − 1) − 1) / stride"
_TRANSPOSED = "(size − 1)·stride − 2·padding + dilation·(kernel − 1) + output padding + 1"
_NAMES = {"Conv2d": NO_FLIP, "ConvTranspose2d": NO_INVERSE}
"""What their names promise and they are not."""
_COSTS = {
    "Conv2d": "output cells · products in one window",
    "ConvTranspose2d": "input cells · products that each paints",
}
_PRODUCTS = ("layer", "apart", "kernel_size", "groups", "filters")
_STEPS = (
    *("layer", "apart", "kernel_size", "stride", "padding", "padding_kind", "dilation"),
    *("output_padding", "output_size", "ceil_mode"),
)
_OTHERS = ("groups", "padding_mode", "count_include_pad", "divisor_override")


def tells_layer(prefix: str = "") -> bool:
    """Whether a whole layer, as code for instance, tells what the address hides."""
    return tells(*_STEPS, *_OTHERS, prefix=prefix) or tells("filters", "use_bias")


def say_first(sentence: str) -> None:
    """What the page is about, for whoever opens it; in class the teacher says it."""
    if not st.session_state.get("projector"):
        st.caption(sentence)


def say_misfit(error: ShapeError, prefix: str = "") -> None:
    """Why the layer cannot be, in the numbers of all its settings."""
    if tells_layer(prefix):
        st.error("This layer does not fit its input. The numbers would tell what this exercise hides.")
    else:
        st.error(escaped(str(error)))


def size_fact(layer: Convolution | Pooling, input_shape: Shape) -> None:
    """One line: the output size and its formula, in which the numbers that have just changed are marked.

    Raises ShapeError where the layer does not fit.
    """
    if tells(*_STEPS):
        st.markdown(f"**Output size** {_sizes(layer, input_shape)}")
        withhold("The formula")
        return
    height, width = layer.size_formula(input_shape)
    output_shape = layer.output_shape(input_shape)
    if layer.kind.startswith("Adaptive") and output_shape[1:] == (1, 1):
        formula, words = "One window: the whole map.", f"global pooling: {layer.kind} of output size 1"
    elif layer.kind.startswith("Adaptive"):
        words = "the input rows under output row i, and the columns under output column i"
        formula = f"${height}$" if height == width else f"rows ${height}$, columns ${width}$"
    else:
        height, width = _marked(height, width)
        # inline, because display formulas do not break into lines on a phone
        formula = f"${height}$" if height == width else f"$H' = {height}$, $W' = {width}$"
        words = _in_words(layer)
    sizes = _sizes(layer, input_shape)
    words = "" if st.session_state.get("projector") else f"  \n:small[:gray[{words}]]"
    st.markdown(f"**Output size** {sizes}: {formula}{words}", help=_NAMES.get(layer.kind))


def _sizes(layer: Convolution | Pooling, input_shape: Shape) -> str:
    return f"{shape_text(input_shape)} → **{shape_text(layer.output_shape(input_shape))}**"


def _in_words(layer: Convolution | Pooling) -> str:
    if layer.kind == "ConvTranspose2d":
        return _TRANSPOSED
    if not isinstance(layer, WindowLayer):
        return f"⌊{_SLIDING}⌋ + 1"
    sliding = _SHORT if layer.dilations == (1, 1) else _SLIDING
    if layer.rounds_up:
        return f"⌈{sliding}⌉ + 1, less 1 where the last window would begin beyond the input"
    return f"⌊{sliding}⌋ + 1"


def _marked(*formulas: str) -> list[str]:
    """With the numbers underlined that are others than in the formulas shown before these."""
    shown, marked = st.session_state.get(_SHOWN, (None, None))
    if shown != formulas:
        marked = [_differing(old, new) for old, new in zip(shown or formulas, formulas, strict=True)]
        st.session_state[_SHOWN] = formulas, marked
    return list(marked)


def _differing(old: str, new: str) -> str:
    parts, before = re.split(r"(\d+)", new), re.split(r"(\d+)", old)
    if len(parts) != len(before):
        return new
    return "".join(
        rf"\underline{{\mathbf{{{part}}}}}" if i % 2 and part != former else part
        for i, (part, former) in enumerate(zip(parts, before, strict=True))
    )


def cost_facts(layer: Convolution | Pooling, input_shape: Shape, kernel: str = "") -> None:
    """``kernel`` is the name of the first filter's preset. Raises ShapeError where the layer does not fit."""
    if isinstance(layer, Pooling):
        _nothing_learned(layer, input_shape)
    else:
        params, macs = st.columns(2, border=True)
        with params:
            _params(layer, input_shape)
        with macs:
            _macs(layer, input_shape)
    if tells_layer() or tells("kernel"):
        return
    for note in layer_notes(layer, input_shape, kernel):
        st.caption(note)


def _nothing_learned(layer: Pooling, input_shape: Shape) -> None:
    output_shape = layer.output_shape(input_shape)
    st.markdown(
        "**Parameters** `0` · **Multiply-adds** `0`: pooling learns nothing, it only compares or adds.  \n"
        f":small[:gray[{prod(input_shape):,} activations in, {prod(output_shape):,} out]]"
    )


def _params(layer: Convolution, input_shape: Shape) -> None:
    if tells(*_PRODUCTS, "use_bias"):
        st.markdown("**Parameters**")
        withhold("They")
        return
    biases = " + biases" if layer.bias else ""
    st.markdown(
        f"**Parameters**\n\n`{layer.params_formula(input_shape)}`\n\n"
        f":small[:gray[filters · (channels · height · width){biases}]]",
        help=BIAS,
    )


def _macs(layer: Convolution, input_shape: Shape) -> None:
    if tells(*_PRODUCTS):
        st.markdown("**Multiply-adds**")
        withhold("They")
        return
    _, *products = layer.weight_shape(input_shape)
    cells = layer.output_shape(input_shape) if layer.kind == "Conv2d" else input_shape
    st.markdown(
        f"**Multiply-adds**\n\n`{shape_text(cells)} · {'·'.join(map(str, products))} = {layer.macs(input_shape):,}`\n\n"
        f":small[:gray[{_COSTS[layer.kind]}]]",
        help=MACS,
    )
