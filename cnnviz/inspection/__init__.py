"""Looking inside: any torch module in, arrays out."""

from cnnviz.inspection.activations import activations
from cnnviz.inspection.kernels import kernels

__all__ = ["activations", "kernels"]
