"""What a run's figures say: of what kind they are, what the run lacks, and what one could try."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from cnnviz.data import form
from cnnviz.networks import Network
from cnnviz.networks.dropouts import with_dropout
from cnnviz.plots.theme import EVALUATED
from cnnviz.runs import Curve, Run, RunStore, Spec
from cnnviz.training import TrainingConfig
from cnnviz.training.case import Advice, Case
from cnnviz.training.causes import causes
from cnnviz.training.diagnosis import Diagnosis, diagnose, listed, progress, ways_of_learning
from cnnviz.training.losses import loss_text
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.training.setting_controls import tells_learning

_ICONS = {
    "early": ":material/hourglass_empty:",
    "not learning": ":material/trending_flat:",
    "statistics lag": ":material/sync_problem:",
    "underfitting": ":material/south_east:",
    "still learning": ":material/trending_up:",
    "overfitting": ":material/call_split:",
    "good": ":material/check_circle:",
}


def say_diagnosis(store: RunStore, run: Run) -> None:
    """The gap between training and new images named for what it is, with what one could try."""
    diagnosis = _diagnosis(store, run)
    if tells_learning():
        st.info(f"**{diagnosis.title}.** What to try would tell what this exercise hides.", icon=_ICONS[diagnosis.kind])
        return
    advice = "\n\nOne could try " + "; ".join(one.says for one in diagnosis.advice) + "." if diagnosis.advice else ""
    st.info(f"**{diagnosis.title}.** {escaped(diagnosis.says)}{escaped(advice)}", icon=_ICONS[diagnosis.kind])


def advised(store: RunStore, run: Run) -> tuple[Spec, str] | None:
    """What the first advice that has settings makes of a run that has ended, and the advice in words."""
    if run.active or tells_learning():
        return None
    if run.status == "failed":
        advice = [one.advice for one in causes(_case(store, run))] if run.message.startswith("The loss ") else []
    else:
        advice = list(_diagnosis(store, run).advice) if run.epochs_done else []
    first = next(iter(advice), Advice(""))
    if not first.changes and first.network is None:
        return None
    config = TrainingConfig(**{**run.spec.config.model_dump(), **first.changes})
    network = first.network or run.spec.network
    return run.spec.model_copy(update={"config": config, "network": network}), first.says


def what_curves_are(run: Run, has_evaluated: bool) -> str:
    """Which loss is drawn, and what makes one curve another thing than the other."""
    config = run.spec.config
    said = loss_text(config.label_smoothing, form(run.spec.dataset)[1])
    if has_evaluated:
        said += (
            " *train* is measured while the network learns, a few batches a point, "
            f"{listed(ways_of_learning(config, _network(run)))}; where there are many points, its thick line is the mean of those "
            "around each. "
            f"*{EVALUATED}* is of the same weights as *{config.evaluated_on}*, on some of the training images as they are."
        )
    return said


def _diagnosis(store: RunStore, run: Run) -> Diagnosis:
    test, evaluated = store.curve(run.id, "test"), store.curve(run.id, "train_eval")
    train = _epoch_means(str(store.root), run.id, run.started, len(test.steps))
    kept = dict(zip(map(int, evaluated.epochs), evaluated.accuracies, strict=True))
    done = progress(train.epochs, train.accuracies, test.epochs, test.losses, test.accuracies, kept)
    return diagnose(done, form(run.spec.dataset)[1], run.spec.config, _case(store, run))


def _case(store: RunStore, run: Run) -> Case:
    return Case(run.spec.config, _network(run), run.steps_per_epoch, store.signs(run.id), run.status == "failed")


def _network(run: Run) -> Network:
    return with_dropout(run.spec.network, run.spec.config.dropout)


@st.cache_resource(max_entries=64, show_spinner=False)  # shared: nobody changes them, and many may watch
def _epoch_means(root: str, run_id: str, started: float | None, tests: int) -> Curve:
    """By the number of tests: when an epoch is tested, all that was measured in it is there."""
    return RunStore(Path(root)).epoch_means(run_id, "train")
