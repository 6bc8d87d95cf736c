"""A network in and out of the builder: source text, JSON, ONNX."""

from __future__ import annotations

import streamlit as st

from cnnviz.layers import ShapeError
from cnnviz.networks import Network, keras_source, torch_source
from cnnviz.networks.code import CodeError, file_name, from_json, to_json
from cnnviz.networks.editing.workbench import Workbench
from cnnviz.networks.onnx_export import ExportError, onnx_bytes
from cnnviz.runs import CheckpointError
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.pickers.model_picker import load_model, trained_alike

_FRESH = "fresh random ones"


def source(network: Network) -> None:
    """PyTorch and Keras, to copy."""
    torch_code, keras_code = st.tabs(["PyTorch", "Keras 3"])
    torch_code.caption("A class that runs as it stands.")
    torch_code.code(torch_source(network), language="python", height=420)
    keras_code.caption(
        "A model that computes the same with the same weights, on any of Keras' backends: TensorFlow, JAX or, with "
        "KERAS_BACKEND=torch in the environment, PyTorch."
    )
    try:
        keras_code.code(keras_source(network), language="python", height=420)
    except ShapeError as error:
        keras_code.info(escaped(f"{error}."))


def json(bench: Workbench) -> None:
    """A file to keep, and to bring back."""

    def take() -> None:
        file = st.session_state["json_file"]
        if file is None:
            return
        try:
            bench.open(from_json(file.getvalue()), said=f"{file.name} is open.")
        except CodeError as error:
            bench.said = ""
            st.session_state["json_error"] = escaped(str(error))

    st.download_button(
        "Download as JSON",
        to_json(bench.draft),
        f"{file_name(bench.draft)}.json",
        "application/json",
        icon=":material/download:",
        on_click="ignore",
    )
    st.file_uploader("Open a JSON file", type="json", key="json_file", on_change=take)
    if error := st.session_state.pop("json_error", None):
        st.error(error)


def onnx(network: Network) -> None:
    """ONNX with fresh weights, or with those of a run or checkpoint of the same layers."""
    names = trained_alike(network)
    name = st.selectbox("Weights", [*names, _FRESH], key="onnx_weights")

    def ask() -> None:
        st.session_state["onnx_asked"] = True

    st.button("Make the ONNX file", on_click=ask, icon=":material/deployed_code:")
    if st.session_state.pop("onnx_asked", False):
        try:
            with st.spinner("Exporting …"):
                module = network.module().eval() if name == _FRESH else load_model(name).module
                st.session_state["onnx_file"] = (network, name, onnx_bytes(network, module))
        except (ExportError, CheckpointError, ShapeError) as error:
            st.error(escaped(str(error)))
    made = st.session_state.get("onnx_file")
    if made and made[:2] == (network, name):
        st.download_button(
            f"Download {escaped(file_name(network))}.onnx ({len(made[2]) / 1e6:.1f} MB)",
            made[2],
            f"{file_name(network)}.onnx",
            "application/octet-stream",
            icon=":material/download:",
            on_click="ignore",
        )
