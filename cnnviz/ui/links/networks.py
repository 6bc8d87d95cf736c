"""From a kernel to the layer that it is of, and to the network in which it stands; and from a layer of a draft to its page."""

from __future__ import annotations

import streamlit as st

from cnnviz.layers import Conv2d
from cnnviz.networks import Draft, table
from cnnviz.networks.draft import LayerPath
from cnnviz.networks.table import LayerRow
from cnnviz.runs import CheckpointError
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.layer_lab.kernel_picker import LEARNED
from cnnviz.ui.links.layers import MOST_FILTERS, input_settings, layer_settings, shown_on
from cnnviz.ui.links.pictures import BY_NUMBER, picture_in_hand
from cnnviz.ui.links.way import Way, is_told, way
from cnnviz.ui.pickers.model_picker import Model, load_model, trained_alike
from cnnviz.ui.pickers.recognition import READER

_FIRST_FILTERS = 4


def kernel_way(model: Model, layer: str, number: int) -> Way | None:
    """To Convolution with the learned kernels of a layer, at one of its filters; None where that page cannot hold the layer."""
    row = next((row for row in table(model.card.network) if row.name == layer), None)
    settings = None if row is None else _learned(row, model.name, number + 1)
    if settings is None or not is_told("model", "layer", "filter"):
        return None
    return way("convolution", **settings, **picture_in_hand(model.card.dataset), at=number)


def map_way(model: Model, layer: str, number: int) -> Way | None:
    """To Activations, at one map of a layer."""
    if not is_told("model", "layer", "filter"):
        return None
    dataset = model.card.dataset
    return way("activations", model=model.name, look=f"{layer}:{number}", **picture_in_hand(dataset, dataset))


def standing(filter_number: int) -> None:
    """A link of Convolution to where such a layer stands: in the network of its kernels, else in LeNet-5."""
    if st.session_state.get("kernel") != LEARNED:
        model, look, name = READER, "conv1", "LeNet-5"
    elif is_told("kernel", "model", "learned_layer"):
        model, look = str(st.session_state["model"]), f"{st.session_state['learned_layer']}:{filter_number}"
        name = model
    else:
        return
    reader = ""
    if st.session_state.get("image") in BY_NUMBER:
        try:
            reader = load_model(model).card.dataset
        except CheckpointError:
            return
    there = way("activations", model=model, look=look, **picture_in_hand(reader=reader))
    there.link(f"Where this stands in {escaped(name)}", ":material/visibility:")


def layer_way(draft: Draft, path: LayerPath) -> tuple[Way, str] | None:
    """To the page about a layer of a draft, and what it is shown on there; None where no page can hold it.

    A convolution of a network that was trained has its learned kernels there, and what the layer reads in that network.
    """
    row = next((row for row in table(draft) if row.path == path), None)
    if row is None or row.layer is None or row.error or row.input_shape is None or len(row.input_shape) != 3:
        return None
    if isinstance(row.layer, Conv2d) and row.layer.groups == 1 and (names := trained_alike(draft)):
        learned = _learned(row, names[0], min(row.layer.out_channels, MOST_FILTERS))
        if learned is not None:
            image = "digit" if draft.input_shape[0] == 1 else "shape"
            return way(
                "convolution", **learned, image=image
            ), f"With the kernels of {names[0]}, on what it reads there."
    settings = layer_settings(row.layer)
    is_first = not any(part for part in path if isinstance(part, int))
    given = input_settings(row.layer, row.input_shape, is_first)
    if settings is None or given is None:
        return None
    what = "an image" if is_first and "channels" not in given[0] else "random feature maps"
    return way(shown_on(row.layer), **settings, **given[0]), f"On {what}{': ' * bool(given[1])}{given[1]}."


def _learned(row: LayerRow, model: str, filters: int) -> dict[str, object] | None:
    """The settings of a convolution with its learned kernels, whose size these have themselves."""
    settings = layer_settings(row.layer)
    if settings is None or not isinstance(row.layer, Conv2d) or row.layer.groups > 1:
        return None
    kept = {
        name: value for name, value in settings.items() if name not in ("groups", "kernel_size", "kernel_size_width")
    }
    return kept | {
        "kernel": LEARNED,
        "model": model,
        "learned_layer": row.name,
        "filters": max(filters, min(_FIRST_FILTERS, row.layer.out_channels)),
    }
