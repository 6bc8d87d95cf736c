"""Sentences name files, and not where they are."""

from pathlib import Path

import pytest

from cnnviz.paths import PROJECT, home, without_places


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("No such file: '/srv/class a/runs/x-1/state.safetensors'.", "No such file: 'state.safetensors'."),
        ("FileNotFoundError: /srv/cnnviz/data/mnist.npz", "FileNotFoundError: mnist.npz"),
        ("Permission denied: ~/cnnviz/runs/lock, try again", "Permission denied: lock, try again"),
        (r"Access is denied: C:\Users\me\runs.sqlite.", r"Access is denied: runs.sqlite."),
        ('Is a directory: "/srv/x/"', 'Is a directory: "x"'),
        (
            "Fetch https://a.b/c/d.gz at 3/4 images/s, and/or /train of 1/2/3",
            "Fetch https://a.b/c/d.gz at 3/4 images/s, and/or /train of 1/2/3",
        ),
        ("The loss became nan at step 9.", "The loss became nan at step 9."),
    ],
)
def test_a_file_keeps_its_name_only(text: str, said: str) -> None:
    assert without_places(text) == said


def test_the_apps_own_folders_are_not_told_whatever_their_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path / "our class (2)"))
    text = f"{home()} is full, {home() / 'runs' / 'a b.sqlite'} is locked, {PROJECT / 'cnnviz' / 'x.py'} broke"
    said = without_places(text)
    assert "our class" not in said
    assert str(PROJECT) not in said
    assert "b.sqlite is locked" in said
    assert "x.py broke" in said
