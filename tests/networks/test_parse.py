"""The text of a Sequential as a draft: what torch makes of the same text."""

import inspect

import pytest
import torch
from torch import nn

from cnnviz.layers import KINDS, BatchNorm2d, Conv2d, Flatten, LeakyReLU, Linear, MaxPool2d, ReLU
from cnnviz.networks import Network, table
from cnnviz.networks.pasted_text import ParseError
from cnnviz.networks.signatures import SIGNATURES
from tests.networks.sequentials import EVERY_KIND, LENET, parse_sequential


def torchs(text: str) -> list[nn.Module]:
    """The leaves of the module that torch builds from the same text."""
    names = {"nn": nn, "torch": torch, **vars(nn)}
    return [leaf for leaf in eval(text[text.index("nn.Seq") :], names).modules() if not isinstance(leaf, nn.Sequential)]


@pytest.mark.parametrize("text", [LENET, EVERY_KIND], ids=["lenet", "every kind"])
def test_the_draft_is_the_network_that_torch_builds_from_the_same_text(text):
    draft = parse_sequential(text)
    module = Network(name=draft.name, input_shape=draft.input_shape, layers=draft.layers).module().eval()
    x = y = torch.rand(2, *draft.input_shape)
    for row, ours, theirs in zip(table(draft), module, torchs(text), strict=True):
        theirs.eval().load_state_dict(ours.state_dict())
        x, y = ours(x), theirs(y)
        assert not row.error
        assert row.output_shape == tuple(y.shape[1:])
        assert row.params == sum(p.numel() for p in theirs.parameters())
        torch.testing.assert_close(x, y)


def test_every_kind_that_torch_has_is_read():
    assert list(SIGNATURES) == [kind for kind in KINDS if hasattr(nn, kind)]
    assert {layer.kind for layer in parse_sequential(EVERY_KIND).layers} | {"ReLU"} == set(SIGNATURES)


@pytest.mark.parametrize("name", SIGNATURES)
def test_arguments_are_in_torchs_order(name):
    parameters = inspect.signature(getattr(nn, name)).parameters.values()
    ours = SIGNATURES[name]
    kinds = {each.kind for each in parameters}
    if inspect.Parameter.VAR_POSITIONAL in kinds:  # *args, which torch refuses later
        assert not any(ours)
        return
    positional = [each for each in parameters if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert list(ours.required) == [each.name for each in positional if each.default is inspect.Parameter.empty]
    assert list(ours.optional) == [each.name for each in positional if each.default is not inspect.Parameter.empty]
    assert list(ours.by_name_only) == [each.name for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY]


@pytest.mark.parametrize("name", SIGNATURES)
def test_arguments_that_are_left_out_are_torchs_defaults(name):
    given = {"in_channels": 4, "out_channels": 4, "kernel_size": 3, "output_size": 2, "in_features": 4}
    given |= {"out_features": 4, "num_features": 4, "size": 5}
    arguments = {argument: given[argument] for argument in SIGNATURES[name].required}
    shape = (4,) if name in ("Linear", "Softmax") else (4, 9, 9)
    layer = parse_sequential(
        f"{name}({', '.join(f'{k}={v}' for k, v in arguments.items())})".join(("Sequential(", ")"))
    )
    theirs = nn.Softmax(1) if name == "Softmax" else getattr(nn, name)(**arguments)
    assert repr(layer.layers[0].module(shape)) == repr(theirs)


@pytest.mark.parametrize(
    "text",
    [
        "nn.Sequential(nn.ReLU())",
        "Sequential(ReLU(),)",
        "torch.nn.Sequential(torch.nn.ReLU(True))",
        "  \n\tnet=nn.Sequential( nn . ReLU ( inplace = False ) ) # done",
        "\ufefffrom torch.nn import ReLU, Sequential\r\nimport torch.nn\r\nnet = Sequential(\r\n\u00a0\u00a0ReLU()\r\n)\r\n",
        "nn.Sequential(nn.Sequential(nn.Sequential(), nn.Sequential(nn.ReLU(),),),)",
        "(nn.Sequential)((nn.ReLU)())",
    ],
)
def test_all_ways_to_write_it_are_read(text):
    text = text.replace("  \n\t", "\n")
    assert parse_sequential(text).layers == (ReLU(),)


def test_the_name_is_the_variables():
    assert parse_sequential("lenet = Sequential()").name == "lenet"
    assert len(parse_sequential(f"{'long' * 50} = Sequential()").name) == 80
    assert parse_sequential("Sequential()").name == "Sequential"


def test_values_are_the_layers():
    draft = parse_sequential("Sequential(Conv2d(1, 2, [3, 5], stride=(2, 1)), LeakyReLU(-.5), MaxPool2d((2, 1)))")
    conv = Conv2d(out_channels=2, kernel_size=(3, 5), stride=(2, 1))
    assert draft.layers == (conv, LeakyReLU(negative_slope=-0.5), MaxPool2d(kernel_size=(2, 1)))


@pytest.mark.parametrize(
    ("text", "size", "input_shape"),
    [
        ("Conv2d(1, 6, 5)", None, (1, 28, 28)),
        ("Conv2d(3, 6, 5)", None, (3, 32, 32)),
        ("Conv2d(64, 6, 5)", None, (64, 32, 32)),
        ("Conv2d(3, 6, 5)", (48, 64), (3, 48, 64)),
        ("ConvTranspose2d(8, 6, 5)", None, (8, 32, 32)),
        ("BatchNorm2d(3), ReLU()", None, (3, 32, 32)),
        ("ReLU(), MaxPool2d(2), Conv2d(1, 6, 5)", None, (1, 28, 28)),
        ("Linear(20, 5)", None, (20,)),
        ("Dropout(), ReLU(), Linear(20, 5)", (28, 28), (20,)),
        ("Flatten(), Linear(784, 5)", None, (1, 28, 28)),
        ("Flatten(), Linear(3072, 5)", None, (3, 32, 32)),
        ("Flatten(), Linear(20, 5)", None, (20, 1, 1)),
        ("Flatten(), Linear(60, 5)", (4, 5), (3, 4, 5)),
        ("AvgPool2d(2), Flatten(), Linear(196, 5)", None, (1, 28, 28)),
        ("AvgPool2d(2), Flatten(), Linear(768, 5)", None, (3, 32, 32)),
        ("AdaptiveAvgPool2d(1), Flatten(), Linear(512, 5)", None, (512, 28, 28)),
        ("ReLU()", None, (1, 28, 28)),
        ("ReLU()", (5, 6), (1, 5, 6)),
        ("", None, (1, 28, 28)),
        # no image of the usual size gives so many features, one of another known size does
        ("Conv2d(1, 6, 5), MaxPool2d(2), Conv2d(6, 16, 5), MaxPool2d(2), Flatten(), Linear(400, 5)", None, (1, 32, 32)),
        ("Conv2d(3, 8, 3, padding=1), AvgPool2d(2), Flatten(), Linear(100352, 5)", None, (3, 224, 224)),
        ("Conv2d(3, 8, 31, stride=4), MaxPool2d(3, 2), MaxPool2d(3), Flatten(), Linear(512, 5)", None, (3, 224, 224)),
    ],
)
def test_the_first_declared_number_says_what_it_reads(text, size, input_shape):
    draft = parse_sequential(f"Sequential({text})", size)
    assert draft.input_shape == input_shape
    assert not any(row.error for row in table(draft))


def test_declared_numbers_of_images_of_a_given_size_are_compared_for_that_size():
    text = "Sequential(Conv2d(3, 6, 3, padding=1), Flatten(), Linear(6144, 10))"
    assert parse_sequential(text).input_shape == (3, 32, 32)
    with pytest.raises(ParseError, match="Linear on line 1 reads 6144 features, but gets 600"):
        parse_sequential(text, (10, 10))
    with pytest.raises(ParseError, match="Linear on line 1 reads 20 features, but gets 784"):
        parse_sequential("Sequential(Flatten(), Linear(20, 10))", (28, 28))


def test_the_first_layers_of_the_draft_are_ours():
    layers = parse_sequential(LENET).layers
    assert layers[0] == Conv2d(out_channels=6, kernel_size=5, padding=2)
    assert layers[4] == BatchNorm2d()
    assert layers[7:9] == (Flatten(), Linear(out_features=120))
