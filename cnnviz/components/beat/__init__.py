"""The beat by which a part of a page draws itself anew; nothing to see."""

from __future__ import annotations

import secrets

from cnnviz.components.assets import packed, register

_mount = register("beat")


def beat(seconds: float, key: str) -> None:
    """The fragment in which it stands runs again after so many seconds, while somebody looks at the page."""
    _mount(
        data=packed({"seconds": seconds, "round": secrets.token_hex(4)}),
        key=f"beat_{key}",
        on_beat_change=lambda: None,
        height="content",
    )
