"""Runs and trained networks side by side: curves, settings, classes, kernels."""

import streamlit as st

from cnnviz.ui.compare.chosen_results import KEY, are_training, choosable, pick_results, read_all
from cnnviz.ui.compare.comparison import classes, curves, what_differs
from cnnviz.ui.compare.kernels_compared import kernels_beside
from cnnviz.ui.compare.ready_comparisons import ready_comparisons
from cnnviz.ui.frame.hiding import tells
from cnnviz.ui.frame.page import start_page
from cnnviz.ui.frame.repeated import repeated
from cnnviz.ui.frame.visitor import seen_runs
from cnnviz.ui.frame.warm_up import warm_up
from cnnviz.ui.runs.at_rest import look_again
from cnnviz.ui.runs.views import store_errors

FOLLOW_SECONDS = 2.0

start_page("Compare")
store = seen_runs()
names = choosable(store)
are_ready = not tells(KEY) and ready_comparisons(store)  # its sentences tell which is which
chosen = pick_results(names)
is_training = are_training(chosen, store)


@repeated(FOLLOW_SECONDS if is_training else None)
def show() -> None:
    with store_errors():
        if is_training and not are_training(chosen, store):
            st.rerun()
        results = read_all(chosen, store)
        if not results:
            return
        curves(results)
        st.subheader("What differs")
        what_differs(results)
        st.subheader("Class by class")
        classes(results)
        st.subheader("First kernels")
        kernels_beside(results, store)


if chosen:
    show()
elif names:
    ready = "take one of the comparisons at the top, or " if are_ready else ""
    st.info(f"To begin, {ready}choose two or more runs and trained networks above: all of them are drawn on one axis.")
else:
    st.info("There is nothing to compare yet: train a network first.")
    st.page_link("pages/train.py", label="Train a network", icon=":material/show_chart:")

look_again(chosen)
warm_up()
