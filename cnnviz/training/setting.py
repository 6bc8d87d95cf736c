"""What is said of a setting and offered for it, wherever it is: in the app, on the command line, in a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LENGTH, STEPS, COURSE = "Length and batches", "Steps", "Momentum and schedule"
OVERFITTING, IMAGES = "Against overfitting", "Changed images"
MEASURING, MACHINE = "What is measured", "Device, seed, recipe"


@dataclass(frozen=True)
class Setting:
    """Stands beside its field in ``TrainingConfig``, whose bounds it shares."""

    label: str
    says: str
    """One sentence: what it does."""
    group: str
    usual: str = ""
    """A range that is sensible to begin with; nothing where there is no such thing."""
    step: float = 1
    """Of its control, where it is a number."""
    least: float | None = None
    most: float | None = None
    """What its control offers where a bound itself is not allowed."""
    first: float | None = None
    """What its control begins with where it need not be set."""
    grid: str = ""
    """Values to try beside each other; nothing where it is not one to compare."""
    heeded_with: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By other settings: the values with which a run heeds this one; with all of them where they are not named."""
    in_words: Mapping[str, str] = field(default_factory=dict)
    """Its values as a reader knows them, where that is another spelling."""
    is_a_number_to_say: bool = True
    """Whether its number is a quantity, with a comma at the thousands, and no mere label."""
    changes_result: bool = True
    """Whether another value leads to other weights, rounding aside."""
    needs_cuda: bool = False
    is_side_by_side: bool = False
    """Whether its values are few and short: a control shows them all."""

    @property
    def text(self) -> str:
        """The sentence, and the range."""
        return f"{self.says} Usual: {self.usual}." if self.usual else self.says

    def is_heeded(self, values: Mapping[str, Any]) -> bool:
        """Whether a run with these settings looks at this one."""
        return all(values[other] in allowed for other, allowed in self.heeded_with.items())

    def said(self, value: object) -> str:
        """A value of it, for a reader."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, float):
            return f"{value:g}"
        if isinstance(value, int):
            return f"{value:,}" if self.is_a_number_to_say else str(value)
        return self.in_words.get(str(value), str(value))
