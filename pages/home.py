"""What one can do here, and a first thing to do."""

import numpy as np
import streamlit as st

from cnnviz.components.window_explorer import window_explorer
from cnnviz.layers import Conv2d
from cnnviz.layers.presets import filter_bank
from cnnviz.plots import colours_said
from cnnviz.ui.frame.page import start_page
from cnnviz.ui.frame.warm_up import warm_up
from cnnviz.ui.pickers.image_picker import digit_image

# What one may want, and the pages for it.
WISHES = {
    "Understand a layer": (
        ("pages/convolution.py", "Explore a convolution", ":material/filter_center_focus:",
         "Set kernel, stride, padding and dilation, and read every product of any window."),
        ("pages/pooling.py", "Explore a pooling", ":material/compress:",
         "Maximum and average side by side, who wins each window, and what a shift changes."),
    ),
    "Build": (
        ("pages/builder.py", "Build a network", ":material/account_tree:",
         "Layer by layer: shapes, parameters, memory and receptive fields at once; then train it."),
        ("pages/models.py", "Study the famous ones", ":material/table_chart:",
         "LeNet, AlexNet, VGG, ResNet, DenseNet, EfficientNet and more: costs, accuracies, every layer."),
    ),
    "Train": (
        ("pages/train.py", "Train a network", ":material/show_chart:",
         "Any known network or your own, on digits, MNIST or CIFAR-10: curves, kernels and mistakes as it learns."),
    ),
    "Look inside": (
        ("pages/activations.py", "Follow an image through it", ":material/visibility:",
         "All maps of any network at a glance, what feeds what, down to one multiplication."),
        ("pages/kernels.py", "Look at its kernels", ":material/grid_on:",
         "What a network has learned, kernel by kernel, also while it learns."),
    ),
    "Compare": (
        ("pages/compare.py", "Compare what they learned", ":material/compare_arrows:",
         "Runs and trained networks side by side: curves, classes, settings, kernels."),
    ),
}  # fmt: skip
start_page("See how convolutional networks work")
st.caption(
    "Move over the output: each of its cells is the sum of nine products, the image's pixels in a 3×3 window times a small "
    "pattern of weights. All that a convolutional network sees is made of such sums."
)
picture = digit_image("3")
weight, names = filter_bank("vertical edges", filters=3, channels=1, size=(3, 3))
layer = Conv2d(out_channels=3, kernel_size=3)
window_explorer(
    layer,
    picture.values,
    weight,
    np.zeros(3, np.float32),
    channel_names=picture.channel_names,
    filter_names=names,
    at="0.12.12",
    key="home_explorer",
)
st.caption(colours_said("weights", "activations", "pixels"))
st.subheader("What do you want to do?")
for column, (wish, pages) in zip(st.columns(len(WISHES)), WISHES.items(), strict=True):
    with column.container(border=True, height="stretch"):
        st.markdown(f"#### {wish}")
        for page, label, icon, text in pages:
            st.page_link(page, label=f"**{label}**", icon=icon)
            st.caption(text)

warm_up()
