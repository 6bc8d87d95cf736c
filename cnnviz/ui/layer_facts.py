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
    # inline, because display formulas do not break into lines on a phone
    formula = f"${height}$" if height == width else f"$H' = {height}$  \n$W' = {width}$"
    size.markdown(
        f"**Output size** {shape_text(input_shape)} → **{shape_text(output_shape)}**\n\n{formula}\n\n"
        f":small[:gray[{_SIZES[layer.kind]}]]"
    )
    biases = " + biases" if layer.bias else ""
    params.markdown(
        f"**Parameters**\n\n`{layer.params_formula(input_shape)}`\n\n"
        f":small[:gray[filters · (channels · height · width){biases}]]"
    )
    _, *products = layer.weight_shape(input_shape)
    cells = output_shape if layer.kind == "Conv2d" else input_shape
    macs.markdown(
        f"**Multiply-adds**\n\n`{shape_text(cells)} · {'·'.join(map(str, products))} = {layer.macs(input_shape):,}`\n\n"
        f":small[:gray[{_COSTS[layer.kind]}]]"
    )
