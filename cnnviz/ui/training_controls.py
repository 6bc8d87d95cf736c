"""Controls that set up a training run, and start it."""

from __future__ import annotations

import shlex
from collections.abc import Callable

import streamlit as st

from cnnviz.data import DATASETS, SOURCES, form, is_available
from cnnviz.data.background import download_status, start_download
from cnnviz.data.dataset import DataError
from cnnviz.layers import ShapeError
from cnnviz.networks import architecture, architectures
from cnnviz.runs import LocalEngine, RunStore, Spec
from cnnviz.training import TrainingConfig, devices
from cnnviz.ui.address import choice, whole


@st.cache_resource(show_spinner="Looking for GPUs …")
def _devices() -> list[str]:
    return ["auto", *devices()]


def pick_training(on_start: Callable[[str], None]) -> None:
    """Controls for a run; ``on_start`` gets the id of a run that the user has started."""
    dataset = st.selectbox(
        "Dataset",
        DATASETS,
        key="dataset",
        bind="query-params",
        help="Digits and shapes come with the app; the others are downloaded once.",
    )
    ready = _offer_download(dataset)
    key = st.selectbox("Architecture", architectures(), key="architecture", bind="query-params")
    with st.container(horizontal=True):
        epochs = whole("Epochs", 1, 200, 5, key="epochs")
        batch_size = whole("Batch size", 1, 4096, 64, key="batch_size")
    with st.container(horizontal=True):
        optimizer = choice("Optimiser", ["adam", "sgd"], key="optimizer", help="SGD has momentum 0.9.")
        rate = st.number_input(
            "Learning rate", 1e-6, 10.0, 1e-3, format="%g", step=1e-3, key="learning_rate", bind="query-params"
        )
    device = st.selectbox("Device", _devices(), key="device", bind="query-params", help="auto is the fastest of them.")
    config = TrainingConfig(
        epochs=epochs, batch_size=batch_size, learning_rate=rate, optimizer=optimizer, device=device
    )
    try:
        network = architecture(key).fitted(*form(dataset))
    except ShapeError as error:
        st.error(str(error))
        return
    st.caption(f"{network.name}: {network.num_params:,} parameters for these images.")

    def start() -> None:
        store = RunStore()
        spec = Spec(network=network, dataset=dataset, config=config, command=command_line(key, dataset, config))
        run = store.create(spec)
        LocalEngine(store).launch(run.id)
        on_start(run.id)

    st.button(
        "Start training",
        type="primary",
        on_click=start,
        disabled=not ready,
        width="stretch",
        icon=":material/play_arrow:",
    )


def command_line(architecture_key: str, dataset: str, config: TrainingConfig) -> str:
    """The command that does the same."""
    words = ["python", "-m", "cnnviz", "train", "--architecture", architecture_key, "--dataset", dataset]
    for name, value in config.model_dump().items():
        words += [f"--{name.replace('_', '-')}", f"{value:g}" if isinstance(value, float) else str(value)]
    return shlex.join(words)


def _offer_download(dataset: str) -> bool:
    """Whether the data are there; where not, the button that fetches them, and then the bar."""
    if is_available(dataset):
        return True
    source = SOURCES[dataset]
    status = download_status(dataset)
    if status is not None and status.running:

        @st.fragment(run_every=0.5)
        def bar() -> None:
            now = download_status(dataset)
            if now is None or not now.running:
                st.rerun()
            else:
                st.progress(now.fraction, f"Downloading {source.title}: {now.fraction:.0%} of {source.megabytes}")

        bar()
        return False
    if status is not None and status.error:
        st.error(status.error)

    def fetch() -> None:
        try:
            start_download(dataset)
        except DataError as error:
            st.session_state["download_error"] = str(error)

    if error := st.session_state.pop("download_error", None):
        st.error(error)
    st.button(
        f"Download {source.title} ({source.megabytes})", on_click=fetch, width="stretch", icon=":material/download:"
    )
    return False
