"""Watches what is written into the browser's history; nothing to see."""

from __future__ import annotations

from cnnviz.components.assets import packed, register

_mount = register("history_steps")


def history_steps() -> None:
    """Mount it at the beginning of a page: what is written before is not watched."""
    _mount(data=packed({}), key="history_steps", height="content")
