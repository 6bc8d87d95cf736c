"""Every parameter of the address: on which pages, of which kind, its default, and what it does.

**Which value is true when.** A setting stands in up to four places: in the address, in the session, in its control, and
in what this table gives as its default. They are never asked in another order than this.

1. *Before its control is drawn for the first time* on a page the address is asked, and nothing else (``address.now``,
   ``refused.asked``). What it asks for and cannot have is named at the top of the page, and the default holds.
2. *From then on the control is true*: Streamlit keeps its value in the session under the parameter's own name, and
   writes it into the address. A value that is the default leaves the address, so that an address says what differs
   from the page as it opens. Nothing may pass the present value as the default.
3. *Where code changes a value* it sets ``st.session_state[name]`` before the control is drawn, in a callback for
   instance; a control that is not on the page yet does not bring its value to the address: ``address.keep`` does.
4. *What no control holds* (a place that one looks at, painted pixels, edited weights, a network) is in the address
   alone: ``address.text`` reads it, ``address.keep`` writes it.
5. *At the end of the page* the address is settled: it says what the controls say (``browser_history``).
6. *On another page* all controls are forgotten, whatever their names; the address begins anew, but for the projector
   and exercises. The browser's Back and Forward bring the address back, and with it step 1.

``hide=NAME`` takes a control or a part of the page out of sight; its value goes on as above, from the address alone.
With ``task=`` the browser's address has the values of what is hidden packed; all of the above has them as if they stood there
plainly (``sharing``).

A parameter that this table lacks cannot be used: the functions of ``address`` raise ``KeyError``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import streamlit as st

from cnnviz.ui.frame.parameters import layers, networks
from cnnviz.ui.frame.parameters.kinds import ALL, OnOff, Parameter, Part, Text

HIDE, TASK, EXERCISE = "hide", "task", "exercise"
PAGE = "_page"
"""Where the session keeps the title of the page that is shown."""
BESIDE = ("b_", "c_")
"""How the names of the layers beside the first begin."""


def _everywhere() -> Iterator[Parameter]:
    yield Parameter(HIDE, ALL, Text("stride,facts"), "", "Takes what it names out of sight, for exercises.")
    what = "What `hide` names, packed so that it is not read at a glance; on Models, which has a setting of this name, not."
    yield Parameter(TASK, ALL, Text(), "", what)
    yield Parameter(EXERCISE, ALL, Text(), "", "The exercises of other pages, so that a reload here does not end them.")
    for_class = (
        "Hides the controls and enlarges the rest; F fills the screen, page and arrow keys go from window to window."
    )
    yield Parameter("projector", ALL, OnOff(), "Projector", for_class, has_tip=True)


TABLE: tuple[Parameter, ...] = (*_everywhere(), *layers.table(), *networks.table())
_BY_PLACE = {(page, one.name): one for one in TABLE for page in one.pages}


def parameter(name: str, page: str | None = None) -> Parameter:
    """That of the page with this title, by default the one that is shown. Raises KeyError where there is no such one."""
    page = page or str(st.session_state.get(PAGE))
    if (page, name) in _BY_PLACE:
        return _BY_PLACE[page, name]
    if name[:2] in BESIDE and (doubled := _BY_PLACE.get((page, name[2:]))) is not None and doubled.is_doubled:
        return doubled
    raise KeyError(f"the page {page!r} has no parameter {name!r}")


def names(page: str) -> list[str]:
    """Of all parameters of a page, those of layers beside the first among them."""
    return list(_names(page))


def _names(page: str) -> Iterable[str]:
    for (where, name), one in _BY_PLACE.items():
        if where == page:
            if not isinstance(one.kind, Part) or not one.is_doubled:
                yield name
            if one.is_doubled:
                yield from (f"{prefix}{name}" for prefix in BESIDE)
