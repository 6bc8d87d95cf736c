"""Small networks that have, together, every layer and every block inside every other; and weights for them."""

import torch

from cnnviz.layers import (
    GELU,
    KINDS,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    BatchNorm2d,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    DualPath,
    Flatten,
    LeakyReLU,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    PositionBias,
    ReLU,
    Residual,
    Sigmoid,
    SiLU,
    Softmax,
    SqueezeExcitation,
    Tanh,
)
from cnnviz.layers.blocks import with_shapes
from cnnviz.networks import Network
from cnnviz.networks.draft import everything


def conv(channels, size=1, **arguments):
    return Conv2d(out_channels=channels, kernel_size=size, **arguments)


def residual(inner):
    return Residual(body=(*inner, conv(4)))


def concat(inner):
    return Concat(branches=(inner, (), (conv(2, 3, padding=1, bias=False), BatchNorm2d(), ReLU())))


def dual_path(inner):
    return DualPath(body=(*inner, conv(6)), shortcut=(conv(5), Dropout()), added=3)


BLOCKS = (residual, concat, dual_path)

KINDS_OF_LAYERS = Network(
    name="layers",
    input_shape=(4, 13, 11),
    layers=[
        conv(6, (2, 4), padding="same"),
        BatchNorm2d(eps=1e-3, momentum=0.01),
        LeakyReLU(negative_slope=0.2),
        conv(6, 3, padding=(2, 1), padding_mode="circular", groups=2, bias=False),
        MaxPool2d(kernel_size=(4, 3), stride=2, padding=1, ceil_mode=True),
        LocalResponseNorm(size=4, alpha=5.0, beta=0.6, k=2.0),
        AvgPool2d(kernel_size=2, stride=1, padding=1, count_include_pad=False),
        ConvTranspose2d(out_channels=5, kernel_size=3, stride=2, padding=1, output_padding=1),
        GELU(),
        conv(5, 3, stride=2, dilation=2, padding=2),
        SiLU(),
        AdaptiveAvgPool2d(output_size=(4, 3)),
        SqueezeExcitation(squeeze_channels=2, activation="SiLU"),
        PositionBias(),
        AdaptiveMaxPool2d(output_size=(2, None)),
        Tanh(),
        Dropout(p=0.2),
        Flatten(),
        Linear(out_features=7, bias=False),
        Sigmoid(),
        Linear(out_features=5),
        Softmax(),
    ],
)
EACH = [  # by itself: errors do not drown in what follows
    Network(name=name, input_shape=before, layers=[layer])
    for name, layer, before, _ in with_shapes(KINDS_OF_LAYERS.layers, KINDS_OF_LAYERS.input_shape)
]
NESTED = Network(
    name="blocks",
    input_shape=(4, 6, 5),
    layers=[layer for outer in BLOCKS for inner in BLOCKS for layer in (outer((inner((ReLU(),)),)), conv(4))]
    + [residual((concat((dual_path((residual(()),)),)),)), SqueezeExcitation(squeeze_channels=2)],
)
FEATURES = Network(
    name="features",
    input_shape=(6,),
    layers=[
        Flatten(),
        Residual(body=[Linear(out_features=6), Tanh()]),
        Concat(branches=[[Linear(out_features=3)], [], [Linear(out_features=2)]]),
        DualPath(body=[Linear(out_features=8)], shortcut=(), added=5),
        Concat(branches=[()]),
        Residual(body=(), shortcut=()),
    ],
)
EMPTY = Network(name="", input_shape=(2, 3, 4), layers=[])
SMALL = (*EACH, KINDS_OF_LAYERS, NESTED, FEATURES, EMPTY)

assert {layer.kind for network in SMALL for layer in everything(network.layers)} == set(KINDS)


def trained(network):
    """The network's module in evaluation mode, with statistics and biases as if it had learned."""
    torch.manual_seed(0)
    module = network.module().eval()
    for name, tensor in module.state_dict().items():
        if name.endswith(("running_var", "weight")) and tensor.ndim == 1:
            tensor.uniform_(0.5, 1.5)
        elif name.endswith(("running_mean", "bias")):
            tensor.normal_(0, 0.3)
    return module
