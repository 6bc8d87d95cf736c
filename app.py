"""cnnviz: ``streamlit run app.py``.

The server imports this file for the app and its routes; each visit runs it for the pages.
"""

from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

import cnnviz

ICON = Path(cnnviz.__file__).with_name("ui") / "icon.png"

if get_script_run_ctx(suppress_warning=True) is None:
    from cnnviz.ui.server.routes import routes

    app = st.App(__file__, routes=routes())
else:
    from cnnviz.ui.frame.page import end_page

    st.set_page_config(page_title="cnnviz", page_icon=str(ICON), layout="wide")

    st.navigation(
        [
            st.Page("pages/home.py", title="Home", icon=":material/home:", default=True),
            st.Page("pages/convolution.py", title="Convolution", icon=":material/filter_center_focus:"),
            st.Page("pages/pooling.py", title="Pooling", icon=":material/compress:"),
            st.Page("pages/builder.py", title="Builder", icon=":material/account_tree:"),
            st.Page("pages/models.py", title="Models", icon=":material/table_chart:"),
            st.Page("pages/train.py", title="Train", icon=":material/show_chart:"),
            st.Page("pages/compare.py", title="Compare", icon=":material/compare_arrows:"),
            st.Page("pages/kernels.py", title="Kernels", icon=":material/grid_on:"),
            st.Page("pages/activations.py", title="Activations", icon=":material/visibility:"),
        ],
        position="top",
    ).run()
    end_page()
