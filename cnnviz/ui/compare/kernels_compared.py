"""What the first layers of several networks have learned to look for, column by column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnnviz.components.map_grid import SHARE, map_grid
from cnnviz.layers import Conv2d
from cnnviz.networks.draft import everything
from cnnviz.plots import colours_said, scale_for
from cnnviz.runs import RunStore
from cnnviz.runs.results import Result
from cnnviz.ui.compare.chosen_results import KEY, first_kernels
from cnnviz.ui.compare.comparison import heading, in_short, names_of
from cnnviz.ui.frame.hiding import tells
from cnnviz.ui.inside.kernel_colours import SMALLEST, in_colour

_MOST, _MOST_LARGE = 32, 12  # of a layer's units; of those that see a whole image
_LARGE = 11 * 11
_MOST_ABREAST = 18  # of all networks together
_WIDE = 96  # values in a row of kernels: as many as a narrow column shows
_COLOURS = "In each three rows the same kernels: for red, green and blue."


def kernels_beside(results: Sequence[Result], store: RunStore) -> None:
    """The first layer's kernels of each on its own scale, and the ways to look further."""
    all_kernels = [first_kernels(result, store) for result in results]
    is_in_colour = any(kernels is not None and kernels.shape[1] == 3 for kernels in all_kernels) and in_colour()
    st.caption(colours_said("weights", *(("colour kernels",) if is_in_colour else ())))
    across = max(3, _MOST_ABREAST // len(results))
    columns = st.columns(len(results), gap="medium")
    for number, (column, result, name, kernels) in enumerate(
        zip(columns, results, names_of(results), all_kernels, strict=True)
    ):
        with column:
            st.html(f"<strong>{heading(number, name)}</strong>")
            if not tells(KEY):
                st.caption(in_short(result))
            _kernels(result, name, kernels, is_in_colour, across)
            if not tells(KEY):
                _links(result, store)


def tiles(kernels: NDArray[np.float32], abreast: int = 8) -> tuple[NDArray[np.float32], list[int], int]:
    """Of ``(units, channels, h, w)``: maps for a grid, the unit of each, and how many stand in a row, ``abreast`` at most.

    A row holds the same channel of all its units, and the channels stand below each other.
    """
    channels, height, width = kernels.shape[1:]
    shown, across = _arranged(kernels.shape, abreast)
    blocks = kernels[:shown].reshape(-1, across, channels, height, width).swapaxes(1, 2)
    numbers = np.broadcast_to(np.arange(shown).reshape(-1, 1, across), blocks.shape[:3])
    return blocks.reshape(-1, height, width), numbers.ravel().tolist(), across


def _arranged(shape: tuple[int, ...], abreast: int) -> tuple[int, int]:
    """How many units are shown, and how many in a row."""
    units, channels, height, width = shape
    most, enough = min(units, abreast, max(1, _WIDE // width)), _MOST
    across = next((n for n in range(most, 1, -1) if units % n == 0), most)  # so that none is left over
    if height * width > _LARGE:
        across, enough = most, max(most, _MOST_LARGE // channels)
    return min(enough, units) // across * across, across


def _kernels(result: Result, name: str, kernels: NDArray[np.float32] | None, is_in_colour: bool, abreast: int) -> None:
    if kernels is None:
        st.caption("No kernels of it are kept here.")
        return
    if not kernels.size:
        st.caption("Its first layer reads no image, and so has no kernels that one could look at.")
        return
    units, channels, height, width = kernels.shape
    is_in_colour = is_in_colour and channels == 3
    if is_in_colour:
        shown, across = _arranged(kernels.shape, abreast)
        maps, numbers = kernels[:shown], list(range(shown))
    else:
        maps, numbers, across = tiles(kernels, abreast)
        shown = len(maps) // channels
    map_grid(
        maps,
        key=f"kernels_{result.name}",
        label=f"First kernels of {name}",
        quantity="Weights",
        scale="weights",
        columns=across,
        item="kernel",
        numbers=numbers,
        labels=[str(number) for number in numbers],
        smallest=SMALLEST,
    )
    words = f"{'The first ' * (shown < units)}{shown} kernels, {height}×{width} each."
    st.caption(f"{words} {_COLOURS}" if channels == 3 and not is_in_colour else words)
    st.caption(own_scale(maps))


def own_scale(maps: NDArray[np.float32]) -> str:
    """From where to where the weights of one card go, and where its colours end."""
    finite = maps[np.isfinite(maps)]
    if not finite.size:
        return "No weight of it is a finite number."
    end = scale_for(maps, "weights", SHARE if len(maps) > 1 else 1.0).high
    return f"Its own scale: from {finite.min():.3g} to {finite.max():.3g}, colours end at ±{end:.3g}.".replace("-", "−")


def _links(result: Result, store: RunStore) -> None:
    """To the pages that show more of it."""
    if not result.shipped:
        st.page_link("pages/train.py", label="The run", icon=":material/show_chart:", query_params={"run": result.name})
        if not (store.folder(result.name) / "checkpoint.json").exists():  # nothing to look into yet
            return
    if any(isinstance(layer, Conv2d) for layer in everything(result.network.layers)):
        st.page_link(
            "pages/kernels.py", label="All kernels", icon=":material/grid_on:", query_params={"model": result.name}
        )
    st.page_link(
        "pages/activations.py",
        label="Follow an image",
        icon=":material/visibility:",
        query_params={"model": result.name},
    )
