"""The text of a Sequential as a draft: what torch makes of it, and that nothing of it is ever executed."""

import builtins
import inspect
import os
import re
import subprocess

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.layers import KINDS, BatchNorm2d, Conv2d, Flatten, LeakyReLU, Linear, MaxPool2d, ReLU
from cnnviz.networks import Network, parse, table
from cnnviz.networks.pasted_text import MOST_CHARACTERS, ParseError
from cnnviz.networks.signatures import SIGNATURES

EXECUTES = [(builtins, "eval"), (builtins, "exec"), (os, "system"), (os, "popen"), (subprocess, "Popen")]
PARSES_ONLY = 0x400  # ast.PyCF_ONLY_AST


def parse_sequential(text, size=None):
    """cnnviz's, while whatever could execute a text fails."""

    def refused(*arguments, **_):
        raise AssertionError(f"executed: {arguments}")

    def compiled(source, filename, mode, flags=0, *rest, true_compile=compile, **more):
        return true_compile(source, filename, mode, flags, *rest, **more) if flags & PARSES_ONLY else refused(source)

    with pytest.MonkeyPatch.context() as patched:
        for module, name in EXECUTES:
            patched.setattr(module, name, refused)
        patched.setattr(builtins, "compile", compiled)
        return parse.parse_sequential(text, size)


LENET = """
import torch
from torch import nn
import torch.nn as nn

# for MNIST
model = nn.Sequential(
    nn.Conv2d(1, 6, kernel_size=5, padding=2),  # 28×28
    nn.ReLU(inplace=True),
    nn.MaxPool2d(2),
    nn.Conv2d(6, 16, (5, 5), bias=False),
    nn.BatchNorm2d(16),
    nn.LeakyReLU(-0.1),
    nn.MaxPool2d(kernel_size=2, stride=[2, 2]),
    torch.nn.Sequential(
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.Sequential(),
        nn.Dropout(p=1e-1),
    ),
    nn.Linear(in_features=120, out_features=10, bias=True),
    nn.Softmax(dim=1),
)
"""

EVERY_KIND = """nn.Sequential(
    nn.Conv2d(3, 8, 5, 2, 1, 2, 1, False, "reflect", None, None),
    nn.GELU(approximate="none"),
    nn.Conv2d(8, 8, kernel_size=3, padding='same', groups=2, dilation=(1, 2)),
    nn.ConvTranspose2d(8, 4, 3, 2, 1, 1, 2, False, 2, 'zeros'),
    nn.SiLU(True),
    nn.MaxPool2d(3, None, 1, 1, False, True),
    nn.LocalResponseNorm(5, 1e-4, 0.75, 2.),
    nn.AvgPool2d(2, 1, 0, False, False, None),
    nn.BatchNorm2d(4, 1e-3, 0.2, True, True),
    nn.Tanh(),
    nn.AdaptiveMaxPool2d((None, 7)),
    nn.Sigmoid(),
    nn.AdaptiveAvgPool2d(output_size=2),
    nn.Dropout(0.25, inplace=False),
    nn.Flatten(1, -1),
    nn.Linear(16, 5, False),
    nn.LeakyReLU(negative_slope=0.2, inplace=True),
    nn.Softmax(-1),
)"""


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


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Conv2d(1, 6, 5),\n\nReLU(),\nConv2d(16, 6, 5)", "Conv2d on line 5 reads 16 channels, but gets 6"),
        ("Conv2d(1, 6, 5),\nBatchNorm2d(7)", "BatchNorm2d on line 3 reads 7 channels, but gets 6"),
        (
            "Conv2d(1, 6, 5),\nConvTranspose2d(6, 6, 5), Conv2d(3, 1, 1)",
            "Conv2d on line 3 reads 3 channels, but gets 6",
        ),
        ("Conv2d(1, 6, 5),\nFlatten(),\nLinear(100, 10)", "Linear on line 4 reads 100 features, but gets 3456"),
        ("Linear(5, 6),\nLinear(5, 6)", "Linear on line 3 reads 5 features, but gets 6"),
        ("Conv2d(1, 6, 5),\nConv2d(16, 6, 5, groups=16)", "Conv2d on line 3 reads 16 channels, but gets 6"),
    ],
)
def test_declared_numbers_that_do_not_fit_are_refused(text, sentence):
    with pytest.raises(ParseError) as refusal:
        parse_sequential(f"Sequential(\n{text})")
    assert str(refusal.value).startswith(sentence)
    assert refusal.value.line == int(re.search(r"line (\d+)", sentence)[1])


def test_declared_numbers_of_images_of_a_given_size_are_compared_for_that_size():
    text = "Sequential(Conv2d(3, 6, 3, padding=1), Flatten(), Linear(6144, 10))"
    assert parse_sequential(text).input_shape == (3, 32, 32)
    with pytest.raises(ParseError, match="Linear on line 1 reads 6144 features, but gets 600"):
        parse_sequential(text, (10, 10))
    with pytest.raises(ParseError, match="Linear on line 1 reads 20 features, but gets 784"):
        parse_sequential("Sequential(Flatten(), Linear(20, 10))", (28, 28))


def test_a_layer_that_cannot_follow_stays_in_the_draft_and_nothing_behind_it_is_compared():
    draft = parse_sequential("Sequential(Conv2d(1, 6, 50), Linear(10, 3), Conv2d(9, 6, 5))")
    assert [layer.kind for layer in draft.layers] == ["Conv2d", "Linear", "Conv2d"]
    assert [bool(row.error) for row in table(draft)] == [True, True, True]  # after Linear there are no maps


NOT_PLAIN = "only plain numbers, words, True, False and None are read, not "


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("foo()", "foo()"),
        ("x", "x"),
        ("a.b", "a"),
        ("True.__class__", "True.__class__"),
        ("().__class__.__bases__[0]", "().__class__"),
        ("{1: 2}", "{1: 2}"),
        ("{1, 2}", "{1, 2}"),
        ("f'{open(1)}'", "'{open(1)}'"),
        ("rF'{1}'", "'{1}'"),
        ("b'1'", "b'1'"),
        ("lambda: 3", "lambda: 3"),
        ("(n := 3)", "n := 3"),
        ("~1", "~1"),
        ("-True", "-True"),
        ("-'1'", "-'1'"),
        ("...", "..."),
        ("*x", "*x"),
        ("**{1, 2}", "**{1, 2}"),
        ("nn.ReLU()", "nn.ReLU()"),
        ("x[0]", "x"),
        ("torch.float32", "torch.float32"),
    ],
)
def test_values_that_are_not_plain_are_refused_with_their_line(value, shown):
    with pytest.raises(ParseError) as refusal:
        parse_sequential(f"nn.Sequential(\n  nn.ReLU(),\n  nn.Conv2d(1, 2,\n    {value}))")
    assert str(refusal.value) == f"line 4: {NOT_PLAIN}{shown}"
    assert refusal.value.line == 4


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("nn.LSTM(3)", "nn.LSTM is no layer that cnnviz knows: the nearest is Linear"),
        ("quux(3)", "quux is no layer that cnnviz knows: it knows Conv2d, "),
        ("Residual()", "Residual needs body and shortcut"),
        ("nn.Conv2d(1, 2, 2**9999)", "a number above 1,000,000,000,000,000 is no layer's"),
        ("nn.Conv2d(1, 2, 10**10**10)", "a number above 1,000,000,000,000,000 is no layer's"),
        ("nn.Conv2d(1, 2, __import__('os').system('true'))", "only layers are read here, not __import__('os').system("),
        ("nn.Conv2d(1, 2, [i for i in 'ab'])", "only lists are read here, not 'ab'"),
        ("nn.Conv2d(1, 2, (1, foo()))", "one whole number or two are read here, not (1, foo())"),
        ("nn.Conv2d(1, 2, 4 // 0)", "this cannot be computed: it divides by 0, or is too large"),
        ("nn.Conv2d(1, 2, 1e300 ** 9)", "a number above 1,000,000,000,000,000 is no layer's"),
        ("nn.Conv2d(1, 2, 1 < 2)", "Conv2d: kernel_size = True cannot be True or False"),
        ("nn.Conv2d(1, 2, 'a' * 9)", "only plain numbers, words, True, False and None are read, not 'a' * 9"),
        ("foo.ReLU()", "foo.ReLU is no layer that cnnviz knows"),
        ("nn.functional.relu()", "nn.functional.relu is no layer"),
        ("nn.__class__()", "nn.__class__ is no layer"),
        ("__import__('os')", "__import__ is no layer"),
        ("__import__('os').system('true')", "only layers are read here, not __import__('os').system('true')"),
        ("nn.ReLU", "only layers are read here, not nn.ReLU"),
        ("*layers", "only layers are read here, not *layers"),
        ("[nn.ReLU()]", "only layers are read here, not [nn.ReLU()]"),
        ("(lambda: 1)()", "only layers are read here, not (lambda: 1)()"),
        ("**layers", "Sequential takes layers, not **=…"),
        ("first=nn.ReLU()", "Sequential takes layers, not first=…"),
        ("nn.Conv2d(1, 2)", "Conv2d needs kernel_size"),
        ("nn.Conv2d(kernel_size=2)", "Conv2d needs in_channels and out_channels"),
        (
            "nn.Conv2d(1, 2, 3, colour=4)",
            "Conv2d has no argument colour: its arguments are in_channels, out_channels, ",
        ),
        ("nn.Conv2d(1, 2, 3, out_channels=2)", "Conv2d gets out_channels twice"),
        ("nn.Conv2d(1, 2, 3, bias=True, bias=True)", "Conv2d gets bias twice"),
        ("nn.Linear(1, 2, True, None, None, 3)", "Linear takes at most 5 arguments, not 6"),
        ("nn.Tanh(1)", "Tanh takes at most 0 arguments, not 1"),
        ("nn.Conv2d(0, 2, 3)", "Conv2d: in_channels = 0 must be a whole number, 1 or more"),
        ("nn.Linear(2.0, 2)", "Linear: in_features = 2.0 must be a whole number, 1 or more"),
        ("nn.BatchNorm2d(True)", "BatchNorm2d: num_features = True must be"),
        ("nn.Conv2d(1, 0, 3)", "Conv2d: out_channels = 0: must be at least 1"),
        ("nn.Conv2d(1, 2, 3.5)", "Conv2d: kernel_size = 3.5: "),
        ("nn.Conv2d(1, 2, '3')", "Conv2d: kernel_size = '3' cannot be a word"),
        ("nn.Conv2d(1, 2, 3, bias=1)", "Conv2d: bias = 1 must be True or False"),
        ("nn.Conv2d(1, True, 3)", "Conv2d: out_channels = True cannot be True or False"),
        ("nn.Conv2d(1, 2, (3,))", "one whole number or two are read here, not (3,)"),
        ("nn.Conv2d(1, 2, (3, 3, 3))", "one whole number or two are read here, not (3, 3, 3)"),
        ("nn.Conv2d(1, 2, (3, (3, 3)))", "one whole number or two are read here, not (3, (3, 3))"),
        ("nn.Conv2d(1, 2, (3.0, 3))", "one whole number or two are read here, not (3.0, 3)"),
        ("nn.Conv2d(1, 2, 3, padding='full')", "Conv2d: padding = 'full': "),
        ("nn.ConvTranspose2d(1, 2, 3, padding_mode='reflect')", "ConvTranspose2d: padding_mode = 'reflect' is not"),
        (
            "nn.MaxPool2d(2, return_indices=True)",
            "MaxPool2d: return_indices = True is not supported: leave it out, or ",
        ),
        ("nn.BatchNorm2d(3, affine=False)", "BatchNorm2d: affine = False is not supported"),
        ("nn.BatchNorm2d(3, track_running_stats=False)", "BatchNorm2d: track_running_stats = False is not supported"),
        ("nn.BatchNorm2d(3, momentum=None)", "BatchNorm2d: momentum = None: "),
        ("nn.BatchNorm2d(3, bias=False)", "BatchNorm2d: bias = False is not supported"),
        ("nn.Flatten(0)", "Flatten: start_dim = 0 is not supported: leave it out, or give 1"),
        ("nn.Flatten(end_dim=2)", "Flatten: end_dim = 2 is not supported"),
        ("nn.Softmax(0)", "Softmax: dim = 0 is not supported: leave it out, or give None or 1 or -1"),
        ("nn.GELU('tanh')", "GELU: approximate = 'tanh' is not supported: leave it out, or give 'none'"),
        ("nn.Linear(1, 2, device='cuda')", "Linear: device = 'cuda' is not supported"),
        ("nn.Dropout(2.0)", "Dropout: p = 2.0: "),
        ("nn.Dropout(1e999)", "Dropout: p = inf: "),
        ("nn.Conv2d(1, 99999999999, 3)", "Conv2d: out_channels = 99999999999: must be at most 65,536"),
        ("nn.Conv2d(99999999999, 1, 3)", "this network is too large: no side of an input may be more than 65,536"),
        (f"nn.Conv2d(1, {10**30}, 3)", "a number above 1,000,000,000,000,000 is no layer's"),
        (f"nn.Conv2d(1, -{10**30}, 3)", "a number above 1,000,000,000,000,000 is no layer's"),
        (f"nn.Conv2d(1, {10**400}, 3)", "no layer has so long a number: 10000000"),
        (f"nn.Conv2d(1, {'9' * 9000}, 3)", "no layer has so long a number: 99999999"),
        (f"nn.Conv2d(1, 2, 3, padding_mode='{'zeros' * 99}')", "no layer knows so long a word: 'zeroszeros"),
        ("nn.Linear(0x10, 1)", "'0x10' is not understood"),
        ("nn.Linear(10j, 1)", "'10j' is not understood"),
        ("nn.Linear(1if 1else 2, 1)", "'1if' is not understood"),
        ("nn.ReLU() × 2", "'×' is not understood"),
        ("nn.ReLU()\0", "'\\x00' is not understood"),
        ("nn.ReLU() # \0", ""),
        ("nn.ReLU()\ud800", "'\\ud800' is not understood"),
        ("nn.Dropout('\\x30')", "Dropout: p = '/x30' cannot be a word"),
        ("nn.Dropout('", "words in quotation marks must end on their line"),
        ("nn.ReLU() nn.ReLU()", "Python cannot read this: invalid syntax: perhaps you forgot a comma"),
    ],
)
def test_each_thing_that_is_not_understood_is_named_with_its_line(line, sentence):
    with pytest.raises(ParseError) as refusal:
        parse_sequential(f"model = nn.Sequential(\n  {line},\n)")
    text = str(refusal.value)
    if sentence:
        expected = "" if sentence.startswith("this network") else "line 2: "
        assert text.startswith(expected + sentence)
        assert refusal.value.line == 2
    assert "\n" not in text
    assert len(text) < 400


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("", None, "there is no network in this text: paste nn.Sequential(…)"),
        ("# nothing", None, "there is no network"),
        ("import torch\n", None, "there is no network"),
        ("import os\nfrom . import nn", None, "there is no network"),
        ("import torch as nn\nnn.Sequential()", 2, "line 2: only nn.Sequential(…) and what makes it are read, not nn."),
        ("print(Sequential())", 1, "line 1: only nn.Sequential(…)"),
        ("def f():\n  return Sequential()", None, "there is no network"),
        ("while True: pass", 1, "line 1: only nn.Sequential(…)"),
        ("Sequential()\nSequential()", 2, "line 2: this is a second network"),
        ("nn.Sequential(", 1, "line 1: Python cannot read this: '(' was never closed"),
        ("nn.Sequential(\n))", 2, "line 2: Python cannot read this: unmatched ')'"),
        ("nn.Sequential()\n  nn.ReLU()", 2, "line 2: Python cannot read this: unexpected indent"),
        ("Sequential(" + "ReLU(), " * 2001 + ")", None, "this network is too large: more than 2,000 layers"),
        (" " * (MOST_CHARACTERS + 1), None, "the text has 200,001 characters: paste at most 200,000"),
    ],
)
def test_what_is_no_network_is_refused(text, line, sentence):
    with pytest.raises(ParseError) as refusal:
        parse_sequential(text)
    assert str(refusal.value).startswith(sentence)
    assert refusal.value.line == line


@pytest.mark.parametrize("times", [101, 1_000, 12_000, 1_000_000])
@pytest.mark.parametrize(
    "once",
    [
        "(", "[", "{", "(1,", "[1,", "{1:", "-", "- ", "+", "~", "not ", "lambda:", "lambda a,b:", "lambda a=1,b=", "await ",
        "f'{", "f(", "1 if x else ", "1,2 if x else ", "a.", "f()", "()", "[0]", "1+", "1,+", "1**", "a and ", "a<", "*", "**",
        "x=", "x:=", "yield ", "@", "'a'", "Sequential(", "nn.Sequential(nn.ReLU(),", "if x:\n ", ";", "…",
        "0", "a", "'", "\0", "(\n", "\ud800", "1 for a in ", "1,2 for a in ", "async ",
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", [("", ""), ("Sequential(Linear(", "1, 2))"), ("Sequential(Linear(f", "))")])
def test_no_depth_crashes_or_goes_uncaught(around, once, times):
    for text in (once * times, once * (MOST_CHARACTERS // len(once) - 20)) if times == 12_000 else (once * times,):
        only_parse_errors(around[0] + text + around[1])


@pytest.mark.parametrize("blank", ["\n", "\\\n", "#\n", "# (((\n", " ", "\r\n"])
def test_any_number_of_empty_lines_and_comments_is_read(blank):
    assert parse_sequential(f"Sequential(ReLU({blank * 7_000}))").layers == (ReLU(),)


def test_sequentials_may_be_a_few_deep_and_no_more():
    assert parse_sequential("nn.Sequential(" * 30 + "nn.ReLU()" + ")" * 30).layers == (ReLU(),)
    with pytest.raises(ParseError, match="line 1: this is nested too deep"):
        parse_sequential("nn.Sequential(" * 50 + ")" * 50)


PIECES = st.sampled_from(
    [
        "nn.", "torch.", "Sequential(", "Conv2d(", "Linear(", "Flatten()", "ReLU()", "(", ")", "[", "]", "{", "}", ",", ", ", "=",
        "-", "1", "3", "0.5", "1e999", "99999999999", "None", "True", "'same'", "\n", " ", "#", "*", "**", "lambda", ":", ":=",
        "not ", "~", "f'{", "}'", "'", '"', "\\", "\0", "\ud800", "é", "×", ";", "import torch", "__import__('os').system('true')",
        "os.system('true')", "eval('1')", "exec('1')", ".__class__", "in_channels=", "bias=", "kernel_size=", "if ", "for x in y",
    ]
)  # fmt: skip


def only_parse_errors(text: str) -> None:
    refusal = None
    try:
        draft = parse_sequential(text)
        table(draft)
    except ParseError as error:
        refusal = error
    if refusal is not None:
        assert 0 < len(str(refusal)) < 400
        assert "\n" not in str(refusal)
        assert refusal.line is None or 1 <= refusal.line <= text.count("\n") + text.count("\r") + 1


@settings(deadline=None, max_examples=400)
@given(st.text(max_size=200) | st.lists(PIECES, max_size=30).map("".join))
def test_any_text_is_read_or_refused(text):
    only_parse_errors(text)


@settings(deadline=None, max_examples=400)
@given(
    text=st.sampled_from([LENET, EVERY_KIND]),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 6), PIECES | st.text(max_size=3)), min_size=1, max_size=4),
)
def test_any_change_of_a_good_text_is_read_or_refused(text, edits):
    for where, removed, added in edits:
        at = int(where * len(text))
        text = text[:at] + added + text[at + removed :]
    only_parse_errors(text)


@settings(deadline=None, max_examples=150)
@given(
    numbers=st.lists(st.integers(-3, 70_000) | st.sampled_from([1, 2, 3, 5, 16]), min_size=3, max_size=8),
    name=st.sampled_from(list(SIGNATURES)),
)
def test_any_numbers_are_read_or_refused(numbers, name):
    only_parse_errors(f"Sequential({name}({', '.join(map(str, numbers))}), ReLU())")


def test_the_first_layers_of_the_draft_are_ours():
    layers = parse_sequential(LENET).layers
    assert layers[0] == Conv2d(out_channels=6, kernel_size=5, padding=2)
    assert layers[4] == BatchNorm2d()
    assert layers[7:9] == (Flatten(), Linear(out_features=120))


@pytest.mark.parametrize("text", ["1" * 49_000 + "x", "1." * 20_000 + "x", "1_" * 20_000, "." * 40_000, "1e" * 20_000])
def test_long_runs_of_digits_are_refused_in_one_look(text):
    with pytest.raises(ParseError):  # a look back for each digit would take minutes
        parse.parse_sequential(text)
