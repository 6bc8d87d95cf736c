"""Looking inside: any torch module in, arrays out."""

from cnnviz.inspection.activations import activations
from cnnviz.inspection.contributions import contributions, strengths
from cnnviz.inspection.forward_hooks import observe
from cnnviz.inspection.influence import influence, influences
from cnnviz.inspection.kernels import kernels

__all__ = ["activations", "contributions", "influence", "influences", "kernels", "observe", "strengths"]
