"""The kernels that a network has learned, and what each of them sees in an image."""

import streamlit as st

from cnnviz.components.assets import heard
from cnnviz.components.map_grid import map_grid
from cnnviz.inspection import kernels
from cnnviz.runs import CheckpointError
from cnnviz.runs.store import RunStore
from cnnviz.ui.address import choice, selection, switch, whole
from cnnviz.ui.feature_map import feature_maps
from cnnviz.ui.image_picker import pick_image
from cnnviz.ui.model_picker import about, load_model, pick_model
from cnnviz.ui.page import start_page
from cnnviz.ui.recognition import recognition
from cnnviz.ui.run_insights import film
from cnnviz.ui.run_views import store_errors
from cnnviz.ui.warm_up import warm_up

FOLLOW_SECONDS = 2.0
MOST_SIDE_BY_SIDE = 6
KERNELS_ABREAST = 12  # those of a filter stay together


def chosen(key: str, channels: int) -> None:
    at = heard(key, "chosen")
    if at is not None:
        st.session_state["filter"] = float(at // channels)
        st.session_state["channel"] = float(at % channels)
        st.rerun()  # the controls too, not only the fragment


start_page("Kernels")
controls, view = st.columns([1, 3], gap="large")

with controls:
    name = pick_model()
try:
    model = load_model(name)
except CheckpointError as error:
    st.error(str(error))
    st.stop()

layers = kernels(model.module)
with controls:
    # side by side while they fit
    layer = (choice if len(layers) <= MOST_SIDE_BY_SIDE else selection)("Layer", list(layers), key="layer")
    filters, channels, height, width = layers[layer].shape
    number = min(whole("Filter", 0, filters - 1, 0, key="filter"), filters - 1)
    channel = min(whole("Input channel", 0, channels - 1, 0, key="channel"), channels - 1) if channels > 1 else 0
    picture = pick_image()
    recognition(picture)


@st.fragment(run_every=FOLLOW_SECONDS if model.is_training else None)
def show() -> None:
    try:
        now = load_model(name)
    except CheckpointError as error:  # the run was deleted meanwhile
        st.error(str(error))
        return
    if model.is_training and not now.is_training:
        st.rerun()
    weight = kernels(now.module)[layer]
    st.caption(about(now))
    st.subheader(f"{layer}: {filters} filters × {channels} input channel{'s' * (channels > 1)}, {height}×{width} each")
    grid_key = f"kernels_{layer}"
    map_grid(
        weight.reshape(-1, height, width),
        key=grid_key,
        label=f"Kernels of {layer}",
        quantity="Weights",
        scale="weights",
        columns=channels * max(1, KERNELS_ABREAST // channels) if channels > 1 else 8,
        chosen=number * channels + channel,
        on_choose=lambda: chosen(grid_key, channels),
    )
    one, result = st.columns(2, gap="large")
    with one:
        st.subheader(f"Filter {number}" + (f", input channel {channel}" if channels > 1 else ""))
        map_grid(
            weight[number, channel][None],
            key="kernel",
            label="The chosen kernel",
            quantity="Weights",
            scale="weights",
            columns=1,
        )
    with result:
        maps = feature_maps(now, picture)
        st.subheader(f"Its map of {picture.title.lower()}")
        map_grid(
            maps[layer][number][None],
            key="map",
            label="The map of the chosen filter",
            quantity="Output",
            scale="activations",
            columns=1,
        )
        if channels > 1:
            st.caption(
                f"The map of filter {number} adds up what its {channels} kernels find in their input channels, and the bias."
            )


@st.fragment(run_every=FOLLOW_SECONDS if model.is_training else None)
def formed() -> None:
    with store_errors():
        if not film(name, model.card.dataset, model.card.config, RunStore(), live=model.is_training):
            st.caption("Nothing was kept of how it learned.")


with view:
    show()
    if model.is_trained and switch("How the first layer's kernels formed", key="film"):
        formed()

warm_up()
