"""Units as the page shows them, without a page."""

import json
import sys

import pytest

from cnnviz.ui.frame.parameters import PAGE, parameter
from cnnviz.ui.inside import unit_view as module_under_test
from cnnviz.ui.inside.unit_view import unit_view
from tests.ui.inside.units import FACES, Address


@pytest.fixture
def shown(monkeypatch):
    """Shows a unit: which face, its arguments, and the length of the message to the browser."""
    calls, messages, chosen = [], [], {"option": 0}

    def recorded(name, face):
        def record(*arguments, **more):
            calls.append((name, arguments, more))
            return face(*arguments, **more)

        return record

    for name, package in FACES.items():
        monkeypatch.setattr(module_under_test, name, recorded(name, getattr(module_under_test, name)))
        face = sys.modules[f"cnnviz.components.{package}"]
        monkeypatch.setattr(face, "_mount", lambda **more: messages.append(more["data"]))
    options = parameter("parts", "Activations").options
    monkeypatch.setattr(module_under_test, "choice", lambda name, **more: options[chosen["option"]])
    monkeypatch.setitem(module_under_test.st.session_state, PAGE, "Activations")
    monkeypatch.setattr(module_under_test.st, "query_params", Address())

    def show(unit, option=0):
        calls.clear()
        messages.clear()
        chosen["option"] = option
        unit_view(unit)
        assert len(calls) == len(messages) == 1
        assert len(json.dumps(messages[0], allow_nan=False)) < 2_000_000
        return calls[0]

    return show


@pytest.fixture
def quick(monkeypatch):
    """Reads each layer's output from what the hooks saw: a forward pass for each layer would take minutes."""

    def of(seen):
        def outputs(model, x, names):
            assert model is seen.model
            assert x is seen.x
            return {name: seen.given[name] for name in names}

        monkeypatch.setattr(module_under_test, "outputs", outputs)
        return seen

    return of
