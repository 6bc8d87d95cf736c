"""What the address hides is told nowhere else on the page: not by code, formulas, names, bounds or advice."""

from collections.abc import Iterator

import pytest

from cnnviz.networks import architecture
from cnnviz.runs import RunStore, Spec
from cnnviz.training import TrainingConfig
from cnnviz.ui.training.controls import command_line
from tests.pages.conftest import OpenPage
from tests.pages.linked_pages import specs
from tests.pages.visits import walk

WITHHELD = "would tell what this exercise hides"


def seen(app) -> str:
    """All that is said where one sees it, help and labels too."""
    return " ".join(_words(app))


def _words(app) -> Iterator[str]:
    for element, hidden in walk(app._tree):
        if not hidden and element.type != "html":  # links to examples
            for name in ("value", "label", "help", "alt", "spec", "text"):
                yield str(getattr(element, name, ""))
                yield str(getattr(getattr(element, "proto", None), name, ""))


LAB = {"image": "lecture", "kernel_size": "4", "more": "code"}
CASES = [
    ("convolution", LAB, "kernel_size", ["kernel_size=4", "(4", "4·4"], ["1×6×6 → **4×3×3**"]),
    ("convolution", LAB | {"stride": "2"}, "stride", ["stride=2", "/2", "2×2 apart"], ["4×2×2", "4·(1·4·4) + 4"]),
    ("convolution", LAB | {"padding": "2"}, "padding", ["padding=2", "2 \\cdot 2"], ["4×7×7"]),
    ("convolution", LAB | {"use_bias": "false"}, "use_bias", ["bias=False"], ["**Parameters**"]),
    ("convolution", LAB | {"layer": "ConvTranspose2d"}, "layer", ["ConvTranspose2d", "no inverse"], ["4×9×9"]),
    ("convolution", LAB | {"activation": "Tanh"}, "activation", ["Tanh"], []),
    ("convolution", {"image": "pattern", "pattern": "disc"}, "pattern", ["disc"], ["Move over"]),
    ("convolution", {"compare": "2", "b_stride": "3"}, "b_stride", ["stride=3"], ["Conv2d(1, 4", "4×9×9 out"]),
    ("convolution", {"compare": "2", "b_stride": "3"}, "b_controls", ["stride=3"], ["Conv2d(1, 4", "4×9×9 out"]),
    ("convolution", {"image": "lecture", "kernel_size": "9"}, "kernel_size", ["9×9"], ["does not fit"]),
    ("convolution", {"image": "lecture", "dilation": "2"}, "dilation", ["dilation 2"], ["Kernel size"]),
    ("convolution", {"more": "weight sharing"}, "kernel_size", ["connections share"], []),
    ("convolution", {"more": "shift, rotate, scale", "stride": "3", "right": "1"}, "stride", ["At stride 3"], ["At this"]),
    ("convolution", {"kernel": "identity", "more": "code"}, "kernel", ["identity"], []),
    ("pooling", {"kernel_size": "5", "more": "code", "strided": "true"}, "kernel_size", ["kernel_size=5", "5, stride"], ["→"]),
    ("pooling", {"layer": "AvgPool2d", "both": "false", "more": "code"}, "layer", ["AvgPool2d"], ["→"]),
    ("pooling", {"layer": "AvgPool2d", "both": "false", "more": "shift"}, "layer", ["AvgPool2d"], ["**Pooling**"]),
    ("pooling", {"image": "digit", "digit": "7", "more": "shift"}, "digit", ["Digit 7"], ["Move over"]),
    ("models", {"task": "CIFAR-10"}, "task", ["cost: CIFAR-10"], []),
    ("models", {"depth": "1.9"}, "depth", ["d = 1.9"], ["all three"]),
    ("builder", {"architecture": "lenet5", "more": "code"}, "architecture", ["class LeNet5"], []),
    ("compare", {"runs": "lenet5-cifar10,lenet5_plain-cifar10"}, "runs", ["lenet5_plain", "LeNet"], ["Class by class"]),
    ("kernels", {"model": "lenet5-mnist"}, "model", ["LeNet-5"], ["5×5 each"]),
    ("kernels", {"layer": "conv2"}, "layer", ["conv2:"], ["5×5 each"]),
    ("activations", {"digit": "7"}, "digit", ["that is right"], ["It says"]),
    ("activations", {"model": "lenet5-mnist"}, "model", ["LeNet-5"], ["It says"]),
]  # fmt: skip


@pytest.mark.parametrize(("page", "address", "hide", "untold", "told"), CASES)
def test_what_is_hidden_is_not_told(
    open_page: OpenPage, page: str, address: dict[str, str], hide: str, untold: list[str], told: list[str]
) -> None:
    plain, exercise = seen(open_page(page, **address)), seen(open_page(page, **address, hide=hide))
    assert any(words in plain for words in untold)
    assert [words for words in untold if words in exercise] == []
    assert [words for words in told if words not in exercise] == []


def test_the_editor_does_not_name_the_network(open_page: OpenPage) -> None:
    for hide, named in (("", True), ("architecture", False)):
        app = open_page("builder", architecture="alexnet", hide=hide)
        specs = [element.proto.json for element, _ in walk(app._tree) if element.type == "bidi_component"]
        assert any("The layers of" in spec for spec in specs)
        assert any("AlexNet" in spec for spec in specs) == named


@pytest.mark.parametrize(("hide", "name"), [("", "VGG16"), ("model", "The network")])
def test_the_table_of_a_known_network_does_not_name_it(open_page: OpenPage, hide: str, name: str) -> None:
    [spec] = specs(open_page("models", model="vgg16", hide=hide), "network_editor")
    assert spec["name"] == name
    assert spec["totals"]["params"] == "138,357,544"


def test_a_training_run_is_not_told(open_page: OpenPage) -> None:
    network, config = architecture("lenet5"), TrainingConfig(epochs=7, learning_rate=0.37)
    command = command_line(network, "digits", config)
    store = RunStore()
    run = store.create(Spec(network=network, dataset="digits", config=config, command=command))
    store.end(run.id, "stopped")
    address = {"run": run.id, "learning_rate": "0.37", "epochs": "7"}
    assert "--learning-rate 0.37" in seen(open_page("train", **address))
    exercise = seen(open_page("train", **address, hide="learning_rate"))
    assert "0.37" not in exercise
    assert WITHHELD in exercise
    assert "of 7" in exercise
    assert "of 7" not in seen(open_page("train", **address, hide="epochs"))
    assert "LeNet-5" not in seen(open_page("train", **address, hide="architecture"))


@pytest.mark.parametrize("page", ["convolution", "pooling"])
def test_nothing_is_withheld_where_nothing_is_hidden(open_page: OpenPage, page: str) -> None:
    assert WITHHELD not in seen(open_page(page, more="code"))
    assert WITHHELD not in seen(open_page(page, more="code", hide="examples,image"))
