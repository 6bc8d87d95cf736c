"""What is said of every setting."""

import pytest

from cnnviz.training import TrainingConfig
from cnnviz.training.settings import SETTINGS


def test_every_setting_has_its_words_and_nothing_else() -> None:
    assert set(SETTINGS) == set(TrainingConfig.model_fields)


@pytest.mark.parametrize("name", SETTINGS)
def test_it_is_one_sentence(name: str) -> None:
    words = SETTINGS[name]
    assert words.says.endswith(".")
    assert ". " not in words.says
    assert not words.usual.endswith(".")
    assert words.text.startswith(words.says)
    assert words.usual in words.text


def test_labels_tell_them_apart() -> None:
    assert len({words.label for words in SETTINGS.values()}) == len(SETTINGS)
