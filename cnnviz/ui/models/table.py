"""The known architectures side by side: a table that can be sorted, and accuracy over cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from cnnviz.layers import shape_text
from cnnviz.networks import Network, architecture, architectures
from cnnviz.networks.layer_notes import BATCH_NORM, BIAS, MACS
from cnnviz.networks.summaries import Summary, is_form_of, summary
from cnnviz.networks.table import table, totals
from cnnviz.plots.bubbles import Bubble, bubble_chart, labels_style
from cnnviz.runs import CheckpointError, StoreError, read_card, shipped
from cnnviz.runs.checkpoints import SHIPPED
from cnnviz.training.accuracy import percent
from cnnviz.ui.frame.hiding import tells
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.frame.visitor import seen_runs

_MEGA = 1e6

_FAMILIES = ("AlexNet", "VGG", "ResNet", "EfficientNet", "DenseNet and DPN", "small", "other", "measured here")

_BENCHMARKS = ("cifar10", "mnist")
_HERE = "Measured on test images: the best of your runs and of the trained networks that come with the app."

Measured = list[tuple[Network, str, float, str, str]]
"""Network, dataset, share of the test images, the same in words, and the run's or checkpoint's name."""


def measured_accuracies() -> Measured:
    """What runs and checkpoints of this machine have reached."""
    measured: Measured = []
    for name in shipped():
        try:
            card = read_card(SHIPPED / name)
        except CheckpointError:
            continue
        if card.test_accuracy is not None:
            words = percent(card.test_accuracy, card.test_images)
            measured.append((card.network, card.dataset, card.test_accuracy, words, name))
    try:
        runs = seen_runs().list()
    except StoreError as error:
        st.warning(escaped(str(error)))
        runs = []
    measured += [
        (run.spec.network, run.spec.dataset, run.test_accuracy, run.accuracy, run.id)
        for run in runs
        if run.test_accuracy is not None and run.epochs_done
    ]
    return measured


def model_table(results: Measured, on_choose: Callable[[str], None]) -> None:
    """A row for each; ``on_choose`` gets the key of the one whose box is clicked, before the page runs again."""
    keys = architectures()
    rows = [_row(summary(key), results) for key in keys]

    def choose() -> None:
        chosen = st.session_state["models"]["selection"]["rows"]
        if chosen and chosen[0] < len(keys):
            on_choose(keys[chosen[0]])

    st.dataframe(
        rows,
        key="models",
        hide_index=True,
        height=560,
        placeholder="–",
        on_select=choose,
        selection_mode="single-row",
        column_config={
            "Network": st.column_config.TextColumn(pinned=True, width="medium"),
            "Year": st.column_config.NumberColumn(format="%d", width="small"),
            "Depth": st.column_config.NumberColumn(
                help="Convolutions and Linear layers along the longest path.", width="small"
            ),
            "Parameters, M": st.column_config.NumberColumn(format="%.3f", help=f"{BIAS} {BATCH_NORM}"),
            "Multiply-adds, M": st.column_config.NumberColumn(format="%.1f", help=f"For one input. {MACS}"),
            "Weights, MB": st.column_config.NumberColumn(format="%.1f", help="In float32."),
            "Kept for training, MB": st.column_config.NumberColumn(
                format="%.1f",
                help="For one input: what the way back needs. Not every output, since a layer that can do with what it "
                "gives needs nothing of what it reads, and places of maxima and masks of dropout beside them.",
            ),
            "Largest in a forward pass, MB": st.column_config.NumberColumn(
                format="%.1f",
                help="For one input, in use without training: the most that outputs take at one time, weights aside.",
            ),
            "ImageNet, %": st.column_config.NumberColumn(format="%.2f", help="Top 1, published."),
            "CIFAR-10, %": st.column_config.NumberColumn(format="%.2f", help="Published."),
            "CIFAR-10 here, %": st.column_config.NumberColumn(format="%.2f", help=_HERE),
            "MNIST here, %": st.column_config.NumberColumn(format="%.2f", help=_HERE),
            "Other data here": st.column_config.TextColumn(help=_HERE, width="medium"),
            "Accuracy published by": st.column_config.TextColumn(width="large"),
            "Source": st.column_config.TextColumn(width="large"),
            "Differs from its source": st.column_config.TextColumn(width="large"),
        },
    )


def _row(it: Summary, results: Measured) -> dict[str, Any]:
    best = _best(it.key, results)
    others = [f"{words} of {name}" for name, (_, words, _) in sorted(best.items()) if name not in _BENCHMARKS]
    cifar10, mnist = (100 * best[name][0] if name in best else None for name in _BENCHMARKS)
    return {
        "Network": it.network.name,
        "Year": it.known.year,
        "Depth": it.depth,
        "Parameters, M": it.totals.params / _MEGA,
        "Multiply-adds, M": it.totals.macs / _MEGA,
        "ImageNet, %": it.known.imagenet,
        "CIFAR-10, %": it.known.cifar10,
        "CIFAR-10 here, %": cifar10,
        "MNIST here, %": mnist,
        "Other data here": ", ".join(others),
        "Weights, MB": 4 * it.totals.params / _MEGA,
        "Kept for training, MB": it.totals.kept_bytes / _MEGA,
        "Largest in a forward pass, MB": it.totals.forward_bytes / _MEGA,
        "Input": shape_text(it.network.input_shape),
        "Accuracy published by": it.known.where,
        "Source": it.known.source,
        "Differs from its source": it.known.differs,
    }


def _best(key: str, results: Measured) -> dict[str, tuple[float, str, str]]:
    """The best accuracy on each dataset, the same in words, and whose it is."""
    best: dict[str, tuple[float, str, str]] = {}
    for network, dataset, accuracy, words, name in results:
        if is_form_of(network, key):
            best[dataset] = max(best.get(dataset, (0.0, "", "")), (accuracy, words, name))
    return best


def best_here(key: str, results: Measured) -> dict[str, float]:
    """In percent, by dataset, of those that read what the architecture reads: others have other costs."""
    shape = architecture(key).input_shape
    own = [one for one in results if one[0].input_shape == shape]
    return {dataset: 100 * accuracy for dataset, (accuracy, _, _) in _best(key, own).items()}


def measured_text(key: str, results: Measured) -> str:
    """``Measured here: 99.33% of mnist (lenet5-mnist).``; nothing where nothing was."""
    best = [f"{words} of {dataset} ({name})" for dataset, (_, words, name) in sorted(_best(key, results).items())]
    return f"Measured here: {', '.join(best)}." if best else ""


def accuracy_over_cost(task: str, results: Measured) -> None:
    """The bubble chart for ``ImageNet`` or ``CIFAR-10``, for the latter with what was measured here."""
    is_imagenet = task == "ImageNet"
    bubbles = []
    for key in architectures():
        it = summary(key)
        accuracy = it.known.imagenet if is_imagenet else it.known.cifar10
        if accuracy is not None and it.known.family != "small":  # 40 % below all others would leave them no room
            name = it.network.name.removesuffix(" for CIFAR-10").replace("EfficientNet-", "")
            bubbles.append(Bubble(name, it.known.family, it.totals.macs, it.totals.params, accuracy, it.known.where))
        if not is_imagenet:
            bubbles += _own_bubbles(it, results)
    key = f"bubbles_{task}"
    figure = bubble_chart(bubbles, _FAMILIES, "Accuracy over cost" if tells("task") else f"Accuracy over cost: {task}")
    st.html(labels_style(figure, key))
    st.plotly_chart(
        figure,
        key=key,
        width="stretch",
        config={"displayModeBar": False},
    )
    st.caption(
        "The area of a bubble is the number of parameters. After Canziani, Paszke and Culurciello, “An analysis of deep "
        "neural network models for practical applications”, arXiv 1605.07678. AlexNet (2012) is a mean of "
        "ten crops, the others one crop. Networks without a published accuracy are not in it, unless they were measured here; "
        "those without a name are told under the pointer. In words: "
        + "; ".join(
            f"{b.name} {b.accuracy:.1f} %, {b.macs / 1e9:.2g} G, {b.params / 1e6:.3g} M"
            for b in sorted(bubbles, key=lambda b: b.accuracy)
        )
        + "."
    )


def _own_bubbles(it: Summary, results: Measured) -> list[Bubble]:
    """The best on CIFAR-10, with the cost of the network that it was, which may read other images than the architecture."""
    best = _best(it.key, results)
    if "cifar10" not in best:
        return []
    accuracy, _, name = best["cifar10"]
    cost = totals(table(next(network for network, *_, of in results if of == name)))
    return [Bubble(f"{it.network.name} here", "measured here", cost.macs, cost.params, 100 * accuracy, name)]
