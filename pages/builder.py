"""Build a network layer by layer, and see at once what each layer does to shape, parameters, memory and receptive field."""

import streamlit as st

from cnnviz.networks.code import encode
from cnnviz.ui.builder import exchange
from cnnviz.ui.builder.network_editor import edit, keep_in_address, open_workbench, pick_architecture, why_not
from cnnviz.ui.builder.pasting import paste
from cnnviz.ui.frame.address import choice, whole
from cnnviz.ui.frame.browser_history import go_to
from cnnviz.ui.frame.hiding import tells, withhold
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.frame.page import start_lab
from cnnviz.ui.frame.warm_up import warm_up
from cnnviz.ui.links.way import lead_on
from cnnviz.ui.training.controls import nothing_to_start, train_network

controls, view = start_lab("Builder")
bench = open_workbench()

with controls:
    pick_architecture(bench)
    batch_size = whole("batch")

with view:
    edit(bench, batch_size)

keep_in_address(bench)
lead_on()
problem = why_not(bench)

with controls:
    st.subheader("Train it")
    if problem:
        st.caption(escaped(problem))
        nothing_to_start()
    else:
        run = train_network(bench.network(), batch_size, bench.dataset, bench.put)
        if run is not None:
            go_to("train", **run)
        st.page_link(
            "pages/activations.py",
            label="Follow an image through it",
            icon=":material/visibility:",
            query_params={"net": encode(bench.draft)},
        )
    st.page_link("pages/models.py", label="All known architectures", icon=":material/table_chart:")

with view:
    more = choice("more")
    if more == "paste":
        paste(bench)
    elif more != "–" and tells("net", "architecture"):
        withhold("This form")
    elif more == "JSON":
        exchange.json(bench)
    elif more != "–" and problem:
        st.info(escaped(problem))
    elif more == "code":
        exchange.source(bench.network())
    elif more == "ONNX":
        exchange.onnx(bench.network())

warm_up()
