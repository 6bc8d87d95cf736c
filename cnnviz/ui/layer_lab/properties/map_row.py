"""Maps side by side, each under its title and on its own colour scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from cnnviz.components.map_grid import map_grid
from cnnviz.layers.base import Array
from cnnviz.plots import ScaleName
from cnnviz.ui.frame.markdown import escaped


@dataclass(frozen=True)
class Tile:
    """One map, and what its legend calls it."""

    title: str
    values: Array
    """``(h, w)``"""
    quantity: str = "Output"
    scale: ScaleName = "activations"


def map_row(tiles: Sequence[Tile | None], key: str) -> None:
    """Draw them as wide as the page allows; None leaves a place empty."""
    for i, (column, tile) in enumerate(zip(st.columns(len(tiles)), tiles, strict=True)):
        if tile is None:
            continue
        with column:
            st.markdown(f"**{escaped(tile.title)}**")
            map_grid(
                tile.values[None].astype(np.float32),
                key=f"{key}_{i}",
                label=tile.title,
                quantity=tile.quantity,
                scale=tile.scale,
                columns=1,
            )
