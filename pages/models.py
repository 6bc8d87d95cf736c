"""The known architectures: their costs, their published accuracies, and what EfficientNet's scaling does."""

from cnnviz.ui.page import start_page

start_page("Models")
