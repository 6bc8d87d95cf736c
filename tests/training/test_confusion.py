"""Counts beside scikit-learn's, mistakes beside a list that is sorted whole, and both of a training run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix
from torch import Tensor

from cnnviz.training import Checkpoint, Epoch, Mistake, TrainingConfig, train
from cnnviz.training.confusion import MOST_MISTAKES, Errors
from cnnviz.training.evaluation import Views
from cnnviz.training.team import ALONE, Team
from tests.training.cases import SMALL, few


def said(images: int, classes: int = 10, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Logits, and labels that they often agree with."""
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(images, classes, generator=generator)
    guessed = torch.randint(classes, (images,), generator=generator)
    return logits, torch.where(torch.rand(images, generator=generator) < 0.5, logits.argmax(1), guessed)


def probabilities(logits: Tensor) -> NDArray[np.float64]:
    powers = np.exp(logits.double().numpy())
    return powers / powers.sum(1, keepdims=True)


def sorted_mistakes(logits: Tensor, labels: Tensor) -> list[Mistake]:
    found = []
    for image, (row, label) in enumerate(zip(probabilities(logits), labels.tolist(), strict=True)):
        if (answer := int(row.argmax())) != label:
            found.append(Mistake(image, label, answer, float(row.max())))
    return sorted(found, key=lambda one: -one.confidence)[:MOST_MISTAKES]


def add(errors: Errors, logits: Tensor, labels: Tensor, batch: int, share: slice = slice(None)) -> Errors:
    for start in list(range(0, len(labels), batch))[share]:
        errors.add(start, logits[start : start + batch], labels[start : start + batch])
    return errors


def assert_same(ours: tuple[Mistake, ...], expected: list[Mistake]) -> None:
    assert [(one.image, one.label, one.answer) for one in ours] == [
        (one.image, one.label, one.answer) for one in expected
    ]
    assert [one.confidence for one in ours] == pytest.approx([one.confidence for one in expected], rel=1e-5)


@pytest.mark.parametrize("batch", [1, 7, MOST_MISTAKES, MOST_MISTAKES + 1, 100, 300, 1000])
def test_are_the_same_whatever_the_batches(batch: int) -> None:
    logits, labels = said(300)
    errors = add(Errors(ALONE), logits, labels, batch)
    found = errors.confusion()
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, confusion_matrix(labels, logits.argmax(1), labels=range(10)))
    np.testing.assert_array_equal(errors.answers(), logits.argmax(1))
    assert len(sorted_mistakes(logits, labels)) == MOST_MISTAKES
    assert_same(errors.mistakes(), sorted_mistakes(logits, labels))


@pytest.mark.parametrize("classes", [2, 3, 100])
def test_of_any_number_of_classes_some_of_which_no_image_has(classes: int) -> None:
    logits, labels = said(40, classes)
    labels = labels.clamp(max=classes - 2)
    errors = add(Errors(ALONE), logits, labels, 16)
    np.testing.assert_array_equal(errors.confusion(), confusion_matrix(labels, logits.argmax(1), labels=range(classes)))
    assert_same(errors.mistakes(), sorted_mistakes(logits, labels))


def test_there_may_be_no_mistakes_or_only_some() -> None:
    logits, labels = said(60)
    labels = logits.argmax(1)
    assert add(Errors(ALONE), logits, labels, 25).mistakes() == ()
    labels[[5, 58]] = (labels[[5, 58]] + 1) % 10
    errors = add(Errors(ALONE), logits, labels, 25)
    assert sorted(one.image for one in errors.mistakes()) == [5, 58]
    assert errors.confusion().trace() == 58


def test_equally_sure_mistakes_come_in_the_order_of_the_images() -> None:
    logits, labels = torch.zeros(9, 3), torch.full((9,), 2)
    logits[:, 1] = 4
    assert [one.image for one in add(Errors(ALONE), logits, labels, 4).mistakes()] == list(range(9))


def test_the_answer_is_the_largest_logit_even_where_probabilities_are_rounded_alike() -> None:
    """Else the share of the diagonal would not be the accuracy."""
    logits, labels = torch.tensor([[0.0, 1e-9], [30.0, 30.000001]]), torch.tensor([1, 1])
    errors = add(Errors(ALONE), logits, labels, 2)
    assert errors.confusion().tolist() == [[0, 0], [0, 2]]
    assert errors.mistakes() == ()


@dataclass(frozen=True)
class Noted(Team):
    """What this process gathers is written down for the other one, which adds it to its own."""

    notes: list[list[Any]] = field(default_factory=list)

    def gather(self, mine: list[Any]) -> list[Any]:
        if not self.leads:
            self.notes.append(mine)
            return mine
        return mine + self.notes.pop()


@pytest.mark.parametrize("batch", [10, 400])  # the second leaves one of them without a batch
def test_two_processes_that_share_the_batches_find_what_one_finds(batch: int) -> None:
    logits, labels = said(300)
    notes: list[list[Any]] = []
    first, second = (add(Errors(Noted(rank, 2, notes)), logits, labels, batch, slice(rank, None, 2)) for rank in (0, 1))
    alone = add(Errors(ALONE), logits, labels, 300)
    second.mistakes()
    assert first.mistakes() == alone.mistakes()
    if batch == 10:
        second.confusion()
    else:
        notes.append([])
    np.testing.assert_array_equal(first.confusion(), alone.confusion())
    second.answers()
    np.testing.assert_array_equal(first.answers(), logits.argmax(1))


@pytest.mark.parametrize("views", ["none", "mirror"])
def test_the_last_epoch_of_a_run_tells_what_the_final_weights_answer(views: Views) -> None:
    data = few()
    events = list(train(SMALL, data, TrainingConfig(epochs=2, seed=3, device="cpu", test_time_augmentation=views)))
    last = [event for event in events if isinstance(event, Epoch)][-1]
    [*_, kept] = [event for event in events if isinstance(event, Checkpoint)]
    module = SMALL.module()
    module.load_state_dict(kept.weights)
    images = (torch.from_numpy(data.test.images).double() / 255 - data.mean[0]) / data.std[0]
    labels = torch.from_numpy(data.test.labels)
    with torch.no_grad():
        logits = module.double()(images)
        if views == "mirror":
            logits = (logits + module(images.flip(3))) / 2
    expected = confusion_matrix(labels, logits.argmax(1), labels=range(10))
    assert 0 < expected.trace() < 70
    np.testing.assert_array_equal(last.confusion, expected)
    assert last.confusion.trace() / last.confusion.sum() == pytest.approx(last.test_accuracy, abs=1e-9)
    assert_same(last.mistakes, sorted_mistakes(logits, labels))
