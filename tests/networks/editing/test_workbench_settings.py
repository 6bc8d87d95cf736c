"""Arguments of layers and the input are set, and what cannot be is an error in the form."""

import pytest

from cnnviz.data import DATASETS, form
from cnnviz.layers import AdaptiveAvgPool2d, Conv2d, Flatten, Linear, ReLU
from cnnviz.networks import Draft
from cnnviz.networks.editing.network_spec import INPUT, OWN
from cnnviz.networks.editing.workbench import EMPTY, Workbench
from tests.networks.editing.benches import DRAFT, LAYERS, act, bench, shown


def test_a_layer_gets_another_argument_and_stays_chosen():
    it = act(bench(), "set", [1, "body", 0], field="kernel_size", value="3, 5")
    assert it.draft.at((1, "body", 0)) == Conv2d(out_channels=4, kernel_size=(3, 5), padding=1)
    assert it.chosen == (1, "body", 0)
    act(it, "set", [0], field="bias", value=False)
    assert it.draft.layers[0] == Conv2d(out_channels=4, kernel_size=3, padding=1, bias=False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kernel_size", "0"),
        ("kernel_size", ""),
        ("kernel_size", "big"),
        ("groups", "9" * 40),
        ("body", "1"),
        ("x", "1"),
    ],
)
def test_an_argument_that_cannot_be_is_an_error_in_the_form(field, value):
    it = act(bench(chosen=(0,)), "set", [0], field=field, value=value)
    assert it.draft == DRAFT
    assert it.chosen == (0,)
    assert it.error.startswith("Conv2d")
    assert it.error.endswith(".")
    assert shown(it)["form"]["error"] == it.error
    assert not act(it, "choose", [0]).error


def test_the_input_gets_another_name_and_other_sides():
    it = act(bench(), "set", ["input"], field="name", value=" mine ")
    assert it.draft.name == "mine"
    act(it, "set", ["input"], field="height", value="20")
    assert it.draft.input_shape == (1, 20, 8)
    act(it, "set", ["input"], field="name", value="n" * 200)
    assert it.draft.name == "n" * 80
    assert act(it, "set", ["input"], field="name", value="").draft.name == EMPTY.name
    assert it.chosen == INPUT


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "", "many", "3, 4"])
def test_an_input_that_cannot_be_is_an_error_in_the_form(value):
    it = act(bench(chosen=INPUT), "set", ["input"], field="width", value=value)
    assert it.draft == DRAFT
    assert "width must be a whole number of at least 1" in it.error


def test_an_input_too_large_is_said():
    it = act(bench(), "set", ["input"], field="width", value="70000")
    assert it.draft == DRAFT
    assert "65,536" in it.said + it.error


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_input_as_a_dataset_has_it(dataset):
    shape, classes = form(dataset)
    it = act(bench(Flatten(), Linear(out_features=3)), "set", ["input"], field="dataset", value=dataset)
    assert it.draft.input_shape == shape
    assert it.draft.layers == (Flatten(), Linear(out_features=classes))


def test_its_own_input_and_classes():
    it = act(bench(), "set", ["input"], field="dataset", value=OWN)
    assert it.draft == DRAFT
    act(it, "set", ["input"], field="classes", value="100")
    assert it.draft.layers == (*LAYERS[:-1], Linear(out_features=100))
    act(it, "set", ["input"], field="classes", value="0")
    assert it.error.endswith(".")
    assert it.draft.layers[-1] == Linear(out_features=100)
    assert act(bench(ReLU()), "set", ["input"], field="classes", value="7").draft.layers == (ReLU(),)


def test_features_stay_features_when_their_number_changes():
    it = Workbench(drafts=[Draft(name="f", input_shape=(7,), layers=(Linear(out_features=2),))])
    act(it, "set", ["input"], field="name", value="mine")
    assert it.draft.input_shape == (7,)
    shown(it)


def test_features_stay_features_when_there_are_more_of_them():
    it = Workbench(drafts=[Draft(name="f", input_shape=(7,), layers=(Linear(out_features=2),))])
    act(it, "set", ["input"], field="channels", value="9")
    assert it.draft.input_shape == (9,)


def test_classes_of_a_fully_convolutional_network():
    it = bench(Conv2d(out_channels=4, kernel_size=3), ReLU(), AdaptiveAvgPool2d(output_size=1), Flatten())
    act(it, "set", ["input"], field="classes", value="7")
    assert it.draft.layers == (
        Conv2d(out_channels=7, kernel_size=3),
        ReLU(),
        AdaptiveAvgPool2d(output_size=1),
        Flatten(),
    )
    act(it, "set", ["input"], field="dataset", value="cifar10")
    assert it.network().shapes[-1] == (10,)
