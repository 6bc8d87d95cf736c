"""A layer's size formula and costs with the numbers filled in."""

from __future__ import annotations

import streamlit as st

from cnnviz.layers import Conv2d, ConvTranspose2d, Shape, shape_text

_SIZES = {
    "Conv2d": "⌊(size + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1",
    "ConvTranspose2d": "(size − 1)·stride − 2·padding + dilation·(kernel − 1) + output padding + 1",
}
_COSTS = {
    "Conv2d": "output cells · products in one window",
    "ConvTranspose2d": "input cells · products that each paints",
}


def layer_facts(layer: Conv2d | ConvTranspose2d, input_shape: Shape) -> None:
    """Raises ShapeError where the layer does not fit."""
    output_shape = layer.output_shape(input_shape)
    height, width = layer.size_formula(input_shape)
    size, params, macs = st.columns([5, 3, 3], border=True)
    with size:
        st.markdown(f"**Output size** {shape_text(input_shape)} → **{shape_text(output_shape)}**")
        # inline, because display formulas do not break into lines on a phone
        st.markdown(f"${height}$" if height == width else f"$H' = {height}$  \n$W' = {width}$")
        st.caption(_SIZES[layer.kind])
    with params:
        st.markdown("**Parameters**")
        st.markdown(f"`{layer.params_formula(input_shape)}`")
        st.caption("filters · (channels · height · width)" + (" + biases" if layer.bias else ""))
    with macs:
        _, *products = layer.weight_shape(input_shape)
        cells = output_shape if layer.kind == "Conv2d" else input_shape
        st.markdown("**Multiply-adds**")
        st.markdown(f"`{shape_text(cells)} · {'·'.join(map(str, products))} = {layer.macs(input_shape):,}`")
        st.caption(_COSTS[layer.kind])
