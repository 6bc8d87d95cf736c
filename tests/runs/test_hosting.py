"""What one visitor learns of another's runs."""

import shlex
from dataclasses import replace

import pytest

from cnnviz.runs import RunStore, StoreError
from cnnviz.runs.command import for_all
from cnnviz.runs.hosting import SeenRuns, as_seen, hosting, may_change
from cnnviz.runs.limits import LimitError, check_visitor, limits
from tests.runs.cases import tiny


@pytest.mark.parametrize(
    ("said", "means"),
    [("", "own"), ("0", "own"), ("1", "demo"), ("demo", "demo"), (" Class ", "class"), ("klass", "demo")],
)
def test_the_setting_has_two_meanings_and_a_wrong_one_shows_least(
    said: str, means: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNNVIZ_HOSTED", said)
    assert hosting() == means


def test_a_wrong_word_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_HOSTED", "klass")
    with pytest.raises(StoreError, match=r"^CNNVIZ_HOSTED is 'klass': set it to demo or class\.$"):
        limits()


@pytest.mark.parametrize("hosted", ["", "class", "demo"])
def test_ones_own_runs_are_seen_whole(hosted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_HOSTED", hosted)
    run = RunStore().create(tiny(), "ann", title="Mine", notes="To remember.")
    assert SeenRuns("ann").list() == [run]
    assert SeenRuns("ann").get(run.id).notes == "To remember."
    assert may_change(run, "ann")


def test_who_sees_anothers_run(monkeypatch: pytest.MonkeyPatch) -> None:
    told = tiny().model_copy(update={"command": "train --notes 'To remember.' --network /srv/net.json"})
    run = RunStore().create(told, "ann", title="Hers", notes="To remember.")
    monkeypatch.setenv("CNNVIZ_HOSTED", "")
    assert as_seen(run, "bob") == run
    assert may_change(run, "bob")
    monkeypatch.setenv("CNNVIZ_HOSTED", "class")
    others = replace(run, notes="", spec=told.model_copy(update={"command": "train --network net.json"}))
    assert SeenRuns("bob").list() == SeenRuns("bob").active() == [others]
    assert not may_change(run, "bob")
    monkeypatch.setenv("CNNVIZ_HOSTED", "demo")
    assert SeenRuns("bob").list() == SeenRuns("bob").active() == []
    assert SeenRuns("bob").find(run.id) is None
    with pytest.raises(KeyError):
        SeenRuns("bob").resume(run.id)


def test_runs_from_the_command_line_are_the_hosts_and_nobody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_HOSTED", "demo")
    RunStore().create(tiny())
    assert SeenRuns("bob").list() == []


def test_the_queue_counts_the_runs_that_one_does_not_see(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNNVIZ_HOSTED", "demo")
    monkeypatch.setenv("CNNVIZ_MAX_WAITING", "1")
    RunStore().create(tiny(), "ann", waits=True)
    with pytest.raises(LimitError, match="The queue is full"):
        check_visitor(SeenRuns("bob"), "bob")


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (["train", "--notes", "of mine", "--epochs", "3"], ["train", "--epochs", "3"]),
        (["train", "--notes=of mine", "--seed", "1"], ["train", "--seed", "1"]),
        (["train", "--note", "x", "--not=y", "--title", "it's"], ["train", "--title", "it's"]),
        (["train", "--notes"], ["train"]),
        (["train", "--network", "/srv/a b/net.json", "--notes", "x"], ["train", "--network", "net.json"]),
        (["train", "--net=..\\nets\\net.json", "--seed", "1"], ["train", "--net=net.json", "--seed", "1"]),
        (["train", "--notes", "--notes", "--epochs", "3"], ["train", "--epochs", "3"]),
        (["train", "--nesterov", "--network", "notes.json"], ["train", "--nesterov", "--network", "notes.json"]),
        (["train", "--title", "a  b"], ["train", "--title", "a  b"]),
    ],
)
def test_anothers_command_has_no_notes_and_no_places(words: list[str], kept: list[str]) -> None:
    assert shlex.split(for_all(shlex.join(words))) == kept


def test_a_command_that_no_shell_would_read_keeps_no_notes_either() -> None:
    assert for_all("train --seed 1 --notes 'half") == "train --seed 1"
