"""A pad to draw on with mouse, pen, finger or keyboard. What is drawn goes to the server stroke by stroke, as text."""

from __future__ import annotations

from collections.abc import Callable

from cnnviz.components.assets import heard, packed, register
from cnnviz.data.drawing import ALPHABET, COLOURS, MOST_CHARACTERS, PEN

_mount = register("drawing_pad")


def drawing_pad(drawing: str, *, on_change: Callable[[str], None], colours: bool = False, key: str = "pad") -> None:
    """Show ``drawing`` and let the user go on; ``on_change`` gets the new one."""
    spec = {
        "drawing": drawing,
        "alphabet": ALPHABET,
        "colours": COLOURS if colours else {"w": COLOURS["w"]},
        "all": COLOURS,
        "pen": PEN,
        "most": MOST_CHARACTERS,
    }

    def changed() -> None:
        if (new := heard(key, "drawing")) is not None:
            on_change(str(new[0]))

    _mount(data=packed(spec), key=key, width="stretch", height="content", on_drawing_change=changed)
