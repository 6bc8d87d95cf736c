"""Networks whose units are looked at, and what plain hooks see of them."""

import itertools
from functools import cache

import numpy as np
import torch

from cnnviz.layers import ConvTranspose2d
from cnnviz.networks import Network, architecture
from cnnviz.networks.graph import INPUT
from cnnviz.runs import Card
from cnnviz.training import TrainingConfig
from cnnviz.ui.inside.network_maps import SOFTMAX, with_softmax
from cnnviz.ui.inside.unit_view import Unit
from cnnviz.ui.pickers.model_picker import Model
from tests.networks.every_layer import KINDS_OF_LAYERS, NESTED, trained

FACES = {
    "window_explorer": "window_explorer",
    "pooling_explorer": "window_explorer",
    "cell_arithmetic": "cell_arithmetic",
    "linear_terms": "term_arithmetic",
    "softmax_terms": "term_arithmetic",
    "map_grid": "map_grid",
}
GROUPED = Network(
    name="grouped",
    input_shape=(3, 11, 9),
    layers=[
        architecture("lenet5").layers[0].model_copy(update={"out_channels": 24}),
        ConvTranspose2d(out_channels=20, kernel_size=(3, 2), stride=2, groups=2, bias=False),
        KINDS_OF_LAYERS.layers[0].model_copy(update={"out_channels": 40, "groups": 20}),
        KINDS_OF_LAYERS.layers[2],
        ConvTranspose2d(out_channels=3, kernel_size=4, stride=3, padding=1, output_padding=1, dilation=2),
    ],
)
FCN_END = Network(name="end", input_shape=(21, 28, 28), layers=architecture("fcn_segmentation").layers[-1:])
OWN = {"layers": KINDS_OF_LAYERS, "blocks": NESTED, "grouped": GROUPED, "fcn_end": FCN_END}
OF_A_KIND = 3


class Address(dict[str, str]):
    """As Streamlit has it, without a page."""

    def get_all(self, name: str) -> list[str]:
        return [self[name]] if name in self else []


VERSIONS = itertools.count()  # what one network has shown is not remembered for the next


def model_of(network, module, classes=()):
    card = Card(
        name="n", network=network, dataset="", class_names=classes, mean=(0.5,), std=(0.5,), config=TrainingConfig(),
        epochs_done=0, test_images=0,
    )  # fmt: skip
    return Model("test", module, card, str(next(VERSIONS)))


class Followed:
    """A network with weights as if it had learned, and what plain hooks see."""

    def __init__(self, key, spoil=lambda module: None):
        self.network = OWN[key] if key in OWN else architecture(key)
        self.nodes = {node.name: node for node in with_softmax(self.network)}
        module = trained(self.network)
        spoil(module)
        self.model = model_of(self.network, module)
        x = torch.randn(1, *self.network.input_shape, generator=torch.Generator().manual_seed(1))
        self.x, self.given = x[0].numpy(), {INPUT: x[0].numpy()}
        handles = [
            child.register_forward_hook(lambda _c, _i, output, name=name: self.given.update({name: output[0].numpy()}))
            for name, child in module.named_modules()
        ]
        with torch.no_grad():
            scores = module(x)[0]
        for handle in handles:
            handle.remove()
        if SOFTMAX in self.nodes:
            self.given[SOFTMAX] = scores.softmax(0).numpy()

    def some(self):
        """A few of each kind of layer: the first ones, and random ones."""
        kinds = {}
        for node in self.nodes.values():
            kind = (type(node.layer), getattr(node.layer, "groups", 1) > 1)
            kinds.setdefault(kind, []).append(node.name)
        random = np.random.default_rng(0)
        return [
            name
            for names in kinds.values()
            for name in [names[0], *random.permutation(names[1:])[: OF_A_KIND - 1].tolist()]
        ]


@cache
def followed(key):
    return Followed(key)


def unit_of(seen, look, told=None):
    return Unit(seen.model, seen.nodes, seen.x, look, (told if told is not None else []).append)
