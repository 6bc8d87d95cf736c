"""One colour theme, and figures from arrays."""

from cnnviz.plots.curves import learning_curves
from cnnviz.plots.growth import growth_figure
from cnnviz.plots.theme import Scale, ScaleName, colours_said, lookup_table, scale_for

__all__ = ["Scale", "ScaleName", "colours_said", "growth_figure", "learning_curves", "lookup_table", "scale_for"]
