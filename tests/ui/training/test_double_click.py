"""A double click starts one run, in whatever order the page's two beginnings take their turns."""

import threading
from itertools import count

import pytest

from cnnviz.ui.training import double_click as starts
from cnnviz.ui.training.double_click import StartedRuns


@pytest.fixture(autouse=True)
def no_time_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held back here is held back however late the second click comes."""
    monkeypatch.setattr(starts, "DOUBLE_CLICK", 0.0)


def test_the_second_click_waits_for_the_first_and_gets_its_run() -> None:
    it, begun, may_end, got = StartedRuns(), threading.Event(), threading.Event(), []
    made: list[str] = []

    def slow() -> list[str]:
        begun.set()
        assert may_end.wait(60)
        made.append(f"run {len(made)}")
        return made[-1:]

    threads = [threading.Thread(target=lambda: got.append(it.once(0, "lenet5", slow))) for _ in range(2)]
    threads[0].start()
    assert begun.wait(60)
    threads[1].start()
    may_end.set()
    for thread in threads:
        thread.join(60)
    assert got == [["run 0"], ["run 0"]]
    assert made == ["run 0"]


def test_what_was_seen_to_start_may_be_started_again_and_other_things_always() -> None:
    it, numbers = StartedRuns(), count()
    start = lambda: [f"run {next(numbers)}"]  # noqa: E731
    assert it.once(it.count, "lenet5", start) == ["run 0"]
    assert it.once(0, "lenet5", start) == ["run 0"]
    assert it.once(it.count, "lenet5", start) == ["run 1"]
    assert it.once(0, "vgg16", start) == ["run 2"]


def test_a_start_that_fails_is_none() -> None:
    it = StartedRuns()

    def fail() -> list[str]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        it.once(0, "lenet5", fail)
    assert it.once(0, "lenet5", lambda: ["run"]) == ["run"]
