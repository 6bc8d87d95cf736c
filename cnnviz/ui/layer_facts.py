"""A layer's size formula and costs with the numbers filled in."""

from __future__ import annotations

import streamlit as st

from cnnviz.layers import Conv2d, Shape, shape_text


def layer_facts(layer: Conv2d, input_shape: Shape) -> None:
    """Raises ShapeError where the layer does not fit."""
    output_shape = layer.output_shape(input_shape)
    height, width = layer.size_formula(input_shape)
    size, params, macs = st.columns([5, 3, 3], border=True)
    with size:
        st.markdown(f"**Output size** {shape_text(input_shape)} → **{shape_text(output_shape)}**")
        # inline, because display formulas do not break into lines on a phone
        st.markdown(f"${height}$" if height == width else f"$H' = {height}$  \n$W' = {width}$")
        st.caption("⌊(size + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1")
    with params:
        st.markdown("**Parameters**")
        st.markdown(f"`{layer.params_formula(input_shape)}`")
        st.caption("filters · (channels · height · width) + biases")
    with macs:
        _, *kernel = layer.weight_shape(input_shape)
        st.markdown("**Multiply-adds**")
        st.markdown(f"`{shape_text(output_shape)} · {'·'.join(map(str, kernel))} = {layer.macs(input_shape):,}`")
        st.caption("output cells · products in one window")
