"""Why a convolution shares its weights: the same layer as a fully connected one."""

from __future__ import annotations

from math import prod

import numpy as np
import streamlit as st

from cnnviz.layers import Conv2d, ConvTranspose2d, Linear, Shape, ShapeError, pair, shape_text
from cnnviz.layers.weight_sharing import connections, shared_weights
from cnnviz.plots.weight_matrix import weight_matrix
from cnnviz.ui.frame.hiding import withhold
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.layer_lab.layer_facts import tells_layer

_MOST_CELLS = 400


def weight_sharing(layer: Conv2d | ConvTranspose2d, input_shape: Shape) -> None:
    """Costs beside those of a Linear layer between the same shapes, and the picture of its weight matrix."""
    if tells_layer():
        withhold("This view")
        return
    output_shape = layer.output_shape(input_shape)
    cells_in, cells_out = prod(input_shape), prod(output_shape)
    dense = Linear(out_features=cells_out, bias=layer.bias)
    kept, weights = connections(layer, input_shape), prod(layer.weight_shape(input_shape))
    bias = f" + {cells_out:,}" if layer.bias else ""
    rows = (
        (
            "Parameters",
            layer.num_params(input_shape),
            dense.num_params((cells_in,)),
            f"{cells_in:,}·{cells_out:,}{bias} = ",
        ),
        ("Multiply-adds", layer.macs(input_shape), dense.macs((cells_in,)), ""),
        ("Connections", kept, cells_in * cells_out, ""),
    )
    table = "\n".join(
        f"| {what} | {ours:,} | {written}{theirs:,} | {_share(ours, theirs)} |" for what, ours, theirs, written in rows
    )
    st.markdown(f"| | {layer.kind} | Linear, {cells_in:,} → {cells_out:,} | kept |\n|:--|--:|--:|--:|\n{table}")
    st.markdown(
        f"Each output cell is connected to its window only, and all cells of an output channel use the same weights: "
        f"{kept:,} connections share {weights:,} weights."
    )
    try:
        small, shape = _small(layer, input_shape)
    except ShapeError as error:
        st.caption(escaped(str(error)))
        return
    numbers = shared_weights(small, shape)
    count = prod(small.weight_shape(shape))
    matrix, kernel = st.columns([4, 1], gap="large")
    what = "This layer"
    if (small, shape) != (layer, input_shape):
        what = f"The same layer on a small {shape_text(shape)} input, {small.out_channels} of its filters"
    with matrix:
        st.markdown(
            f"**{what}, as the weight matrix of a Linear layer**: a row for each of {len(numbers)} output cells, a column "
            f"for each of {numbers.shape[1]} input cells. One colour, one weight; white: no connection."
        )
        entries = f"{np.mean(numbers != -1):.1%} of the entries are connections."
        st.image(weight_matrix(numbers, count), output_format="PNG", caption=entries)
    with kernel:
        kh, kw = pair(small.kernel_size)
        st.markdown("**Its kernels** in the same colours")
        st.image(
            weight_matrix(np.arange(count).reshape(-1, kw), count, 28 * kw),
            output_format="PNG",
            caption=f"{count // (kh * kw)} of {kh}×{kw}",
        )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2%}" if part / whole >= 0.0001 else f"1 / {whole / part:,.0f}"


def _small(layer: Conv2d | ConvTranspose2d, input_shape: Shape) -> tuple[Conv2d | ConvTranspose2d, Shape]:
    """The layer where its matrix can be shown whole; else one group of it on the smallest input that has three windows."""
    if prod(input_shape) <= _MOST_CELLS and prod(layer.output_shape(input_shape)) <= _MOST_CELLS:
        return layer, input_shape
    channels, filters = (min(2, n // layer.groups) for n in (input_shape[0], layer.out_channels))
    small = layer.model_copy(update={"out_channels": filters, "groups": 1})
    for side in range(2, 20):
        shape = (channels, side, side)
        try:
            _, height, width = small.output_shape(shape)
        except ShapeError:
            continue
        if min(height, width) >= 3:
            if prod(shape) <= 2 * _MOST_CELLS and filters * height * width <= 2 * _MOST_CELLS:
                return small, shape
            break
    raise ShapeError("The matrix of this layer is too large for a picture: take a smaller kernel, dilation or padding")
