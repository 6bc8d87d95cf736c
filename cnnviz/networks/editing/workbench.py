"""The network that is being built: its history, what is chosen, and what each action of the editor does to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from cnnviz.layers import Block, Concat, Linear, Shape, ShapeError
from cnnviz.layers.base import LARGEST_ARGUMENT
from cnnviz.networks import Draft, Network, table
from cnnviz.networks.draft import LayerPath, duplicate, insert, move, remove, replace
from cnnviz.networks.editing.layer_form import read_shape, with_argument
from cnnviz.networks.editing.network_spec import INPUT
from cnnviz.networks.heads import head
from cnnviz.networks.mending import mends
from cnnviz.networks.network import network_of
from cnnviz.networks.starters import new_layer
from cnnviz.wrong_values import sentence

MOST_STEPS = 200
"""Steps that can be undone."""

LONGEST_TYPED = 200
"""Characters into a field."""
_ANYWHERE = ("add", "undo", "redo", "clear")
"""Actions that are about no path."""

EMPTY = Draft(name="My network", input_shape=(1, 28, 28))


@dataclass
class Workbench:
    """One visitor's."""

    drafts: list[Draft] = field(default_factory=lambda: [EMPTY])
    at: int = 0
    chosen: LayerPath = ()
    said: str = ""
    error: str = ""
    """Why what was typed into the form cannot be."""
    typed: dict[str, str] = field(default_factory=dict)
    """What was typed and refused, by the name of its field."""
    datasets: Mapping[str, tuple[Shape, int]] = field(default_factory=dict)
    """Shape and number of classes of those whose input it can take."""
    dataset: str = ""
    """Whose input it was given last."""
    version: int = 0
    """Counts the actions and the networks that were opened."""
    structure: int = 0
    """Counts the changes after which a path may lead to another layer: an action for another structure is not carried out."""
    opened: int = 0
    """Counts the networks that took the place of another."""

    @property
    def draft(self) -> Draft:
        return self.drafts[self.at]

    @property
    def can_undo(self) -> bool:
        return self.at > 0

    @property
    def can_redo(self) -> bool:
        return self.at < len(self.drafts) - 1

    def open(self, draft: Draft, said: str = "") -> None:
        """Another network, which can be undone; the first one stands in for the empty one."""
        if self.drafts == [EMPTY]:
            self.drafts = [_plain(draft)]
        self.opened += 1
        self.version += 1
        self.put(draft, said=said)

    def put(self, draft: Draft, chosen: LayerPath = (), said: str = "", is_in_place: bool = False) -> None:
        """The draft from now on; what was undone before is forgotten. Raises pydantic's ValidationError.

        ``is_in_place`` where every path leads to the same layer as before.
        """
        draft = _plain(draft)
        self.structure += not is_in_place
        if draft != self.draft:
            self.drafts = [*self.drafts[: self.at + 1], draft][-MOST_STEPS:]
            self.at = len(self.drafts) - 1
        self.chosen, self.said = chosen, said

    def go_back_to(self, draft: Draft) -> None:
        """To a step of the history, as the browser's Back and Forward ask; to a new one where there is none such."""
        draft = _plain(draft)
        near = sorted(range(len(self.drafts)), key=lambda step: abs(step - self.at))
        step = next((step for step in near if self.drafts[step] == draft), None)
        if step is None:
            self.put(draft)
        else:
            self.chosen = self.chosen if step == self.at else ()  # after a look at another page
            self.at, self.said = step, ""
            self.structure += 1

    def act(self, action: dict[str, Any]) -> None:
        """Do what the editor's user asks for; what cannot be done is said in ``said`` or ``error``."""
        self.said, self.error, self.typed = "", "", {}
        op, path = str(action.get("op")), _path(action.get("path"))
        self.version += 1
        if action.get("version") != self.structure and op not in _ANYWHERE:
            self.said = "That was too fast: nothing was changed."
            return
        try:
            getattr(self, f"_do_{op}", self._do_nothing)(path, action)
        except ShapeError as error:
            self.error = f"{error}."
            self.typed = {str(action.get("field")): str(action.get("value"))[:LONGEST_TYPED]}
        except ValidationError as error:
            self.said = f"{sentence(error)}: nothing was changed."
        except (LookupError, ValueError, TypeError, ArithmeticError):
            self.said = "That layer is not there any more: nothing was changed."
            self.chosen = ()

    def _do_nothing(self, path: LayerPath, action: dict[str, Any]) -> None:
        self.said = "The editor asked for something that this app does not know: reload the page."

    def _do_choose(self, path: LayerPath, action: dict[str, Any]) -> None:
        if path and path != INPUT:
            self._check(path)
        self.chosen = path

    def _check(self, path: LayerPath) -> None:
        """Raises LookupError where there is no such layer, and no such path of a block."""
        if not isinstance(path[-1], str):
            self.draft.at(path)
        elif not isinstance(block := self.draft.at(path[:-1]), Block) or path[-1] not in block.paths:
            raise LookupError(path)

    def _do_undo(self, path: LayerPath, action: dict[str, Any]) -> None:
        self._go(-1, "Undone.")

    def _do_redo(self, path: LayerPath, action: dict[str, Any]) -> None:
        self._go(1, "Redone.")

    def _go(self, by: int, said: str) -> None:
        step = min(max(self.at + by, 0), len(self.drafts) - 1)
        self.said = said if step != self.at else "There is nothing more."
        self.structure += step != self.at
        self.at, self.chosen = step, ()

    def _do_clear(self, path: LayerPath, action: dict[str, Any]) -> None:
        self.opened += 1
        self.put(EMPTY.model_copy(update={"input_shape": self.draft.input_shape}))

    def _do_add(self, path: LayerPath, action: dict[str, Any]) -> None:
        after = self.chosen
        if after == INPUT:
            path = (0,)
        elif not after:
            path = (len(self.draft.layers),)
        elif isinstance(after[-1], str):
            path = (*after, 0)
        else:
            path = (*after[:-1], int(after[-1]) + 1)
        kind = str(action.get("kind"))
        self.put(insert(self.draft, path, new_layer(kind, self._arriving(path))), path, f"{kind} added.")

    def _arriving(self, path: LayerPath) -> tuple[int, ...]:
        """The shape that reaches a path."""
        level, number = path[:-1], int(path[-1])
        rows = {row.path: row for row in table(self.draft)}
        for before in range(number - 1, -1, -1):
            if (shape := rows[*level, before].output_shape) is not None:
                return shape
        if level and (shape := rows[level[:-1]].input_shape) is not None:
            return shape
        return self.draft.input_shape

    def _do_up(self, path: LayerPath, action: dict[str, Any]) -> None:
        self._move(path, -1)

    def _do_down(self, path: LayerPath, action: dict[str, Any]) -> None:
        self._move(path, 1)

    def _move(self, path: LayerPath, by: int) -> None:
        self.draft.at(path)
        level, one = path[:-1], int(path[-1])
        other, chosen = one + by, self.chosen
        draft = move(self.draft, path, other)
        inside = chosen[len(level) : len(path)]
        if draft != self.draft and chosen[: len(level)] == level and inside in ((one,), (other,)):
            chosen = (*level, other if inside == (one,) else one, *chosen[len(path) :])
        self.put(draft, chosen, f"{self.draft.at(path).kind} moved {'up' if by < 0 else 'down'}.")

    def _do_duplicate(self, path: LayerPath, action: dict[str, Any]) -> None:
        kind = self.draft.at(path).kind
        self.put(duplicate(self.draft, path), (*path[:-1], int(path[-1]) + 1), f"{kind} duplicated.")

    def _do_remove(self, path: LayerPath, action: dict[str, Any]) -> None:
        self.put(remove(self.draft, path), said=f"{self.draft.at(path).kind} removed.")

    def _do_set(self, path: LayerPath, action: dict[str, Any]) -> None:
        name, value = str(action.get("field")), action.get("value")
        value = value[:LONGEST_TYPED] if isinstance(value, str) else value
        if path == INPUT:
            self.put(self._with_input(name, str(value).strip()), path, is_in_place=True)
        else:
            new = with_argument(self.draft.at(path), name, value if isinstance(value, bool) else str(value))
            self.put(replace(self.draft, path, new), path, is_in_place=True)

    def _with_input(self, name: str, value: str) -> Draft:
        draft = self.draft
        if name == "name":
            return Draft(name=value[:80] or EMPTY.name, input_shape=draft.input_shape, layers=draft.layers)
        if name == "classes":
            return _with_classes(draft, value)
        if name == "dataset":
            if value not in self.datasets:
                return draft
            shape, classes = self.datasets[value]
            self.dataset = value
            return _with_classes(draft.model_copy(update={"input_shape": shape}), str(classes))
        sides = dict(zip(("channels", "height", "width"), (*map(str, draft.input_shape), "1", "1"), strict=False))
        typed = read_shape(**(sides | {name: value}))
        if max(typed) > LARGEST_ARGUMENT:
            raise ShapeError(f"The input's {name} may be {LARGEST_ARGUMENT:,} at most")
        if len(draft.input_shape) == 1 and max(typed[1:]) == 1:  # a list of features, as long as it has no height
            typed = typed[:1]
        return Draft(name=draft.name, input_shape=typed, layers=draft.layers)

    def _do_mend(self, path: LayerPath, action: dict[str, Any]) -> None:
        row = {row.path: row for row in table(self.draft)}[path]
        mend = dict(enumerate(mends(self.draft, row)))[int(action.get("number", 0))]
        self.put(mend.draft, (), f"{mend.label}: done.")

    def _do_branch(self, path: LayerPath, action: dict[str, Any]) -> None:
        self._branches(path, (*self._concat(path).branches, ()))

    def _do_unbranch(self, path: LayerPath, action: dict[str, Any]) -> None:
        branches = self._concat(path).branches
        self._branches(path, branches[:-1] or branches)

    def _branches(self, path: LayerPath, branches: tuple[Any, ...]) -> None:
        self.put(replace(self.draft, path, self._concat(path).model_copy(update={"branches": branches})), path)

    def _concat(self, path: LayerPath) -> Concat:
        block = self.draft.at(path)
        if not isinstance(block, Concat):
            raise LookupError(path)
        return block

    def network(self) -> Network:
        """The draft as a network. Raises ShapeError."""
        return network_of(self.draft)


def _plain(draft: Draft) -> Draft:
    """A draft that was a network, or was changed without a check."""
    return Draft(name=draft.name, input_shape=draft.input_shape, layers=draft.layers)


def _path(value: object) -> LayerPath:
    return tuple(part for part in value if isinstance(part, int | str)) if isinstance(value, list) else ()


def _with_classes(draft: Draft, classes: str) -> Draft:
    """With so many classes at its end, where it has a head. Raises ShapeError."""
    at = head(draft.layers)
    if at is None:
        return draft
    last = draft.layers[at]
    try:
        new = with_argument(last, "out_features" if isinstance(last, Linear) else "out_channels", classes)
    except ShapeError:
        raise ShapeError(f"The number of classes is a whole number from 1 to {LARGEST_ARGUMENT:,}") from None
    return draft.model_copy(update={"layers": (*draft.layers[:at], new, *draft.layers[at + 1 :])})
