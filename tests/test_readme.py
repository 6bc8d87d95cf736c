"""What the README says of the trained networks is what their cards say."""

import pytest

from cnnviz.paths import PROJECT
from cnnviz.runs import read_card, shipped
from cnnviz.runs.checkpoints import SHIPPED
from cnnviz.training.accuracy import interval, percent


@pytest.mark.parametrize("name", shipped())
def test_the_accuracies_are_those_of_the_cards(name: str) -> None:
    card, lines = read_card(SHIPPED / name), (PROJECT / "README.md").read_text().splitlines()
    assert card.test_accuracy is not None
    low, high = interval(card.test_accuracy, card.test_images)
    said = f"| {percent(card.test_accuracy, card.test_images)} | {low:.1%} to {high:.1%} | {card.test_images:,} |"
    assert [said in line for line in lines if line.startswith(f"| `{name}`")] == [True]
