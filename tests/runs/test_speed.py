"""The speed of a run beside a plain mean."""

import pytest

from cnnviz.runs.speed import Speed
from cnnviz.training import Step


def step(number: int, images_per_second: float) -> Step:
    return Step(number, 1_000, number / 100, images_per_second, 1.0)


def test_one_slow_moment_does_not_count_for_all() -> None:
    speed = Speed(0)
    assert speed.now(step(10, 1_000.0), 64) == pytest.approx(1_000)
    assert speed.now(step(11, 10.0), 64) == pytest.approx(11 * 64 / (0.64 + 6.4))
    for number in range(21, 4_000, 10):
        last = speed.now(step(number, 1_000.0), 64)
    assert last == pytest.approx(1_000)  # what was a minute ago is forgotten


def test_a_report_without_steps_changes_nothing() -> None:
    speed = Speed(5)
    assert speed.now(step(5, 300.0), 64) == 300
    speed.now(step(6, 100.0), 64)
    assert speed.now(step(6, 5.0), 64) == pytest.approx(100)
