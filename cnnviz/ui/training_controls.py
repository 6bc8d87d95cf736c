"""Controls that set up a training run, and start it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import cache

import streamlit as st

from cnnviz.data import DATASETS, SOURCES, form, is_available
from cnnviz.data.background import download_status, start_download
from cnnviz.data.dataset import DataError
from cnnviz.layers import Linear, ShapeError
from cnnviz.networks import Network, architecture, architectures
from cnnviz.networks.code import encode, file_name
from cnnviz.networks.figures import is_form_of
from cnnviz.runs import LocalEngine, RunStore, Spec
from cnnviz.training import TrainingConfig, devices
from cnnviz.ui.address import choice, selection, whole
from cnnviz.ui.layer_words import volume
from cnnviz.ui.model_picker import BUILT, network_of_address
from cnnviz.ui.plain import plain


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
    built = network_of_address()
    names = [*([BUILT] if built else []), *trainable()]
    key = selection("Architecture", names, key="architecture", index=0 if built else names.index("lenet5"))
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
        network = (built if built and key == BUILT else architecture(key)).fitted(*form(dataset))
    except ShapeError as error:
        st.error(plain(f"{error}."))
        return
    st.caption(f"{plain(network.name)}: {network.num_params:,} parameters for these images.")
    st.button(
        "Start training",
        type="primary",
        on_click=lambda: on_start(start_training(network, dataset, config)),
        disabled=not ready,
        width="stretch",
        icon=":material/play_arrow:",
    )


def train_network(network: Network, batch_size: int, wanted: str = "") -> dict[str, str] | None:
    """Controls that train a network with one click; the address of its run on the Train page when it is clicked.

    The dataset is ``wanted`` where it fits.
    """
    fitting = [name for name in (wanted, *DATASETS) if name and form(name)[0] == network.input_shape]
    input_now = network.input_shape, wanted
    if st.session_state.get("trained_input", input_now) != input_now and fitting:
        st.session_state["train_on"] = fitting[0]  # the input has become another: so does the dataset
    st.session_state["trained_input"] = input_now
    dataset = selection(
        "Dataset",
        DATASETS,
        key="train_on",
        index=DATASETS.index(fitting[0]) if fitting else 0,
        help="Input and number of classes become the dataset's.",
    )
    epochs = whole("Epochs", 1, 200, 3, key="train_epochs")  # not the Train page's name: that goes to its address
    ready = _offer_download(dataset)
    try:
        fitted = network.fitted(*form(dataset))
    except ShapeError as error:
        st.caption(plain(f"For {dataset}, whose images are {volume(form(dataset)[0])}: {error}."))
        return None
    if fitted.layers != network.layers or fitted.input_shape != network.input_shape:
        st.caption(
            f"This network reads {volume(network.input_shape)}. To train on {dataset} its input becomes "
            f"{volume(fitted.input_shape)}, its output {form(dataset)[1]} classes."
        )

    def start() -> None:
        config = TrainingConfig(epochs=epochs, batch_size=batch_size)
        st.session_state["started"] = {
            "run": start_training(fitted, dataset, config),
            "dataset": dataset,
            "net": encode(network),
            "epochs": str(epochs),
            "batch_size": str(batch_size),
        }

    st.button(
        "Train it",
        type="primary",
        on_click=start,
        disabled=not ready,
        width="stretch",
        icon=":material/play_arrow:",
    )
    started: dict[str, str] | None = st.session_state.pop("started", None)
    return started


def start_training(network: Network, dataset: str, config: TrainingConfig) -> str:
    """Start a run in a process of its own; its id."""
    store = RunStore()
    run = store.create(
        Spec(network=network, dataset=dataset, config=config, command=command_line(network, dataset, config))
    )
    LocalEngine(store).launch(run.id)
    return run.id


@cache
def trainable() -> list[str]:
    """The known architectures that end in classes, and so can be fitted to a dataset."""
    return [key for key in architectures() if isinstance(architecture(key).layers[-1], Linear)]


def command_line(network: Network, dataset: str, config: TrainingConfig) -> str:
    """The command that does the same; a network of one's own comes from its JSON file."""
    key = next((key for key in trainable() if is_form_of(network, key)), None)
    which = ["--architecture", key] if key else ["--network", f"{file_name(network)}.json"]
    words = ["python", "-m", "cnnviz", "train", *which, "--dataset", dataset]
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
