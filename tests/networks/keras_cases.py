"""Keras texts, each with weights, an input and what torch makes of it: ``python -m tests.networks.keras_cases FOLDER``.

``keras_runner`` runs them.
"""

import json
import random
import sys
from pathlib import Path

import numpy as np
import torch

from cnnviz.layers import (
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    Conv2d,
    ConvTranspose2d,
    LeakyReLU,
    MaxPool2d,
    Residual,
    ShapeError,
)
from cnnviz.networks import Network, architecture, architectures
from cnnviz.networks.keras_source import keras_source
from tests.networks.every_layer import SMALL, trained
from tests.networks.random_networks import random_network
from tests.scale import FULL, SEED, cases

MOST_PARAMS = 200_000_000 if FULL else 5_000_000
SMALLEST_SIDES = (16, 32, 64, 80, 224)


UNLIKE_KERAS = {
    "padded_max": [MaxPool2d(kernel_size=3, stride=2, padding=1)],
    "ceil_max": [MaxPool2d(kernel_size=(2, 3), stride=(3, 2), ceil_mode=True)],
    "ceil_average": [AvgPool2d(kernel_size=3, stride=2, padding=1, ceil_mode=True)],
    "average_of_the_inside": [AvgPool2d(kernel_size=(3, 2), stride=1, padding=1, count_include_pad=False)],
    "own_divisor": [AvgPool2d(kernel_size=3, stride=2, padding=(1, 0), ceil_mode=True, divisor_override=-7)],
    **{
        mode: [Conv2d(out_channels=3, kernel_size=(3, 4), padding=(2, 3), padding_mode=mode)]
        for mode in ("reflect", "replicate", "circular")
    },
    "same_reflected": [Conv2d(out_channels=3, kernel_size=4, dilation=(2, 1), padding="same", padding_mode="reflect")],
    "stride_and_dilation": [Conv2d(out_channels=3, kernel_size=2, stride=(2, 3), dilation=(1, 2), padding=1)],
    "adaptive_halves": [AdaptiveAvgPool2d(output_size=7)],
    "adaptive_all": [AdaptiveMaxPool2d(output_size=(None, 14)), AdaptiveAvgPool2d(output_size=(14, None))],
    "adaptive_to_a_line": [AdaptiveAvgPool2d(output_size=(1, 14)), AdaptiveAvgPool2d(output_size=(3, 1))],
    "adaptive_uneven": [AdaptiveAvgPool2d(output_size=(5, 7)), AdaptiveMaxPool2d(output_size=(2, 9))],
    "adaptive_of_one_cell": [AdaptiveAvgPool2d(output_size=1), AdaptiveAvgPool2d(output_size=1)],
    "adaptive_larger": [AdaptiveAvgPool2d(output_size=1), AdaptiveMaxPool2d(output_size=3)],
    **{
        f"transposed{i}": [ConvTranspose2d(out_channels=3, **arguments)]
        for i, arguments in enumerate(
            [
                {"kernel_size": 4, "stride": 3, "output_padding": 2},
                {"kernel_size": 3, "stride": 2, "output_padding": 1},
                {"kernel_size": 1, "stride": (3, 2), "output_padding": (2, 0)},
                {"kernel_size": (2, 5), "stride": 4, "padding": (1, 2), "output_padding": (3, 3)},
                {"kernel_size": 3, "dilation": (3, 2), "padding": (0, 1), "output_padding": (2, 1)},
            ]
        )
    },
    "rising_slope": [LeakyReLU(negative_slope=-0.5), Residual(body=[LeakyReLU(negative_slope=-3.0)])],
}
"""What Keras has no layer for that does the same, or one that does not everywhere."""


def known():
    """All architectures that do not take long, on images as small as they take."""
    for key in architectures():
        network = architecture(key)
        for side in SMALLEST_SIDES:
            try:
                fitted = network.fitted((network.input_shape[0], side, side), 10)
            except ShapeError:
                continue
            network = min(network, fitted, key=lambda one: one.num_params)
            break
        if network.num_params <= MOST_PARAMS or key == "resnet18":
            yield key, network


def random_ones(count):
    """Random networks that Keras can do."""
    rng, found = random.Random(SEED), 0
    while found < count:
        network = random_network(rng)
        try:
            keras_source(network)
        except ShapeError:
            continue
        found += 1
        yield f"random{found:04}", network


def weights_of(module):
    """``(name, arrays)`` of each layer that has weights, as Keras has them."""
    for name, layer in module.named_modules():
        parts = {part: tensor.detach().numpy() for part, tensor in layer.named_parameters(recurse=False)}
        if not parts:
            continue
        if isinstance(layer, torch.nn.BatchNorm2d):
            arrays = [parts["weight"], parts["bias"], layer.running_mean.numpy(), layer.running_var.numpy()]
        elif "weight" in parts:
            weight = parts.pop("weight")
            arrays = [weight.T if weight.ndim == 2 else weight.transpose(2, 3, 1, 0), *parts.values()]
        else:
            arrays = [parts["bias"].transpose(1, 2, 0)]
        yield name.replace(".", "_"), arrays


def write(folder, name, network):
    module = trained(network)
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(2, *network.input_shape)).astype(np.float32))
    with torch.inference_mode():
        expected = module(x).numpy()
    weights = list(weights_of(module))
    arrays = {f"{name}/{i}": array for name, all_of_it in weights for i, array in enumerate(all_of_it)}
    arrays |= {"x": np.moveaxis(x.numpy(), 1, -1), "expected": np.moveaxis(expected, 1, -1)}
    np.savez(folder / f"{name}.npz", **arrays)
    about = {"text": keras_source(network), "weights": [(name, len(all_of_it)) for name, all_of_it in weights]}
    (folder / f"{name}.json").write_text(json.dumps(about))


def write_all(folder):
    for i, network in enumerate(SMALL):
        write(folder, f"small{i:02}", network)
    for name, layers in UNLIKE_KERAS.items():
        write(folder, name, Network(name=name, input_shape=(3, 14, 14), layers=layers))
    for name, network in known():
        write(folder, name, network)
    for name, network in random_ones(cases(1_000)):
        write(folder, name, network)


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
