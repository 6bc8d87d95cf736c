"""The builder, the table of models and the check before training say one figure."""

import pytest

from cnnviz.networks import architecture, table, totals
from cnnviz.networks.editing.network_spec import network_spec
from cnnviz.networks.layer_text import bytes_text
from cnnviz.networks.summaries import summary
from cnnviz.training import memory
from cnnviz.ui.models.table import _row


@pytest.mark.parametrize("key", ["lenet5", "resnet50", "alexnet_2012", "fcn_segmentation", "densenet121_cifar"])
def test_what_training_keeps_is_one_figure_everywhere(key: str) -> None:
    network, batch = architecture(key), 64
    kept = memory.bytes_per_image(network)
    shown = network_spec(network, batch)
    assert shown["totals"]["memory"] == bytes_text(kept * batch)
    assert f"needs of the batch {bytes_text(kept * batch)}" in shown["totals"]["training"]
    needed = memory.needed_bytes(network, batch, "adam", kept)
    assert f"takes about {bytes_text(needed)}:" in shown["totals"]["training"]
    row = _row(summary(key), [])
    assert row["Kept for training, MB"] == pytest.approx(kept / 1e6)


def test_the_largest_of_a_forward_pass_is_a_figure_of_its_own() -> None:
    network = architecture("resnet50")
    sums = totals(table(network))
    assert sums.forward_bytes < sums.kept_bytes / 5
    assert bytes_text(sums.forward_bytes * 8) in network_spec(network, 8)["totals"]["forward"]
    assert _row(summary("resnet50"), [])["Largest in a forward pass, MB"] == pytest.approx(sums.forward_bytes / 1e6)


def test_the_rows_add_up_to_the_total() -> None:
    rows = table(architecture("resnet18_cifar"))
    assert sum(row.kept_bytes for row in rows) == totals(rows).kept_bytes
    shown = {
        row["full"]: row["memory"] for row in network_spec(architecture("resnet18_cifar"), 1)["rows"] if "full" in row
    }
    assert shown["conv1"] == bytes_text(4 * 3 * 32 * 32)  # the image
    assert shown["bn1"] == shown["relu1"] == bytes_text(4 * 64 * 32 * 32)
    assert shown["residual1.body.conv1"] == shown["residual1"] == "–"  # relu1 keeps it; a sum needs nothing
