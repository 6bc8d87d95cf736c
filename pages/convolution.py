"""One convolution, on a real image, from all its output channels down to every product of one window."""

from typing import Any

import streamlit as st

from cnnviz.components.window_explorer import window_explorer
from cnnviz.components.window_explorer.places import channel_of
from cnnviz.layers import Conv2d, ConvTranspose2d, ShapeError, shape_text
from cnnviz.layers.source import torch_source
from cnnviz.plots import ScaleName, colours_said
from cnnviz.ui.frame.address import choice, keep, now, text
from cnnviz.ui.frame.hiding import place, tells, withhold
from cnnviz.ui.frame.page import start_lab
from cnnviz.ui.frame.parameters import BESIDE
from cnnviz.ui.frame.refused import has_come, refuse, refuse_unreadable
from cnnviz.ui.frame.warm_up import warm_up
from cnnviz.ui.layer_lab.convolution_controls import LayerControls, asked_activation, draw_activation
from cnnviz.ui.layer_lab.kernel_picker import Kernels, edits, pick_filters, pick_kernels
from cnnviz.ui.layer_lab.layer_facts import cost_facts, say_first, say_misfit, size_fact, tells_layer
from cnnviz.ui.layer_lab.looked_at import follow_place, refuse_place
from cnnviz.ui.layer_lab.properties.equivariance import equivariance
from cnnviz.ui.layer_lab.properties.weight_sharing import weight_sharing
from cnnviz.ui.layer_lab.source_view import source_view
from cnnviz.ui.links.networks import standing
from cnnviz.ui.pickers.examples import CONVOLUTIONS, pick_example
from cnnviz.ui.pickers.image_picker import name_of, pick_input
from cnnviz.ui.pickers.recognition import recognition

controls, view = start_lab("Convolution")

with controls:
    pick_example(CONVOLUTIONS)
    settings_first = st.container()  # what the page is about
    picture = pick_input()
    recognition(picture)
    source = pick_kernels(picture)
    filters = pick_filters(source)

activation = asked_activation()
beside = int(now("compare"))
layers = {
    prefix: LayerControls(source.x.shape, filters, prefix=prefix, fixed_size=source.fixed_size)
    for prefix in ("", *BESIDE)[:beside]
}
at = text("at")
refuse_unreadable("edits", "the edited weights", edits() == text("edits"))


def explore(
    controls: LayerControls, key: str, prefix: str = "", **address: Any
) -> tuple[Conv2d | ConvTranspose2d, Kernels] | None:
    """One layer, its facts and its kernels; the ShapeError's sentence, and nothing more, where it cannot be."""
    try:
        layer = controls.layer()
        kernels = source.kernels(layer)
    except ShapeError as error:
        say_misfit(error, prefix)
        return None
    with place("facts"):
        out = shape_text(layer.output_shape(source.x.shape))
        if beside == 1:
            size_fact(layer, source.x.shape)
        elif tells_layer(prefix):
            withhold("The code")
            st.caption(f"{out} out")
        else:
            st.code(torch_source(layer, source.x.shape), language="python", wrap_lines=True)
            st.caption(f"{out} out, `{layer.params_formula(source.x.shape)}` parameters")
    if "at" in address:
        address["at"], address["follows"] = follow_place(address["at"], layer, source.x.shape)
    with place("at"), place("edits"):
        window_explorer(
            layer,
            source.x,
            kernels.weight,
            kernels.bias,
            channel_names=source.channel_names,
            filter_names=kernels.names,
            activation=activation,
            are_pixels=source.are_pixels,
            group="beside",
            untold=[*["layer"] * tells("layer", prefix=prefix), *["activation"] * tells("activation")],
            ahead=controls.ahead(source.query(layer)),
            key=key,
            **address,
        )
    return layer, kernels.edited(edits())


with view:
    say_first(
        "A filter is a small pattern of weights. It slides over the input, multiplies what it covers and adds up: the output is "
        "large where the input looks like the pattern."
    )
    columns = st.columns(beside, gap="medium") if beside > 1 else [st.container()]
    with columns[0]:
        explored = explore(layers[""], "window_explorer", at=at, edits=edits(), on_change=keep)
    if explored is not None and has_come("edits") and not explored[1].have(edits()):
        refuse("edits", "The address edits a weight that these kernels do not have: it is left out.")
    refuse_place(text("at"), explored and explored[0].output_shape(source.x.shape))
    for column, prefix in zip(columns[1:], BESIDE, strict=False):
        with column:
            with place(f"{prefix}controls"):
                settings = st.expander(f"Settings of {prefix[0].upper()}")
            explore(layers[prefix], f"{prefix}explorer", prefix)
            with settings:
                layers[prefix].draw()
    if explored is not None and beside == 1:
        with place("facts"):
            as_it_is = activation is None and not edits()
            cost_facts(explored[0], source.x.shape, source.kind if as_it_is else "")
    if explored is not None:
        drawn: tuple[ScaleName, ...] = ("weights", "activations", *(("pixels",) if source.are_pixels else ()))
        st.caption(
            f"{name_of(picture)}Move over an output cell to see its window, over an input cell to see what it feeds, over "
            "a kernel cell to see what it multiplies. Click to go deeper and to keep a cell in the address; Escape or a "
            "click beside goes back. Hatched cells are padding. Counted from 0."
            + f" {colours_said(*drawn)}"
            + (" Of layers side by side, the address keeps what you look at and edit in the first." * (beside > 1))
        )

with settings_first:
    layers[""].draw()
with controls:
    with st.container(horizontal=True):
        draw_activation()
        choice("compare")
    standing(channel_of(at, filters))

with view:
    more = choice("more")
    if explored is not None:
        layer, kernels = explored
        weight = layer.by_filter(kernels.weight)
        if more == "weight sharing":
            weight_sharing(layer, source.x.shape)
        elif more == "shift, rotate, scale":
            equivariance(layer, source.x, weight, kernels.bias, channel_of(at, filters), source.are_pixels)
        elif more == "code":
            source_view(layer, source.x.shape, weight, kernels.bias, activation)

warm_up()
