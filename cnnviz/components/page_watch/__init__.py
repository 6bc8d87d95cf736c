"""Watches the browser's history and the connection; nothing to see while all is well."""

from __future__ import annotations

from cnnviz.components.assets import packed, register

_mount = register("page_watch", "page_watch.js")


def page_watch() -> None:
    """Mount it, once a page."""
    _mount(data=packed({}), key="page_watch", height="content")
