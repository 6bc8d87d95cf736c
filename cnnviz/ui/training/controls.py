"""Controls that set up a training run, and start it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import streamlit as st

from cnnviz.data import DATASETS, SOURCES, counts, form, is_available
from cnnviz.data.background import download_status, start_download
from cnnviz.data.dataset import DataError
from cnnviz.layers import ShapeError, shape_text
from cnnviz.networks import Network, architecture, architectures
from cnnviz.networks.code import encode, file_name
from cnnviz.networks.heads import head
from cnnviz.networks.network import EndError
from cnnviz.networks.summaries import is_form_of
from cnnviz.runs import RunStore, Spec, StoreError
from cnnviz.runs.limits import LimitError, check_settings, check_visitor, limits
from cnnviz.runs.queue import submit
from cnnviz.training import TrainingConfig
from cnnviz.training.presets import fast
from cnnviz.training.refusals import Refusal, fitted, refusal, remarks
from cnnviz.training.settings import SETTINGS
from cnnviz.ui.frame.address import keep, selection, whole
from cnnviz.ui.frame.hiding import place, tells
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.frame.repeated import repeated
from cnnviz.ui.frame.visitor import visitor
from cnnviz.ui.pickers.model_picker import BUILT, network_of_address
from cnnviz.ui.training.double_click import StartedRuns
from cnnviz.ui.training.forecast import show_forecast
from cnnviz.ui.training.grid import pick_grid
from cnnviz.ui.training.setting_controls import tells_learning
from cnnviz.ui.training.settings import pick_settings, take_settings

_STARTS = "_starts"
_ALWAYS = ("epochs", "batch_size", "optimizer", "learning_rate", "seed")  # what everybody wants to read


def pick_training(on_start: Callable[[str], None]) -> None:
    """Controls for a run; ``on_start`` gets the id of a run that the user has started."""
    dataset = selection("dataset")
    ready = _offer_download(dataset)
    built = network_of_address()
    names = [*([BUILT] if built else []), *trainable()]
    with place("net"):
        key = selection("architecture", names, first=names[0] if built else "lenet5")
    places = {"architecture": st.container()}
    beginning = st.container()  # where one sees it, but what it starts is known below
    config = pick_settings(dataset, places)
    network: Network | None = None
    fault: Refusal | None = None
    no_end: ShapeError | None = None
    try:
        network = fitted(built if built and key == BUILT else architecture(key), dataset)
    except ShapeError as error:
        fault = Refusal("architecture", f"{error}.")
        no_end = error
    differs, configs = pick_grid(config)
    if network is not None:
        fault = next((said for one in configs if (said := _refusal(network, dataset, one))), None)
    if fault and tells_learning():
        fault = Refusal("", "This cannot be trained. Why would tell what this exercise hides.")
    if fault and fault.setting in places:
        places[fault.setting].error(escaped(fault.says))
    with places["architecture"]:
        _offer(no_end, lambda mended: keep("net", encode(mended)))
    noted = dict.fromkeys(said for one in configs for said in remarks(dataset, one) if not tells_learning())
    for said in noted:
        if said.setting in places:
            places[said.setting].info(escaped(said.says))
    with beginning:
        if network is not None and not tells("architecture", "net", "dataset"):
            st.caption(f"{escaped(network.name)}: {network.num_params:,} parameters for these images.")
        _remark(noted)
        _begin(network, dataset, differs, configs, fault, ready, on_start)


def _remark(noted: Iterable[Refusal]) -> None:
    """By the button too: a setting may be folded away."""
    for said in noted:
        st.info(escaped(said.says))


def _offer(error: ShapeError | None, take: Callable[[Network], None]) -> None:
    """A button that gives the network the end which a loss can read, where there is one."""
    if isinstance(error, EndError) and error.mended is not None:
        st.button(escaped(error.label), on_click=take, args=(error.mended,), icon=":material/build:", key="mend_end")


def _begin(
    network: Network | None, dataset: str, differs: str, configs: Sequence[TrainingConfig], refused: Refusal | None,
    ready: bool, on_start: Callable[[str], None],
) -> None:  # fmt: skip
    """The button that starts them, and what is to be said before and after; it stays where nothing can be started."""
    if refused:
        st.warning(escaped(refused.says))
    elif not configs:
        st.warning("The values of several runs at once cannot be read: see there.")
    elif not ready:
        st.caption("The images have to be downloaded first.")
    may_start = ready and not refused and bool(configs)
    label = "Start training" if len(configs) < 2 else f"Start {len(configs)} runs"
    click = _clicked(label, may_start)
    if click is not None and network is not None:
        if len(configs) == 1:
            first = start_training(network, dataset, configs[0], click)
        else:
            first = next(iter(start_grid(network, dataset, differs, configs, click)), None)
        if first:
            on_start(first)
        st.rerun()
    if configs and not refused and network is not None:
        show_forecast(network, dataset, configs)
    _say_refusal()
    if len(together := st.session_state.get("_grid", [])) > 1:
        st.page_link(
            "pages/compare.py",
            label=f"Compare the {len(together)} runs",
            icon=":material/compare_arrows:",
            query_params={"runs": together},
        )


def _clicked(label: str, enabled: bool) -> int | None:
    """A button to start with; where it was clicked, how often something had been started when it was drawn.

    Who types a value and clicks at once sends both together. A callback would start with the value before, which is all that
    the page knew when the button was drawn; and a click that the button itself returns is lost where a next one follows.
    """

    def ask(count: int) -> None:
        st.session_state["start_asked"] = count

    st.button(
        label,
        type="primary",
        on_click=ask,
        args=(_starts().count,),
        disabled=not enabled,
        width="stretch",
        icon=":material/play_arrow:",
    )
    asked = _asked()
    return asked if enabled else None


def _asked() -> int | None:
    """What the click bears that came since it was called last."""
    count: int | None = st.session_state.pop("start_asked", None)
    return count


def _starts() -> StartedRuns:
    starts: StartedRuns = st.session_state.setdefault(_STARTS, StartedRuns())
    return starts


def take_run(spec: Spec) -> None:
    """Make the controls say what a run was: its network, its dataset, its settings."""
    key = next((key for key in trainable() if is_form_of(spec.network, key)), BUILT)
    if key == BUILT:
        keep("net", encode(spec.network))
    st.session_state["architecture"] = key
    st.session_state["dataset"] = spec.dataset
    take_settings(spec.config)


def _refusal(network: Network, dataset: str, config: TrainingConfig) -> Refusal | None:
    """Why such a run may not be; None where it may."""
    try:
        check_settings(network, config)
    except (LimitError, StoreError) as error:
        most = limits() if isinstance(error, LimitError) else None
        for name in ("epochs", "batch_size"):
            if most and 0 < getattr(most, name) < getattr(config, name):
                return Refusal(name, str(error))
        return Refusal("architecture", str(error))
    return refusal(network, counts(dataset)[0], config)


def _say_refusal() -> None:
    """Why the run that was just asked for did not start."""
    if said := st.session_state.pop("refused", None):
        st.error(escaped(said))


def train_network(
    network: Network, batch_size: int, wanted: str, mend: Callable[[Network], None]
) -> dict[str, str] | None:
    """Controls that train a network with one click; the address of its run on the Train page when it is clicked.

    The dataset is ``wanted`` where it fits. ``mend`` gets the network with an end that can be trained, where it has none.
    """
    fitting = [name for name in (wanted, *DATASETS) if name and form(name)[0] == network.input_shape]
    input_now = network.input_shape, wanted
    if st.session_state.get("trained_input", input_now) != input_now and fitting:
        st.session_state["train_on"] = fitting[0]  # the input has become another: so does the dataset
    st.session_state["trained_input"] = input_now
    dataset = selection("train_on", first=fitting[0] if fitting else None)
    epochs = whole("train_epochs")  # not the Train page's name: that goes to its address
    ready = _offer_download(dataset)
    config = fast(dataset).model_copy(update={"epochs": epochs, "batch_size": batch_size})
    try:
        made = fitted(network, dataset)
    except ShapeError as error:
        st.caption(escaped(f"For {dataset}, whose images are {shape_text(form(dataset)[0])}: {error}."))
        _offer(error, mend)
        nothing_to_start()
        return None
    if made.layers != network.layers or made.input_shape != network.input_shape:
        st.caption(
            f"This network reads {shape_text(network.input_shape)}. To train on {dataset} its input becomes "
            f"{shape_text(made.input_shape)}, its output {form(dataset)[1]} classes."
        )
    _remark(remarks(dataset, config))
    if refused := _refusal(made, dataset, config):
        st.warning(escaped(refused.says))

    def start(click: int) -> None:
        run = start_training(made, dataset, config, click)
        if run is None:
            return
        st.session_state["started"] = {
            "run": run,
            "dataset": dataset,
            "net": encode(network),
            "epochs": str(epochs),
            "batch_size": str(batch_size),
        }

    click = _clicked("Train it", ready and not refused)
    if click is not None:
        start(click)
    _say_refusal()
    started: dict[str, str] | None = st.session_state.pop("started", None)
    return started


def nothing_to_start() -> None:
    """The button of a network that cannot be trained as it is."""
    _clicked("Train it", False)
    _asked()


def start_training(network: Network, dataset: str, config: TrainingConfig, click: int) -> str | None:
    """Queue a run, which trains in a process of its own; its id. None where it may not be: the page says why."""
    started = _start(network, dataset, {"": config}, click)
    return started[0] if started else None


def start_grid(
    network: Network, dataset: str, differs: str, configs: Sequence[TrainingConfig], click: int
) -> list[str]:
    """Queue one run a config, named by the setting in which they differ; their ids, as many as may be."""
    values = [getattr(config, differs) for config in configs]
    told = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    titles = (f"{network.name}, {SETTINGS[differs].label.lower()} {value}" for value in told)
    started = _start(network, dataset, dict(zip(titles, configs, strict=True)), click)
    st.session_state["_grid"] = started
    return started


def _start(network: Network, dataset: str, configs: dict[str, TrainingConfig], click: int) -> list[str]:
    """Queue a run for each, by its title; what has just been started is not started again."""
    store, who = RunStore(), visitor()
    commands = {title: command_line(network, dataset, config) for title, config in configs.items()}
    refused: list[str] = []

    def queue() -> list[str]:
        started: list[str] = []
        try:
            for title, config in configs.items():
                check_settings(network, config)
                check_visitor(store, who)
                spec = Spec(
                    network=network, dataset=dataset, config=config, command=commands[title], minutes=limits().minutes
                )
                started.append(submit(store, spec, who, title).id)
        except (LimitError, StoreError) as error:
            refused.append(str(error))
        return started

    started = _starts().once(click, commands, queue)
    if refused:
        st.session_state["refused"] = refused[0]
    return started


@cache
def trainable() -> list[str]:
    """The known architectures that end in classes, and so can be fitted to a dataset."""
    return [key for key in architectures() if head(architecture(key).layers) is not None]


def command_line(network: Network, dataset: str, config: TrainingConfig) -> str:
    """The command that does the same; a network of one's own comes from its JSON file."""
    key = next((key for key in trainable() if is_form_of(network, key)), None)
    which = ["--architecture", key] if key else ["--network", f"{file_name(network)}.json"]
    words = ["python", "-m", "cnnviz", "train", *which, "--dataset", dataset]
    plain_ones = TrainingConfig().model_dump()
    for name, value in config.model_dump().items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            words += [option] if value else []
        elif name in _ALWAYS or value != plain_ones[name]:
            words += [option, f"{value:.10g}" if isinstance(value, float) else str(value)]
    return shlex.join(words)


def _offer_download(dataset: str) -> bool:
    """Whether the data are there; where not, the button that fetches them, and then the bar."""
    if is_available(dataset):
        return True
    source = SOURCES[dataset]
    status = download_status(dataset)
    if status is not None and status.running:

        @repeated(0.5)
        def bar() -> None:
            now = download_status(dataset)
            if now is None or not now.running:
                st.rerun()
            else:
                st.progress(now.fraction, f"Downloading {source.title}: {now.fraction:.0%} of {source.megabytes}")

        bar()
        return False
    if status is not None and status.error:
        st.error(escaped(status.error))

    def fetch() -> None:
        try:
            start_download(dataset)
        except DataError as error:
            st.session_state["download_error"] = str(error)

    if error := st.session_state.pop("download_error", None):
        st.error(escaped(error))
    st.button(
        f"Download {source.title} ({source.megabytes})", on_click=fetch, width="stretch", icon=":material/download:"
    )
    return False
