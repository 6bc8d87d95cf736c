"""What is not understood is named with its line."""

import re

import pytest

from cnnviz.networks import table
from cnnviz.networks.pasted_text import MOST_CHARACTERS, ParseError
from tests.networks.sequentials import parse_sequential


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
