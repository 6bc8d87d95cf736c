"""What a network said of the test images: its shares, and how it is written down."""

from __future__ import annotations

import json

import numpy as np
import pytest

from cnnviz.runs.records import Outcome, answers_blob, outcome_row, read_outcome
from cnnviz.training import Mistake


def outcome(epoch: int, classes: int = 4, mistakes: int = 3) -> Outcome:
    """One that can be told from the others."""
    rng = np.random.default_rng(epoch)
    confusion = rng.integers(0, 900, (classes, classes))
    found = tuple(Mistake(7 * i + epoch, i % classes, (i + 1) % classes, 0.999999 - i / 7) for i in range(mistakes))
    return Outcome(epoch, confusion, found)


def test_class_accuracies_are_the_shares_of_each_row() -> None:
    found = Outcome(1, np.array([[3, 1, 0], [0, 5, 0], [2, 2, 0]]), ()).class_accuracies
    assert found.dtype == np.float64
    assert found.tolist() == [3 / 4, 1, 0]


def test_a_class_without_images_has_no_accuracy() -> None:
    found = Outcome(1, np.array([[3, 1], [0, 0]]), ()).class_accuracies
    assert found[0] == 3 / 4
    assert np.isnan(found[1])


@pytest.mark.parametrize("classes", [1, 4, 100])
@pytest.mark.parametrize("mistakes", [0, 3])
def test_comes_back_as_it_was_written(classes: int, mistakes: int) -> None:
    before = outcome(17, classes, mistakes)
    row = outcome_row(before)
    assert [type(part) for part in row] == [int, str, str]
    again = read_outcome(*row)
    assert again.epoch == 17
    assert again.confusion.dtype == np.int64
    np.testing.assert_array_equal(again.confusion, before.confusion)
    assert len(again.mistakes) == mistakes
    for one, other in zip(again.mistakes, before.mistakes, strict=True):
        assert (one.image, one.label, one.answer) == (other.image, other.label, other.answer)
        assert one.confidence == pytest.approx(other.confidence, abs=1e-6)


def test_is_written_as_plain_lists() -> None:
    row = outcome_row(Outcome(2, np.array([[3, 1], [0, 4]]), (Mistake(5, 0, 1, 2 / 3),)))
    assert (row[0], json.loads(row[1]), json.loads(row[2])) == (2, [[3, 1], [0, 4]], [[5, 0, 1, 0.666667]])


def test_answers_come_back_and_tell_which_images_got_which() -> None:
    labels = np.random.default_rng(0).integers(0, 10, 10_000)
    given = np.where(np.arange(10_000) % 7 == 0, (labels + 1) % 10, labels).astype(np.uint8)
    written = answers_blob(Outcome(1, np.eye(10, dtype=np.int64), (), given))
    assert written is not None
    assert len(written) < 6_000
    again = read_outcome(1, "[[1]]", "[]", written)
    np.testing.assert_array_equal(again.answers, given)
    expected = [i for i in range(10_000) if i % 7 == 0 and labels[i] == 3]
    assert again.given(labels, 3, 4) == expected
    assert again.given(labels[:-1], 3, 4) == read_outcome(1, "[[1]]", "[]").given(labels, 3, 4) == []


@pytest.mark.parametrize(
    ("confusion", "mistakes"), [("", "[]"), ("[[1, 2], [3]]", "[]"), ("[[1]]", "[[1, 2]]"), ("[[1]]", "7")]
)
def test_what_is_none_is_not_read(confusion: str, mistakes: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        read_outcome(1, confusion, mistakes)
