"""What one can take away from a training run."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cnnviz.runs import Curve, Run, RunStore
from cnnviz.runs.export import curves_csv, tensorboard_zip, weights_zip
from cnnviz.training.schedules import factor
from cnnviz.ui.frame.hiding import withhold
from cnnviz.ui.training.setting_controls import tells_run


def export_controls(store: RunStore, run: Run) -> None:
    """Buttons; what they give is made when they are clicked."""
    if tells_run():
        withhold("What can be taken away")
        return

    config = run.spec.config

    def curves() -> tuple[Curve, Curve, list[float]]:
        train = store.curve(run.id, "train")
        rates = [config.learning_rate * factor(config, step - 1, run.steps_per_epoch) for step in train.steps]
        return train, store.curve(run.id, "test"), rates

    def csv() -> bytes:
        return curves_csv(*curves(), config.evaluated_on, store.curve(run.id, "train_eval"))

    def weights() -> bytes:
        return weights_zip(store.folder(run.id) / "checkpoint", run.id, run.spec.command)

    def events() -> bytes:
        return tensorboard_zip(run.id, *curves(), config, store.curve(run.id, "train_eval"))

    def script() -> bytes:
        from cnnviz.training.script import torch_script

        return torch_script(run.spec.network, run.spec.dataset, config).encode()

    _button("Curves as CSV", csv, f"{run.id}.csv", "text/csv", "Every point that was measured.")
    if run.epochs_done:
        _button(
            "Weights and card", weights, f"{run.id}.zip", "application/zip", "safetensors, and what they are as JSON."
        )
    _button("TensorBoard", events, f"{run.id}-events.zip", "application/zip", "Unpack it: tensorboard --logdir FOLDER")
    if config.recipe == "plain":
        _button(
            "PyTorch script", script, f"train_{run.id.replace('-', '_')}.py", "text/x-python",
            "The same training in plain PyTorch, without this app; equal up to rounding.",
        )  # fmt: skip
    else:
        st.caption("The speed recipe has no plain PyTorch form: arXiv 2404.00498 has its own code.")


def _button(label: str, make: Callable[[], bytes], name: str, kind: str, about: str) -> None:
    st.download_button(
        label, make, name, kind, help=about, on_click="ignore", width="stretch", icon=":material/download:"
    )
