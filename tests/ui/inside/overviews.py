"""Networks whose overview is drawn, and what hooks on their modules see."""

import sys

import pytest
import torch

from cnnviz.components.network_map import network_map
from cnnviz.networks import architecture, architectures
from cnnviz.networks.table import table, totals
from tests.networks.every_layer import KINDS_OF_LAYERS, NESTED

FACE = sys.modules["cnnviz.components.network_map"]
KEYS = [key for key in architectures() if totals(table(architecture(key))).macs < 1_500_000_000]
OWN = {"layers": KINDS_OF_LAYERS, "blocks": NESTED}


def network_of(key):
    return OWN[key] if key in OWN else architecture(key)


def picture(network):
    return torch.randn(1, *network.input_shape, generator=torch.Generator().manual_seed(1))


def as_maps(output):
    return output.reshape(*output.shape, *(1,) * (3 - output.ndim))


def sent(columns):
    mounted = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FACE, "_mount", lambda **arguments: mounted.append(arguments["data"]))
        network_map(columns, network="n", on_look=lambda at: None)
    return mounted[0]
