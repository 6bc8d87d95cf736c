"""All routes of the app's own."""

from __future__ import annotations

import streamlit as st
from starlette.routing import BaseRoute, Route

from cnnviz.components.assets import MODULES
from cnnviz.ui.server.filter_bank import bank
from cnnviz.ui.server.modules import module


def routes() -> list[BaseRoute]:
    """Beneath ``server.baseUrlPath``: Streamlit puts it before its own routes only."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    version = f"{f'/{base}' if base else ''}/{MODULES}/{{version}}"
    return [Route(f"{version}/filter_bank", bank), Route(f"{version}/{{name:path}}", module)]
