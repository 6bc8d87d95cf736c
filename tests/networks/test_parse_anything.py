"""Any text, however long, deep or mangled, is read or refused in a sentence."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.layers import ReLU
from cnnviz.networks import parse, table
from cnnviz.networks.pasted_text import MOST_CHARACTERS, ParseError
from cnnviz.networks.signatures import SIGNATURES
from tests.networks.sequentials import EVERY_KIND, LENET, parse_sequential


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


@pytest.mark.parametrize("text", ["1" * 49_000 + "x", "1." * 20_000 + "x", "1_" * 20_000, "." * 40_000, "1e" * 20_000])
def test_long_runs_of_digits_are_refused_in_one_look(text):
    with pytest.raises(ParseError):  # a look back for each digit would take minutes
        parse.parse_sequential(text)
