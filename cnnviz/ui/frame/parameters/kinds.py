"""What a parameter of the address can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

HOME = "See how convolutional networks work"
CONVOLUTION, POOLING, BUILDER, MODELS = ("Convolution",), ("Pooling",), ("Builder",), ("Models",)
TRAIN, COMPARE, KERNELS, ACTIVATIONS = ("Train",), ("Compare",), ("Kernels",), ("Activations",)
LABS = CONVOLUTION + POOLING
PICTURES = LABS + KERNELS + ACTIVATIONS
ALL = (HOME, *LABS, *BUILDER, *MODELS, *TRAIN, *COMPARE, *KERNELS, *ACTIVATIONS)


@dataclass(frozen=True)
class Whole:
    """A whole number from ``low`` to ``high``."""

    low: int
    high: int
    default: int


@dataclass(frozen=True)
class Number:
    low: float
    high: float
    default: float
    step: float


@dataclass(frozen=True)
class OneOf:
    """One of a few; the page knows which, where the table names none."""

    options: Sequence[Any] = ()
    default: Any = None

    def __post_init__(self) -> None:
        if self.default is None and self.options:
            object.__setattr__(self, "default", self.options[0])


@dataclass(frozen=True)
class OnOff:
    default: bool = False


@dataclass(frozen=True)
class Text:
    """Written by the page; read with care."""

    example: str = ""


@dataclass(frozen=True)
class Part:
    """A part of the page that can be hidden, and holds nothing."""


Kind = Whole | Number | OneOf | OnOff | Text | Part


@dataclass(frozen=True)
class Parameter:
    name: str
    pages: tuple[str, ...]
    kind: Kind
    label: str
    """That of its control; what else stands there, where there is no control."""
    says: str
    """One sentence: what it does."""
    has_tip: bool = False
    """Whether its control offers the sentence at a question mark."""
    is_doubled: bool = False
    """Whether layers beside the first have one too, with ``b_`` and ``c_`` before its name."""

    @property
    def can_be_hidden(self) -> bool:
        return self.name not in ("hide", "task", "exercise") or not isinstance(self.kind, Text)

    @property
    def options(self) -> Sequence[Any]:
        assert isinstance(self.kind, OneOf)
        return self.kind.options

    @property
    def default(self) -> Any:
        assert isinstance(self.kind, Whole | Number | OneOf | OnOff)
        return self.kind.default

    @property
    def help(self) -> str | None:
        return self.says if self.has_tip else None
