"""The kernels that a network has learned, and what each of them sees in an image."""

from typing import Any

import streamlit as st

from cnnviz.components.assets import heard
from cnnviz.components.map_grid import map_grid
from cnnviz.inspection import kernels
from cnnviz.layers.base import Array
from cnnviz.plots import colours_said
from cnnviz.runs import CheckpointError
from cnnviz.ui.frame.address import choice, selection, switch, whole
from cnnviz.ui.frame.hiding import tells
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.frame.page import leave_page, start_lab
from cnnviz.ui.frame.repeated import repeated
from cnnviz.ui.frame.visitor import seen_runs
from cnnviz.ui.frame.warm_up import warm_up
from cnnviz.ui.inside.kernel_colours import IMAGE_CHANNELS, SMALLEST, in_colour, reads_colours, what_to_look_for
from cnnviz.ui.links.networks import kernel_way, map_way
from cnnviz.ui.pickers.feature_map import feature_maps
from cnnviz.ui.pickers.image_picker import greeting, pick_image, tells_picture
from cnnviz.ui.pickers.model_picker import NoWeightsYet, load_model, pick_model, say_about
from cnnviz.ui.pickers.recognition import recognition
from cnnviz.ui.runs.at_rest import look_again
from cnnviz.ui.runs.insights import film
from cnnviz.ui.runs.views import store_errors

FOLLOW_SECONDS = 2.0
MOST_SIDE_BY_SIDE = 6
KERNELS_ABREAST = 12  # those of a filter stay together
SMALLEST_NAMED = 44  # CSS pixels: room for a name above it
MOST_KERNELS = 2048  # side by side; of a layer with more, those of one filter


def chosen(key: str, channels: int) -> None:
    at = heard(key, "chosen")
    if at is not None:
        st.session_state["filter"] = float(at // channels)
        if channels > 1:
            st.session_state["channel"] = float(at % channels)
        st.rerun()  # the controls too, not only the fragment


def all_kernels(weight: Array, key: str) -> None:
    """Of a layer, each with its number; those of the chosen filter where all are too many."""
    filters, channels, height, width = weight.shape
    here = "the layer" if tells("layer") else layer
    if is_in_colour or channels == 1:
        map_grid(
            weight if is_in_colour else weight[:, 0],
            columns=8,
            labels=[str(i) for i in range(filters)],
            chosen=number,
            on_choose=lambda: chosen(key, 1),
            item="filter",
            **looks(key, f"Kernels of {here}"),
        )
        return
    if filters * channels > MOST_KERNELS:
        st.caption(f"The {channels} kernels of filter {number}: all {filters * channels:,} of this layer are too many.")
        map_grid(
            weight[number],
            columns=16,
            labels=[str(i) for i in range(channels)],
            chosen=channel,
            on_choose=lambda: chosen_channel(key),
            item="input channel",
            **looks(key, f"Kernels of filter {number} of {here}"),
        )
        return
    abreast = max(1, KERNELS_ABREAST // channels)
    names = IMAGE_CHANNELS if reads_image else range(channels)
    labels = [f"{i} {name}" if reads_image else f"{i}·{name}" for i in range(filters) for name in names]
    map_grid(
        weight.reshape(-1, height, width),
        columns=channels * abreast,
        labels=labels if abreast > 1 else [],
        heads=None if abreast > 1 else ([str(i) for i in range(filters)], [str(name) for name in names]),
        chosen=number * channels + channel,
        on_choose=lambda: chosen(key, channels),
        item="kernel",
        **looks(key, f"Kernels of {here}") | {"smallest": SMALLEST_NAMED if abreast > 1 else SMALLEST},
    )
    st.caption(
        "A row for each filter, a column for each input channel."
        if abreast == 1
        else "Above each kernel: its filter and its input channel."
    )


def looks(key: str, label: str) -> dict[str, Any]:
    return {"key": key, "label": label, "quantity": "Weights", "scale": "weights", "smallest": SMALLEST}


def chosen_channel(key: str) -> None:
    at = heard(key, "chosen")
    if at is not None:
        st.session_state["channel"] = float(at)
        st.rerun()


controls, view = start_lab("Kernels")

with controls:
    name = pick_model()
try:
    model = load_model(name)
except NoWeightsYet as error:
    view.info(escaped(str(error)))
    look_again([name])
    leave_page()
except CheckpointError as error:
    st.error(escaped(str(error)))
    leave_page()

layers = kernels(model.module)
with controls:
    # side by side while they fit
    layer = (choice if len(layers) <= MOST_SIDE_BY_SIDE else selection)("layer", list(layers))
    filters, channels, height, width = layers[layer].shape
    reads_image = reads_colours(model.card.network, layer, channels)
    is_in_colour = reads_image and in_colour()
    has_channels = channels > 1 and not is_in_colour
    number = min(whole("filter", high=filters - 1), filters - 1)
    channel = min(whole("channel", high=channels - 1), channels - 1) if has_channels else 0
    picture = pick_image(greeting(model.card), model)
    recognition(picture)


@repeated(FOLLOW_SECONDS if model.is_training else None)
def show() -> None:
    try:
        now = load_model(name)
    except CheckpointError as error:  # the run was deleted meanwhile
        st.error(escaped(str(error)))
        return
    if model.is_training and not now.is_training:
        st.rerun()
    weight = kernels(now.module)[layer]
    say_about(now)
    named = "" if tells("layer") else f"{escaped(layer)}: "
    st.subheader(f"{named}{filters} filters × {channels} input channel{'s' * (channels > 1)}, {height}×{width} each")
    if not is_in_colour:
        st.caption(what_to_look_for(now.card.network, layer))
    all_kernels(weight, f"kernels_{layer}_{'colour' if is_in_colour else 'plain'}")
    st.caption(colours_said("colour kernels" if is_in_colour else "weights", "activations"))
    one, result = st.columns(2, gap="large")
    with one:
        st.subheader(f"Filter {number}" + (f", input channel {channel}" if has_channels else ""))
        one_kernel = weight[number] if is_in_colour else weight[number, channel]
        map_grid(one_kernel[None], columns=1, item="kernel", **looks("kernel", "The chosen kernel"))
        if there := kernel_way(now, layer, number):
            there.link("See it slide over the image", ":material/filter_center_focus:")
    with result:
        maps = feature_maps(now, picture)
        st.subheader("Its map of the image" if tells_picture() else f"Its map of {escaped(picture.title.lower())}")
        map_grid(
            maps[layer][number][None],
            key="map",
            label="The map of the chosen filter",
            quantity="Output",
            scale="activations",
            columns=1,
        )
        if there := map_way(now, layer, number):
            there.link("See its map in the network", ":material/visibility:")
        if channels > 1:
            st.caption(
                f"The map of filter {number} adds up what its {channels} kernels find in their input channels, and the bias."
            )


@repeated(FOLLOW_SECONDS if model.is_training else None)
def formed() -> None:
    with store_errors():
        if not film(name, model.card.dataset, model.card.config, seen_runs(), live=model.is_training):
            st.caption("Nothing was kept of how it learned.")


with view:
    show()
    if model.is_trained and switch("film"):
        formed()

look_again([name])
warm_up()
