"""One convolution, on a real image, down to every product of one window."""

import streamlit as st

from cnnviz.components.window_explorer import window_explorer
from cnnviz.layers import Conv2d, ShapeError
from cnnviz.ui.image_picker import pick_image
from cnnviz.ui.kernel_picker import pick_kernels
from cnnviz.ui.layer_facts import layer_facts
from cnnviz.ui.page import start_page
from cnnviz.ui.warm_up import warm_up

LECTURE = {
    "image": "lecture",
    "kernel": "diagonal",
    "filters": 1,
    "kernel_size": 3,
    "bias": 0.0,
    "stride": 1,
    "padding": 0,
    "dilation": 1,
}

start_page("Convolution")
controls, view = st.columns([1, 3], gap="large")

with controls:
    st.button(
        "The lecture's 6×6 example",
        icon=":material/school:",
        on_click=lambda: st.session_state.update(LECTURE),
        help="Its image with its filter: the numbers of Hung-yi Lee's lecture on convolutional networks.",
    )
    picture = pick_image()
    kernels = pick_kernels(len(picture.pixels))
    with st.container(horizontal=True):
        stride = st.slider("Stride", 1, 8, 1, key="stride", bind="query-params")
        padding = st.slider("Padding", 0, 10, 0, key="padding", bind="query-params")
        dilation = st.slider("Dilation", 1, 5, 1, key="dilation", bind="query-params")

values, channel_names = kernels.input_of(picture)
layer = Conv2d(
    out_channels=len(kernels.weight),
    kernel_size=kernels.weight.shape[2:],
    stride=stride,
    padding=padding,
    dilation=dilation,
)

with view:
    try:
        layer_facts(layer, values.shape)
        window_explorer(
            layer,
            values,
            kernels.weight,
            kernels.bias,
            channel_names=channel_names,
            filter_names=kernels.names,
            are_pixels=kernels.card is None,
        )
        st.caption(
            f"{picture.title}. Move over an output cell to see its window, over an input cell to see what it feeds; "
            "arrow keys do the same. Hatched cells are padding. Counted from 0, as PyTorch does."
        )
    except ShapeError as error:
        st.error(str(error))

warm_up()
