"""One convolution, on a real image, from all its output channels down to every product of one window."""

import re

import streamlit as st

from cnnviz.components.window_explorer import window_explorer
from cnnviz.layers import ShapeError
from cnnviz.layers.source import keras_script, torch_script, torch_source
from cnnviz.ui.address import choice, keep, place
from cnnviz.ui.equivariance import equivariance
from cnnviz.ui.examples import pick_example
from cnnviz.ui.image_picker import pick_input
from cnnviz.ui.kernel_picker import edits, pick_filters, pick_kernels
from cnnviz.ui.layer_controls import pick_activation, pick_layer
from cnnviz.ui.layer_facts import layer_facts
from cnnviz.ui.page import start_lab
from cnnviz.ui.recognition import recognition
from cnnviz.ui.warm_up import warm_up
from cnnviz.ui.weight_sharing import weight_sharing

controls, view = start_lab("Convolution")

with controls:
    pick_example()
    picture = pick_input()
    recognition(picture)
    source = pick_kernels(picture)
    filters = pick_filters(source)
    make_layer = pick_layer(source.x.shape, filters, fixed_size=source.fixed_size)
    with st.container(horizontal=True):
        activation = pick_activation()
        beside = int(choice("Side by side", ["1", "2", "3"], key="compare", help="Other layers on the same input."))

at = st.query_params.get("at", "")
at = at if re.fullmatch(r"\d{1,3}(\.\d{1,4}\.\d{1,4})?", at) else ""


def explore(make, key, **address):
    """One layer with its facts; the ShapeError's sentence where it cannot be."""
    layer = make()
    kernels = source.kernels(layer)
    if beside == 1:
        with place("facts"):
            layer_facts(layer, source.x.shape)
    else:
        st.code(torch_source(layer, source.x.shape), language="python", wrap_lines=True)
        st.caption(
            f"{'×'.join(map(str, layer.output_shape(source.x.shape)))} out, `{layer.params_formula(source.x.shape)}` parameters"
        )
    window_explorer(
        layer,
        source.x,
        kernels.weight,
        kernels.bias,
        channel_names=source.channel_names,
        filter_names=kernels.names,
        activation=activation,
        are_pixels=source.are_pixels,
        key=key,
        **address,
    )
    return layer, kernels.edited(edits())


with view:
    try:
        columns = st.columns(beside, gap="medium") if beside > 1 else [st.container()]
        with columns[0]:
            layer, kernels = explore(make_layer, "window_explorer", at=at, edits=edits(), on_change=keep)
        for column, prefix in zip(columns[1:], "bc", strict=False):
            with column:
                settings = st.container()
                with settings.expander(f"Settings of {prefix.upper()}"), place(f"controls_{prefix}"):
                    other = pick_layer(source.x.shape, filters, prefix=f"{prefix}_", fixed_size=source.fixed_size)
                explore(other, f"explorer_{prefix}")
        st.caption(
            f"{picture.title}. Move over an output cell to see its window, over an input cell to see what it feeds, over "
            "a kernel cell to see what it multiplies; click to go deeper, Escape or a click beside goes back. Hatched "
            "cells are padding. Counted from 0."
        )
        more = choice("More", ["–", "weight sharing", "shift, rotate, scale", "code"], key="more")
        weight = layer.by_filter(kernels.weight)
        if more == "weight sharing":
            weight_sharing(layer, source.x.shape)
        elif more == "shift, rotate, scale":
            channel = min(int(at.split(".")[0] or 0), filters - 1)
            equivariance(layer, source.x, weight, kernels.bias, channel, source.are_pixels)
        elif more == "code":
            bias = kernels.bias if layer.bias else None
            torch_code, keras_code = st.columns(2)
            torch_code.markdown("**PyTorch**")
            torch_code.code(torch_script(layer, source.x.shape, weight, bias, activation), language="python")
            keras_code.markdown("**Keras 3**")
            try:
                keras_code.code(keras_script(layer, source.x.shape, weight, bias, activation), language="python")
            except ShapeError as error:
                keras_code.info(str(error))
    except ShapeError as error:
        st.error(str(error))

warm_up()
