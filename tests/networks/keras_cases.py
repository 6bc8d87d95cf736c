"""Keras texts, each with weights, an input and what torch makes of it, for ``keras_runner``: ``python -m tests.networks.keras_cases FOLDER``."""

import json
import random
import sys
from pathlib import Path

import numpy as np
import torch

from cnnviz.layers import Residual, ShapeError
from cnnviz.networks import Network, architecture, architectures
from cnnviz.networks.keras_source import keras_source
from tests.networks.every_layer import SMALL, trained
from tests.networks.random_networks import random_network
from tests.scale import FULL, SEED, cases

MOST_PARAMS = 200_000_000 if FULL else 5_000_000
SMALLEST_SIDES = (16, 32, 64, 80, 224)


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
    for name, network in known():
        write(folder, name, network)
    for name, network in random_ones(cases(1_000)):
        write(folder, name, network)


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
