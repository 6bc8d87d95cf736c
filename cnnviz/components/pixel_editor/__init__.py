"""The pixel editor: a picture, large and crisp, whose pixels the user paints one by one.

The browser paints at once and by itself; the server gets the painted pixels as text, stroke by stroke.
"""

from __future__ import annotations

from collections.abc import Callable

from cnnviz.components.assets import heard, packed, register
from cnnviz.data.changes import MOST_EDITS, clean
from cnnviz.data.dataset import Images

_mount = register("pixel_editor")


def pixel_editor(base: Images, edits: str, *, on_change: Callable[[str], None], key: str = "pixels") -> None:
    """Show ``base`` ``(C, H, W)``, grey or RGB, with ``edits`` painted on it (see ``cnnviz.data.changes``).

    ``on_change`` gets the new edits, those out of this picture too.
    """
    spec = {"shape": base.shape, "edits": clean(edits), "most": MOST_EDITS}

    def changed() -> None:
        if (new := heard(key, "edits")) is not None:
            on_change(clean(new))

    _mount(data=packed(spec, base=base), key=key, width="stretch", height="content", on_edits_change=changed)
