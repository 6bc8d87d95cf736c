"""A layer as code to copy."""

from __future__ import annotations

import streamlit as st

from cnnviz.layers import Activation, Convolution, Pooling, Shape, ShapeError
from cnnviz.layers.base import Array
from cnnviz.layers.source import keras_script, torch_script
from cnnviz.ui.frame.hiding import tells, withhold
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.layer_lab.layer_facts import tells_layer


def source_view(
    layer: Convolution | Pooling,
    input_shape: Shape,
    weight: Array | None = None,
    bias: Array | None = None,
    activation: Activation | None = None,
) -> None:
    """``weight`` as torch stores it."""
    if tells_layer() or tells("activation", "slope", "kernel", "bias", "seed"):
        withhold("The code")
        return
    torch_code, keras_code = st.columns(2)
    torch_code.markdown(f"**PyTorch** · {layer.kind}")
    torch_code.code(torch_script(layer, input_shape, weight, bias, activation), language="python", wrap_lines=True)
    keras_code.markdown(f"**Keras 3** · {layer.kind}")
    try:
        keras_code.code(keras_script(layer, input_shape, weight, bias, activation), language="python", wrap_lines=True)
    except ShapeError as error:
        keras_code.info(escaped(str(error)))
