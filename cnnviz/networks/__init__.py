"""A network as a list of layers: its table, its source text, and the known architectures."""

from cnnviz.networks.analysis import analyze
from cnnviz.networks.architectures import KNOWN, Known, architecture, architectures
from cnnviz.networks.draft import Draft
from cnnviz.networks.keras_source import keras_source
from cnnviz.networks.network import Network
from cnnviz.networks.parse import parse_sequential
from cnnviz.networks.pasted_text import ParseError
from cnnviz.networks.table import LayerRow, Totals, table, totals
from cnnviz.networks.torch_source import torch_source

__all__ = [
    "KNOWN",
    "Draft",
    "Known",
    "LayerRow",
    "Network",
    "ParseError",
    "Totals",
    "analyze",
    "architecture",
    "architectures",
    "keras_source",
    "parse_sequential",
    "table",
    "torch_source",
    "totals",
]
