"""What to expect of a run before it starts: how long it takes, and whether it fits into the memory."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cnnviz.networks import Network
from cnnviz.runs import StoreError
from cnnviz.runs.estimates import Estimate, estimate, shortage
from cnnviz.runs.limits import limits
from cnnviz.training import TrainingConfig
from cnnviz.ui.frame.markdown import escaped
from cnnviz.ui.frame.visitor import seen_runs

_LONG = 3600  # seconds: nobody should begin that unawares


def show_forecast(network: Network, dataset: str, configs: Sequence[TrainingConfig]) -> None:
    """A line on the time that all of them take, where it can be known, and a warning where the memory is too small."""
    try:
        runs, minutes = seen_runs().list(), limits().minutes
    except StoreError:  # said elsewhere
        return
    estimates = [estimate(network, dataset, config, runs) for config in configs]
    known = [one for one in estimates if one is not None]
    if known and len(known) == len(configs):
        together = Estimate(sum(one.seconds for one in known), known[0].known_from)
        words = forecast(together, minutes if len(known) == 1 else 0)
        say = st.warning if together.seconds > _LONG else st.caption
        say(escaped(words if len(known) == 1 else f"All together: {words[0].lower()}{words[1:]}"))
    if lack := next((said for config in configs if (said := shortage(network, config))), ""):
        st.warning(escaped(lack))


def forecast(expected: Estimate, minutes: int = 0) -> str:
    """One sentence; another one where a run may not train for so long here (0: as long as it likes)."""
    how_long = duration(expected.seconds, roughly=expected.known_from == "a rule of thumb")
    said = {
        "same run": f"About {how_long} on this machine, as an earlier run shows.",
        "other runs": f"About {how_long}, going by other runs on this machine.",
        "a rule of thumb": f"Perhaps {how_long}: a rule of thumb, no run has shown this machine's speed yet.",
    }[expected.known_from]
    if minutes and expected.seconds > minutes * 60:
        said += f" A run may train {minutes} minutes at a stretch here; then it stops, and can be resumed."
    return said


def duration(seconds: float, roughly: bool = False) -> str:
    """As exact as an estimate is: ``"25 s"``, ``"1 min 10 s"``, ``"12 min"``, ``"3 h 20 min"``, ``"4 days"``."""
    if seconds < 20:
        return f"{max(1, round(seconds))} s"
    if seconds < 55:
        return f"{10 * round(seconds / 10) if roughly else 5 * round(seconds / 5)} s"
    if seconds < 295 and not roughly:
        minutes, rest = divmod(10 * round(seconds / 10), 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    if seconds < 3570:
        return f"{round(seconds / 60)} min"
    if seconds < 48 * 3600:
        hours, rest = divmod(10 * round(seconds / 600), 60)
        return f"{hours} h {rest} min" if rest and not roughly else f"{hours} h"
    return f"{round(seconds / 86400):,} days"
