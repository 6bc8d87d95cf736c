"""Estimates in words."""

import pytest

from cnnviz.runs.estimates import Estimate
from cnnviz.ui.training.forecast import duration, forecast


@pytest.mark.parametrize(
    ("seconds", "exact", "rough"),
    [
        (0.2, "1 s", "1 s"), (7.4, "7 s", "7 s"), (33, "35 s", "30 s"), (54.9, "55 s", "50 s"), (59, "1 min", "1 min"),
        (70, "1 min 10 s", "1 min"), (172, "2 min 50 s", "3 min"), (298, "5 min", "5 min"), (3_500, "58 min", "58 min"),
        (3_599, "1 h", "1 h"), (12_000, "3 h 20 min", "3 h"), (400_000, "5 days", "5 days"),
    ],
)  # fmt: skip
def test_durations_are_as_exact_as_an_estimate(seconds: float, exact: str, rough: str) -> None:
    assert (duration(seconds), duration(seconds, roughly=True)) == (exact, rough)


def test_it_says_where_it_is_known_from() -> None:
    assert forecast(Estimate(70.0, "same run")) == "About 1 min 10 s on this machine, as an earlier run shows."
    assert forecast(Estimate(70.0, "other runs")) == "About 1 min 10 s, going by other runs on this machine."
    assert forecast(Estimate(172.0, "a rule of thumb")) == (
        "Perhaps 3 min: a rule of thumb, no run has shown this machine's speed yet."
    )


def test_it_says_where_a_run_may_not_train_for_so_long() -> None:
    assert forecast(Estimate(1_000.0, "same run"), minutes=15).endswith(
        "earlier run shows. A run may train 15 minutes at a stretch here; then it stops, and can be resumed."
    )
    assert forecast(Estimate(880.0, "same run"), minutes=15) == forecast(Estimate(880.0, "same run"))
