"""Which ends a loss can read, and what is done about the others; torch says what a mended network computes."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnnviz.data import form
from cnnviz.layers import (
    GELU,
    AdaptiveAvgPool2d,
    AnyLayer,
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
    Sigmoid,
    Softmax,
    Tanh,
)
from cnnviz.networks import Network, architecture, architectures
from cnnviz.networks.heads import head, num_classes
from cnnviz.networks.network import EndError
from cnnviz.training.config import TrainingConfig
from cnnviz.training.refusals import refusal

CONV, DENSE = Conv2d(out_channels=10, kernel_size=3), [Flatten(), Linear(out_features=10)]
GLOBAL = AdaptiveAvgPool2d(output_size=1)


def network(*layers: AnyLayer) -> Network:
    return Network(name="mine", input_shape=(1, 28, 28), layers=layers)


@pytest.mark.parametrize(
    ("ending", "taken_off"),
    [
        ([Softmax()], "Softmax"),
        ([ReLU()], "ReLU"),
        ([Sigmoid()], "Sigmoid"),
        ([Tanh()], "Tanh"),
        ([GELU()], "GELU"),
        ([Dropout(p=0.5)], "Dropout"),
        ([ReLU(), Dropout(p=0.5)], "ReLU and Dropout"),
        ([ReLU(), Dropout(p=0.5), Softmax()], "the last 3 layers"),
    ],
)
@pytest.mark.parametrize("before", [[CONV, *DENSE], [CONV, GLOBAL, Flatten()]])
@pytest.mark.parametrize("dataset", ["digits", "shapes"])
def test_what_changes_the_scores_is_taken_off(
    before: list[AnyLayer], ending: list[AnyLayer], taken_off: str, dataset: str
) -> None:
    whole = network(*before, *ending)
    with pytest.raises(EndError, match=rf"^mine ends in {ending[-1].kind}, but the loss takes raw scores") as found:
        whole.fitted(*form(dataset))
    assert found.value.label == f"Take {taken_off} off"
    assert str(found.value).endswith(f": take {taken_off} off")
    mended = found.value.mended
    assert mended is not None
    x, ours, theirs = torch.rand(3, 1, 28, 28), mended.module().eval(), whole.module().eval()
    theirs.load_state_dict(ours.state_dict())  # the same weights under the same names
    rest = nn.Sequential(*list(theirs.children())[len(before) :])
    torch.testing.assert_close(rest(ours(x)), theirs(x))
    assert mended.fitted(*form(dataset)).shapes[-1] == (10,)
    assert refusal(whole, 100, TrainingConfig()) is not None  # where nobody has fitted it, too
    assert refusal(mended, 100, TrainingConfig()) is None


@pytest.mark.parametrize("ending", [[GLOBAL], [AvgPool2d(kernel_size=26)], [GLOBAL, Sigmoid()]])
def test_global_pooling_is_read_as_it_is(ending: list[AnyLayer]) -> None:
    whole = network(CONV, *ending)
    with pytest.raises(EndError, match=r"ends in 10 maps of 1×1, .*: add Flatten$") as found:
        whole.fitted((1, 28, 28), 10)
    mended = found.value.mended
    assert mended is not None
    x, ours, theirs = torch.rand(3, 1, 28, 28), mended.module(), network(CONV, ending[0]).module()
    theirs.load_state_dict(ours.state_dict())
    torch.testing.assert_close(ours(x), theirs(x).flatten(1))
    assert mended.fitted((1, 28, 28), 10) == mended


def test_maps_are_averaged() -> None:
    with pytest.raises(EndError) as found:
        network(CONV, ReLU()).fitted((3, 32, 32), 7)
    assert found.value.label == "Add global average pooling and Flatten"
    assert found.value.mended is not None
    assert found.value.mended.fitted((3, 32, 32), 7).shapes[-1] == (7,)


@pytest.mark.parametrize(
    "ending",
    [
        [GLOBAL, Flatten()],
        [ReLU(), GLOBAL, Flatten()],
        [BatchNorm2d(), ReLU(), MaxPool2d(kernel_size=2), Dropout(p=0.1), GLOBAL, Flatten()],
    ],
)
@pytest.mark.parametrize(("dataset", "classes"), [("digits", 10), ("cifar10", 10), ("digits", 3)])
def test_a_fully_convolutional_head_gets_the_classes(ending: list[AnyLayer], dataset: str, classes: int) -> None:
    conv = Conv2d(out_channels=4, kernel_size=(3, 1), padding=1, dilation=2, bias=False)
    whole, (shape, _) = network(MaxPool2d(kernel_size=2), conv, *ending), form(dataset)
    assert num_classes(whole.layers) == 4
    made = whole.fitted(shape, classes)
    assert made.module()(torch.rand(2, *shape)).shape == (2, classes)
    assert made.layers[1] == conv.model_copy(update={"out_channels": classes})
    assert (made.layers[0], made.layers[2:]) == (whole.layers[0], whole.layers[2:])


def test_a_pooling_of_one_size_alone_names_what_goes_with_all() -> None:
    whole = network(CONV, AvgPool2d(kernel_size=26), Flatten())
    assert whole.fitted((1, 28, 28), 3).shapes[-1] == (3,)
    with pytest.raises(EndError, match=r"gives 40 numbers for images of 56×56, .*AdaptiveAvgPool2d of output size 1"):
        whole.fitted((1, 56, 56), 10)


def test_an_end_without_a_head_is_read_where_it_has_as_many_numbers_as_classes() -> None:
    block = Residual(body=[Conv2d(out_channels=1, kernel_size=3, padding=1)])
    whole = network(block, AdaptiveAvgPool2d(output_size=(2, 5)), Flatten())
    assert head(whole.layers) is None
    assert whole.fitted((1, 28, 28), 10) == whole
    with pytest.raises(EndError, match="gives 10 numbers for images of 28×28, not one for each of 7 classes"):
        whole.fitted((1, 28, 28), 7)


@pytest.mark.parametrize("last", [Softmax(), ReLU(), Dropout(p=0.5), Sigmoid()])
def test_a_flatten_behind_what_changes_the_scores_hides_nothing(last: AnyLayer) -> None:
    flat = network(CONV, Flatten(), Linear(out_features=10), last, Flatten())
    with pytest.raises(EndError, match=f"ends in {last.kind}, but the loss takes raw scores") as found:
        flat.fitted((1, 28, 28), 10)
    assert found.value.mended is not None
    assert found.value.mended.layers[-1] == Linear(out_features=10)
    if isinstance(last, Softmax):  # reads no maps
        return
    pooled = network(Conv2d(out_channels=10, kernel_size=3), AdaptiveAvgPool2d(output_size=1), last, Flatten())
    with pytest.raises(EndError, match=f"ends in {last.kind}") as found:
        pooled.fitted((1, 28, 28), 10)
    assert found.value.mended is not None
    assert found.value.mended.layers == (*pooled.layers[:2], Flatten())


def test_a_flatten_more_changes_nothing() -> None:
    layers = (CONV, Flatten(), Linear(out_features=10), Flatten())
    assert network(*layers).fitted((1, 28, 28), 10).layers == layers


def test_no_way_is_offered_that_leads_nowhere() -> None:
    """Without its Softmax this one gives a number for each of 361 points."""
    with pytest.raises(EndError, match="gives 784 numbers") as found:
        architecture("alphago_policy").fitted((1, 28, 28), 10)
    assert found.value.mended is None


@pytest.mark.parametrize("key", architectures())
def test_known_architectures_end_as_before(key: str) -> None:
    layers = architecture(key).layers
    assert head(layers) == (len(layers) - 1 if isinstance(layers[-1], Linear) else None)
