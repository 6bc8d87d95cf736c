"""draft"""

import streamlit as st

from cnnviz.components.window_explorer import pooling_explorer
from cnnviz.layers import AvgPool2d, MaxPool2d
from cnnviz.ui.address import keep
from cnnviz.ui.image_picker import pick_input
from cnnviz.ui.page import start_lab

controls, view = start_lab("Pooling")
with controls:
    picture = pick_input()
    k = st.slider("k", 1, 8, 2, key="k", bind="query-params")
    p = st.slider("p", 0, 4, 0, key="p", bind="query-params")
    s = st.slider("s", 1, 8, 2, key="s", bind="query-params")
    c = st.toggle("ceil", key="c", bind="query-params")
with view:
    pooling_explorer(
        [
            MaxPool2d(kernel_size=k, padding=p, stride=s, ceil_mode=c),
            AvgPool2d(kernel_size=k, padding=p, stride=s, ceil_mode=c),
        ],
        picture.values,
        channel_names=picture.channel_names,
        at=st.query_params.get("at", ""),
        on_change=keep,
    )
