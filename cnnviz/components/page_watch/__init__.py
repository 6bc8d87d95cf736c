"""Watches the browser's history and the connection; nothing to see while all is well."""

from __future__ import annotations

import secrets

from cnnviz.components.assets import packed, register

_mount = register("page_watch")


def page_watch(page: str, asked: str, address: str) -> None:
    """Mount it at the end of a page, which it takes for drawn then.

    ``page`` is the end of its path, ``asked`` the query that the browser has sent, ``address`` the one that the page has.
    """
    drawn = {"drawn": secrets.token_hex(4), "page": page, "asked": asked, "address": address}
    _mount(data=packed(drawn), key="page_watch", height="content")
