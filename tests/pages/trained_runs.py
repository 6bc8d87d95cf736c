"""Runs in the store and what the tests of the training page read off it."""

from typing import Any

from streamlit.testing.v1 import AppTest

from cnnviz.networks import architecture
from cnnviz.runs import RunStore, Spec
from cnnviz.training import TrainingConfig


def a_run(**columns: object) -> str:
    store = RunStore()
    run = store.create(Spec(network=architecture("lenet5"), dataset="digits", config=TrainingConfig(epochs=4)))
    store.start(run.id)
    store.measure(run.id, "train", 10, 0.5, 1.5, 0.4)
    store.measure(run.id, "test", 20, 1.0, 1.0, 0.6)
    store.report(run.id, step=20, total_steps=80, epochs_done=1, test_accuracy=0.6, images_per_second=1234.5, **columns)
    return run.id


def button(app: AppTest, label: str) -> Any:
    return next(button for button in app.button if button.label == label)
