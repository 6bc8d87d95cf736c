"""The known architectures: their costs, their published and measured accuracies, and what EfficientNet's scaling does."""

import streamlit as st

from cnnviz.networks import KNOWN, architecture
from cnnviz.networks.heads import head
from cnnviz.ui.builder.network_editor import show_table
from cnnviz.ui.frame.address import choice, keep, text
from cnnviz.ui.frame.hiding import place, tells, withhold
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.frame.page import start_page
from cnnviz.ui.frame.refused import refuse
from cnnviz.ui.frame.warm_up import warm_up
from cnnviz.ui.models.compound_scaling import compound_scaling
from cnnviz.ui.models.model_gallery import model_gallery
from cnnviz.ui.models.table import accuracy_over_cost, measured_accuracies, measured_text, model_table


def about(chosen: str) -> None:
    """Name, source and accuracies of a network, and the ways from here."""
    known, network = KNOWN[chosen], architecture(chosen)
    st.subheader(network.name)
    published = f" Published: {known.where}." if known.where else ""
    st.caption(
        f"{known.source}{f', {known.year}' if known.year else ''}.{published} "
        f"{escaped(measured_text(chosen, results))} For one input."
    )
    if known.differs:
        st.caption(f"Not quite its source: {known.differs}")
    with st.container(horizontal=True):
        st.page_link(
            "pages/builder.py",
            label="Open in the builder",
            icon=":material/account_tree:",
            query_params={"architecture": chosen},
        )
        st.page_link(
            "pages/activations.py",
            label="Follow an image through it",
            icon=":material/visibility:",
            query_params={"model": chosen},
        )
        if head(network.layers) is not None:
            st.page_link(
                "pages/train.py",
                label="Train it",
                icon=":material/show_chart:",
                query_params={"architecture": chosen},
            )


def choose(key: str) -> None:
    keep("model", key)


start_page("Models")
results = measured_accuracies()

wanted = text("model")
if wanted and wanted not in KNOWN:
    refuse("model", f"There is no architecture {wanted[:40]!r} here.")
if wanted in KNOWN:
    with place("model"):
        st.button("All networks", icon=":material/arrow_back:", type="tertiary", key="all", on_click=choose, args=("",))
    if tells("model"):
        withhold("The name")
    else:
        about(wanted)
    show_table(
        architecture(wanted), 1, key="table" if tells("model") else f"table_{wanted}", is_named=not tells("model")
    )

with place("model"):
    st.subheader("Networks")
    st.caption(
        "Each picture is a network from its input to its answer: a bar is as high as the maps, and thicker with more channels; "
        "convolutions blue, pooling green, Linear layers orange, blocks purple. Click one to see its layers."
    )
    model_gallery(wanted, results, choose)
    with st.expander("All figures in a table"):
        st.caption("A click on a column's name sorts by it; the box at the left of a row shows its layers.")
        model_table(results, choose)

st.subheader("Accuracy over cost")
accuracy_over_cost(choice("task"), results)

st.subheader("EfficientNet's compound scaling")
compound_scaling()

warm_up()
