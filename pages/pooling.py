"""Pooling on a real image: maximum and average side by side, down to one window; and what it is good for."""

import streamlit as st

from cnnviz.components.window_explorer import pooling_explorer, window_explorer
from cnnviz.components.window_explorer.places import channel_of
from cnnviz.layers import ShapeError, shape_text
from cnnviz.layers.source import torch_source
from cnnviz.plots import colours_said
from cnnviz.ui.frame.address import choice, keep, switch, text
from cnnviz.ui.frame.hiding import hidden, place, withhold
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.frame.page import start_lab
from cnnviz.ui.frame.warm_up import warm_up
from cnnviz.ui.layer_lab.given_kernels import with_given_kernels
from cnnviz.ui.layer_lab.kernel_picker import edits, pick_filters, pick_kernels
from cnnviz.ui.layer_lab.layer_facts import cost_facts, say_first, say_misfit, size_fact, tells_layer
from cnnviz.ui.layer_lab.looked_at import follow_place, refuse_place
from cnnviz.ui.layer_lab.pooling_controls import PoolingControls
from cnnviz.ui.layer_lab.properties.invariance import invariance
from cnnviz.ui.layer_lab.properties.network_invariance import network_invariance
from cnnviz.ui.layer_lab.properties.savings import savings
from cnnviz.ui.layer_lab.properties.subsampling import subsampling_view
from cnnviz.ui.layer_lab.source_view import source_view
from cnnviz.ui.pickers.examples import POOLINGS, first_examples, pick_example
from cnnviz.ui.pickers.image_picker import name_of, pick_input
from cnnviz.ui.pickers.recognition import recognition


def keep_edits(name: str, value: str) -> None:
    """The address keeps one place to look at, that of the pooling."""
    if name == "edits":
        keep(name, value)


controls, view = start_lab("Pooling")

with controls:
    pick_example(POOLINGS)
    settings_first = st.container()  # what the page is about
    picture = pick_input()
    recognition(picture)

x = picture.values
settings = PoolingControls(x.shape)
at = text("at")
try:
    layers, alone = settings.layers()
except ShapeError as error:
    layers, alone = [], ""
    with view:
        say_misfit(error)
at, follows = follow_place(at, layers[0], x.shape) if layers else (at, False)
refuse_place(at, layers[0].output_shape(x.shape) if layers else None)
shown = channel_of(at, len(x))

with view:
    if layers:
        with place("facts"):
            say_first(
                "Pooling makes maps smaller, channel by channel: max pooling keeps the largest value of each window, average "
                "pooling their mean."
            )
            first_examples(POOLINGS, 2)
            size_fact(layers[0], x.shape)
        if alone and not tells_layer():
            st.info(escaped(alone))
        with place("at"):
            pooling_explorer(
                layers,
                x,
                channel_names=picture.channel_names,
                are_pixels=picture.are_pixels,
                at=at,
                on_change=keep,
                group="beside",
                untold=hidden(),
                ahead=settings.ahead(),
                follows=follows,
            )
        with place("facts"):
            cost_facts(layers[0], x.shape)
        st.caption(
            f"{name_of(picture)}Move over an output cell to see its window, over an input cell to see which windows it is "
            "in. Click to go deeper and to keep a cell in the address; Escape or a click beside goes back. Hatched cells are "
            "padding, empty ones lie beyond it. Counted from 0."
        )

with settings_first:
    settings.draw()
with controls:
    is_beside = switch("strided")

if is_beside and layers:
    with controls:
        source = pick_kernels(picture)
        filters = pick_filters(source)
    with view:
        strided = None
        try:
            strided = settings.strided(filters, source.fixed_size)
            if strided is None:
                st.info(
                    "Adaptive and global pooling have no kernel size and stride that a convolution could take over."
                )
            else:
                kernels = source.kernels(strided)
                code, params = torch_source(strided, source.x.shape), strided.params_formula(source.x.shape)
                with place("facts"):
                    if tells_layer():
                        withhold("The convolution's code")
                    else:
                        st.markdown(
                            f"`{code}` takes the same steps, mixes the channels, and learns: `{params}` parameters, "
                            f"{strided.macs(source.x.shape):,} multiply-adds."
                        )
                if strided.map_size(source.x.shape) != layers[0].output_shape(x.shape)[1:]:
                    st.caption(
                        f"Its output is {shape_text(strided.map_size(source.x.shape))}, of another size: a convolution has no "
                        "ceil mode, and these kernels may have a size of their own."
                    )
                with place("edits"):
                    window_explorer(
                        strided,
                        source.x,
                        kernels.weight,
                        kernels.bias,
                        channel_names=source.channel_names,
                        filter_names=kernels.names,
                        are_pixels=source.are_pixels,
                        group="beside",
                        key="strided_explorer",
                        edits=edits(),
                        on_change=keep_edits,
                    )
                st.caption(colours_said("weights", "activations"))
        except ShapeError as error:
            if strided is not None and source.fixed_size is not None:
                error = with_given_kernels(error, strided, source.x.shape)
            say_misfit(error)

with view:
    more = choice("more")
    if more in ("shift", "code") and not layers:
        st.info("This needs a layer that fits the input.")
    elif more == "shift":
        right = invariance(layers, x, shown, picture.are_pixels)
        network_invariance(picture, right)
    elif more == "subsampling":
        subsampling_view(picture, shown)
    elif more == "savings":
        savings()
    elif more == "code":
        for layer in layers:
            source_view(layer, x.shape)

warm_up()
