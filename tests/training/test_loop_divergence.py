"""The first step without a finite loss is named, wherever it falls."""

import math
import re
from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.data import Dataset
from cnnviz.networks import Network
from cnnviz.training import TrainingConfig, TrainingError, train
from cnnviz.training import learner as learner_module
from cnnviz.training import reporting as reporting_module
from tests.training.cases import SMALL, few
from tests.training.plain_loop import NORMALISED, plain_batches

# Divergence


DIVERGING = TrainingConfig(epochs=3, learning_rate=10, optimizer="sgd", batch_size=8)
CALM = TrainingConfig(epochs=3, learning_rate=0.01, optimizer="sgd", batch_size=25)


def plain_losses(data: Dataset, config: TrainingConfig) -> Iterator[float]:
    torch.manual_seed(config.seed)
    module = SMALL.module()
    made = torch.optim.SGD(module.parameters(), config.learning_rate, config.momentum)
    for images, labels in plain_batches(data, config):
        made.zero_grad()
        loss = F.cross_entropy(module(images), labels)
        loss.backward()
        made.step()
        yield loss.item()


def complaint(network: Network, data: Dataset, config: TrainingConfig) -> tuple[str, int]:
    with pytest.raises(TrainingError) as error:
        list(train(network, data, config))
    match = re.search(r"at step (\d+)\. .* Try .*a learning rate of ", str(error.value))
    assert match, error.value
    return str(error.value), int(match[1])


def test_rare_reports_still_name_the_first_step_without_a_finite_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting_module, "REPORT_SECONDS", 1e9)
    first = next(n for n, loss in enumerate(plain_losses(few(), DIVERGING), 1) if not math.isfinite(loss))
    assert 1 < first < 25  # in the first epoch, not at its end
    sentence, step = complaint(SMALL, few(), DIVERGING)
    assert re.match(r"The loss became (nan|inf) ", sentence)
    assert step == first


def test_a_hopeless_loss_ends_a_run_before_it_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting_module, "REPORT_SECONDS", 0.0)
    monkeypatch.setattr(reporting_module, "HOPELESS", 100.0)
    number, loss = next((n, x) for n, x in enumerate(plain_losses(few(), DIVERGING), 1) if not x <= 100)
    assert math.isfinite(loss)
    sentence, step = complaint(SMALL, few(), DIVERGING)
    assert step == number
    grew = re.match(r"The loss grew to ([\d,]+) at step", sentence)
    assert grew
    assert float(grew[1].replace(",", "")) == pytest.approx(loss, rel=0.01)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("when", [1, 3, 6])
def test_the_step_is_exact_wherever_it_falls(bad: float, when: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting_module, "REPORT_SECONDS", 1e9)
    spoil(monkeypatch, when, bad)
    assert complaint(SMALL, few(100), CALM)[1] == when


def spoil(monkeypatch: pytest.MonkeyPatch, when: int, bad: float) -> None:
    """The training loss is ``bad`` at that step alone."""
    steps, real = iter(range(1, 1000)), F.cross_entropy

    def is_step(logits: Tensor) -> bool:
        return logits.requires_grad and not logits.is_meta

    def cross_entropy(logits: Tensor, labels: Tensor, **more: float) -> Tensor:
        loss = real(logits, labels, **more)
        return loss * 0 + bad if is_step(logits) and next(steps) == when else loss

    monkeypatch.setattr(F, "cross_entropy", cross_entropy)


def test_the_step_is_exact_where_a_remainder_was_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting_module, "REPORT_SECONDS", 1e9)
    spoil(monkeypatch, 2, math.nan)
    assert complaint(NORMALISED, few(97), CALM.model_copy(update={"batch_size": 32}))[1] == 2


def test_weights_that_broke_at_the_last_step_of_an_epoch_are_told_at_that_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting_module, "REPORT_SECONDS", 1e9)
    monkeypatch.setattr(learner_module, "_MOST_AT_A_TIME", 10)  # seven batches of test images, all of which give nan
    whole = learner_module.Learner.learn

    def learn(self: learner_module.Learner, which: Tensor, tally: reporting_module.Tally) -> None:
        whole(self, which, tally)
        if self.step == 4:
            with torch.no_grad():
                for parameter in self.module.parameters():
                    parameter.fill_(math.nan)

    monkeypatch.setattr(learner_module.Learner, "learn", learn)
    assert complaint(SMALL, few(100), CALM)[1] == 4
