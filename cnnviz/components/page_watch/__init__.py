"""Watches the browser's history and the connection; nothing to see while all is well."""

from __future__ import annotations

import secrets

from cnnviz.components.assets import packed, register

_mount = register("page_watch")


def page_watch() -> None:
    """Mount it at the end of a page, which it takes for drawn then."""
    _mount(data=packed({"drawn": secrets.token_hex(4)}), key="page_watch", height="content")
