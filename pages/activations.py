"""An image on its way through a network: all layers at a glance, one map, one window."""

from typing import cast

import streamlit as st

from cnnviz.components.network_map import ScaleOf, network_map
from cnnviz.networks.focus import Focus, focus_of
from cnnviz.plots import colours_said
from cnnviz.runs import CheckpointError
from cnnviz.ui.frame.address import choice, keep, text
from cnnviz.ui.frame.hiding import place
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.frame.page import leave_page, start_lab
from cnnviz.ui.frame.refused import has_come, refuse_unreadable
from cnnviz.ui.frame.repeated import repeated
from cnnviz.ui.frame.warm_up import warm_up
from cnnviz.ui.inside.breadcrumbs import look_path
from cnnviz.ui.inside.field_view import field_view
from cnnviz.ui.inside.layer_maps import layer_maps
from cnnviz.ui.inside.network_maps import overview, with_softmax
from cnnviz.ui.inside.unit_view import Unit, unit_name, unit_view
from cnnviz.ui.pickers.feature_map import network_input
from cnnviz.ui.pickers.image_picker import greeting, pick_image, tells_picture
from cnnviz.ui.pickers.model_picker import NoWeightsYet, load_model, pick_model, say_about
from cnnviz.ui.pickers.picture_changes import change_picture, opens_changed
from cnnviz.ui.pickers.predictions import predictions
from cnnviz.ui.pickers.unlike_training import unlike_training
from cnnviz.ui.runs.at_rest import look_again

FOLLOW_SECONDS = 2.0

controls, view = start_lab("Activations", breadth=4)

with controls, place("net"):
    name = pick_model(untrained=True)
try:
    model = load_model(name)
except NoWeightsYet as error:
    view.info(escaped(str(error)))
    look_again([name])
    leave_page()
except CheckpointError as error:
    view.error(escaped(str(error)))
    leave_page()
if len(model.card.network.input_shape) != 3:
    view.info("This network reads features, not images: choose another one.")
    leave_page()
with controls:
    say_about(model)
    picture = pick_image(greeting(model.card), model)
    with st.expander("Change it: pixels, shift", expanded=opens_changed()):
        picture = change_picture(picture)
    scale_of = cast(ScaleOf, choice("scale"))


def go(look: Focus | None) -> None:
    keep("term", "")  # is about the unit that one leaves
    keep("look", "" if look is None else str(look))


@repeated(FOLLOW_SECONDS if model.is_training else None)
def show() -> None:
    try:
        now = load_model(name)
    except CheckpointError as error:  # the run was deleted meanwhile
        st.error(escaped(str(error)))
        return
    if model.is_training and not now.is_training:
        st.rerun()
    x = network_input(now, picture)
    nodes = {node.name: node for node in with_softmax(now.card.network)}
    look = focus_of(text("look"), nodes)
    refuse_unreadable(
        "look", "the layer to look at", look is not None and (not has_come("look") or str(look) == text("look"))
    )
    summary = overview(now, x)
    channels, height, width = now.card.network.input_shape
    unlike = unlike_training(now.card.dataset, picture.fitted((channels, height, width)))
    predictions(now, summary.probabilities, summary.numbers, "" if tells_picture() else picture.truth, unlike)
    if look is None:
        with place("look"):
            network_map(
                summary.columns,
                network=now.network_key,
                scale_of=scale_of,
                on_look=lambda at: go(focus_of(at, nodes)),
                key="network",
            )
        return
    with place("look"):
        look_path(look, unit_name(nodes[look.name], look.channel or 0, now), list(nodes.values()), go)
    unit = Unit(now, nodes, x, look, go)
    if look.channel is None:
        layer_maps(nodes[look.name], unit.maps(look.name), lambda channel: go(Focus(look.name, channel)))
        return
    unit_view(unit)
    field_view(unit, picture.fitted((channels, height, width)))


with view:
    if picture.missing:
        st.info(f"There is no picture to look at. {picture.missing}")
    else:
        show()
        st.caption(colours_said("activations", "weights"))

look_again([name])
warm_up()
