"""cnnviz: ``streamlit run app.py``."""

import streamlit as st

st.set_page_config(page_title="cnnviz", page_icon=":material/grid_view:", layout="wide")

st.navigation(
    {
        "": [st.Page("pages/home.py", title="Home", icon=":material/home:", default=True)],
        "Layers": [st.Page("pages/convolution.py", title="Convolution", icon=":material/filter_center_focus:")],
        "Training": [st.Page("pages/train.py", title="Train", icon=":material/show_chart:")],
        "Inspection": [st.Page("pages/kernels.py", title="Kernels", icon=":material/grid_on:")],
    }
).run()
