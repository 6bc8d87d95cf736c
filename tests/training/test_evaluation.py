"""Views of test images beside pictures moved by hand, and measuring beside a plain mean."""

from contextlib import closing
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.data.augmentation import Resident
from cnnviz.training import reporting
from cnnviz.training.evaluation import Views, answers, evaluate
from cnnviz.training.events import Step
from cnnviz.training.reporting import Clock, Diverged
from cnnviz.training.team import ALONE

CPU = torch.device("cpu")


def small() -> nn.Sequential:
    torch.manual_seed(1)
    module = nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.Tanh(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(4 * 5 * 4, 3)
    )
    module[1].running_mean.uniform_(-1, 1)
    module[1].running_var.uniform_(0.5, 2)
    return module


def moved(image: Tensor, down: int, right: int) -> Tensor:
    """Pixel by pixel; what lies outside is mirrored at the middle of the edge's pixels."""
    _, height, width = image.shape
    result = torch.empty_like(image)
    for row in range(height):
        for column in range(width):
            y, x = abs(row - down), abs(column - right)
            y, x = (height - 2 if y == height else y), (width - 2 if x == width else x)
            result[:, row, column] = image[:, y, x]
    return result


def mirrored(image: Tensor) -> Tensor:
    return torch.from_numpy(image.numpy()[:, :, ::-1].copy())


@pytest.mark.parametrize("views", ["none", "mirror", "translate"])
def test_answers_are_a_mean_over_views(views: Views) -> None:
    module, images = small().eval(), torch.randn(3, 2, 7, 6)
    with torch.no_grad():
        ours = answers(module, images, views)
        for image, seen in zip(images, ours, strict=True):
            shown = {"none": [(image, 1.0)], "mirror": [(image, 0.5), (mirrored(image), 0.5)]}.get(views)
            if shown is None:
                shown = [(image, 1 / 4), (mirrored(image), 1 / 4)]
                for shift in (-1, 1):
                    there = moved(image, shift, shift)
                    shown += [(there, 1 / 8), (mirrored(there), 1 / 8)]
            assert sum(share for _, share in shown) == 1
            expected = torch.zeros(3)
            for view, share in shown:
                expected += share * module(view[None])[0]
            torch.testing.assert_close(seen, expected)


@dataclass
class Measured:
    steps: list[Step] = field(default_factory=list)
    loss: float = 0.0
    accuracy: float = 0.0


def pictures(count: int = 23) -> Resident:
    rng = np.random.default_rng(3)
    images = rng.integers(0, 256, (count, 2, 7, 6), np.uint8)
    labels = rng.integers(0, 3, count)
    return Resident(images, labels, (0.5, 0.4), (0.2, 0.3), CPU)


def measure(module: nn.Module, data: Resident, batch: int, views: Views = "none") -> Measured:
    found = Measured()
    autocast = torch.autocast("cpu", torch.bfloat16, enabled=False)
    for told in evaluate(module, data, views, batch, autocast, Clock(0, 40, ALONE), 12, 3.0, ALONE):
        assert not torch.is_inference_mode_enabled()
        if isinstance(told, Step):
            found.steps.append(told)
        else:
            found.loss, found.accuracy = told.loss, told.accuracy
    return found


@pytest.mark.parametrize("views", ["none", "translate"])
@pytest.mark.parametrize("batch", [1, 5, 22, 23, 100])
def test_every_image_counts_once_whatever_the_batches(batch: int, views: Views) -> None:
    module, data = small(), pictures()
    ours = measure(module, data, batch, views)
    images, labels = data.batch(slice(None))
    module.eval()
    with torch.no_grad():
        logits = torch.cat([answers(module, image[None], views) for image in images])
    assert ours.loss == pytest.approx(F.cross_entropy(logits, labels).item(), rel=1e-5)
    assert ours.accuracy == pytest.approx(np.mean(logits.argmax(1).numpy() == labels.numpy()))


@pytest.mark.parametrize("training", [True, False])
def test_normalisation_and_dropout_rest_meanwhile_and_are_set_back(training: bool) -> None:
    module = small().train(training)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    first, second = measure(module, pictures(), 5), measure(module, pictures(), 5)
    assert (first.loss, first.accuracy) == (second.loss, second.accuracy)
    assert all(part.training == training for part in module.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
    assert all(parameter.grad is None for parameter in module.parameters())


def test_reports_come_between_batches_where_they_are_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "REPORT_SECONDS", 0.0)
    steps = measure(small(), pictures(), 5).steps
    assert len(steps) == 5
    for step in steps:
        assert (step.step, step.total_steps, step.epoch, step.images_per_second) == (12, 40, 3.0, 0)
        assert step.loss is None
        assert step.accuracy is None
    monkeypatch.setattr(reporting, "REPORT_SECONDS", 1e9)
    assert measure(small(), pictures(), 5).steps == []


def test_a_watcher_that_leaves_finds_gradients_switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "REPORT_SECONDS", 0.0)
    autocast = torch.autocast("cpu", torch.bfloat16)
    told = evaluate(small(), pictures(), "none", 5, autocast, Clock(0, 1, ALONE), 0, 0.0, ALONE)
    with closing(told):  # type: ignore[type-var]
        next(told)
        assert not torch.is_inference_mode_enabled()
        assert not torch.is_autocast_enabled("cpu")
        assert torch.is_grad_enabled()


def test_half_precision_is_that_of_the_caller() -> None:
    seen = []

    class Watched(nn.Linear):
        def forward(self, features: Tensor) -> Tensor:
            result = super().forward(features)
            seen.append(result.dtype)
            return result

    module = nn.Sequential(nn.Flatten(), Watched(2 * 7 * 6, 3))
    autocast = torch.autocast("cpu", torch.bfloat16)
    *_, measured = evaluate(module, pictures(), "none", 10, autocast, Clock(0, 1, ALONE), 0, 0.0, ALONE)
    assert not isinstance(measured, Step)
    assert seen == [torch.bfloat16] * 3
    assert measured.loss > 0


def test_a_loss_that_is_no_number_is_said() -> None:
    module = small()
    with torch.no_grad():
        module[-1].bias.fill_(torch.nan)
    with pytest.raises(Diverged):
        measure(module, pictures(), 5)
