"""A network as a drawing and a table, in which its layers can be added, moved, duplicated, removed and edited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnnviz.components.assets import heard, packed, register

_mount = register("network_editor")


def network_editor(
    spec: dict[str, Any],
    *,
    key: str,
    on_action: Callable[[dict[str, Any]], None] | None = None,
    on_follow: Callable[[str], None] | None = None,
) -> None:
    """Draw what ``spec`` says, made by ``cnnviz.networks.editing.network_spec``.

    Where ``on_action`` is given the network can be edited, and it gets what the user does: a dict with ``op`` and, where
    it is about a layer, its ``path``. ``on_follow`` gets the link of the form that is clicked.
    """

    def act() -> None:
        action = heard(key, "action")
        if on_action is not None and isinstance(action, dict):
            on_action(action)

    def follow() -> None:
        if on_follow is not None and isinstance(href := heard(key, "href"), str):
            on_follow(href)

    _mount(
        data=packed(spec | {"editable": on_action is not None}),
        key=key,
        on_action_change=act,
        on_href_change=follow,
        width="stretch",
        height="content",
    )
