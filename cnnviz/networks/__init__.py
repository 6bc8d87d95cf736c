"""A network as a list of layers, and the known architectures."""

from cnnviz.networks.architectures import architecture, architectures
from cnnviz.networks.network import Network

__all__ = ["Network", "architecture", "architectures"]
