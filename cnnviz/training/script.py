"""A training run as a plain PyTorch script that knows nothing of cnnviz and draws the same random numbers.

It holds only what the run's settings use. It computes in float32 unless they say bf16: what ``precision="auto"`` does on
a CUDA device is left out. So are weights in ``channels_last``, which change nothing but the speed, except where a Dropout
acts on maps.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from cnnviz.data import DATASETS, form
from cnnviz.networks import Network
from cnnviz.networks.dropouts import with_dropout
from cnnviz.networks.torch_source import class_name, docstring, torch_source
from cnnviz.training.config import TrainingConfig
from cnnviz.training.script_data import augmentation, augments, loading
from cnnviz.training.script_loop import averaging, drops_maps, evaluation, main
from cnnviz.training.script_optimizers import muon_class

_MOMENTS: dict[str, tuple[Sequence[float], Sequence[float]]] = {  # Dataset.mean and Dataset.std
    "digits": ([0.15770618], [0.29328717]),
    "shapes": ([0.36151144, 0.35996263, 0.35716272], [0.29144797, 0.29093957, 0.28486604]),
    "mnist": ([0.13066048], [0.30810780]),
    "fashion_mnist": ([0.28604060], [0.35302424]),
    "cifar10": ([0.49139968, 0.48215841, 0.44653091], [0.24703223, 0.24348513, 0.26158784]),
}
_IMPORTS = {  # by what needs them
    "argparse.": "import argparse",
    "colorsys.": "import colorsys",
    "copy.": "import copy",
    "math.": "import math",
    "OrderedDict(": "from collections import OrderedDict",
    "cos(turn": "from math import cos, pi, sin",
    "np.": "import numpy as np",
    "torch.": "import torch",
    "F.": "import torch.nn.functional as F",
    "Image.": "from PIL import Image, ImageDraw",
    "load_digits(": "from sklearn.datasets import load_digits",
    "nn.": "from torch import Tensor, nn",
    "lr_scheduler.": "from torch.optim import lr_scheduler",
}
_OF_PYTHON = 6  # imports, before those of packages
_TAKEN = ("EPOCHS", "SEED", "MEAN", "STD", "CLASSES", "Image", "ImageDraw", "F", "Muon")


def torch_script(
    network: Network,
    dataset: str,
    config: TrainingConfig,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
) -> str:
    """A script that trains this run and prints its losses and its accuracy after each epoch.

    ``mean`` and ``std`` standardise the pixels, as on a checkpoint's card; they may be left out where the dataset is one
    of ``DATASETS``. Any other one has to be given to the script as a file. Raises ValueError where a run has no plain
    form and for settings in conflict, and ShapeError where the network does not fit the dataset.
    """
    if config.recipe == "speed":
        raise ValueError("The speed recipe has no plain form: the paper arXiv 2404.00498 describes it.")
    if config.conflict:
        raise ValueError(config.conflict)
    if mean is None or std is None:
        if dataset not in _MOMENTS:
            raise ValueError(f"The mean and the deviation of the images of {dataset} are not known: give both.")
        mean, std = _MOMENTS[dataset]
    if dataset in DATASETS:
        shape, classes = form(dataset)
        if network.input_shape != shape or network.shapes[-1] != (classes,):
            network = network.fitted(shape, classes)
    network = with_dropout(network, config.dropout)
    name, definitions = _network(network)
    sections = [
        "\n".join(_settings(config, mean, std)),
        definitions,
        *muon_class(network, config),
        loading(dataset, network.input_shape, channels_last=drops_maps(network), holds_out=bool(config.held_out)),
        augmentation(config, network.input_shape) if augments(config) else "",
        *averaging(network, config),
        evaluation(config),
        main(network, name, config),
    ]
    body = "\n\n\n".join(section for section in sections if section)
    return (
        f'{_head(network, dataset, config)}\n{_imports(body)}\n\n{body}\n\n\nif __name__ == "__main__":\n    main()\n'
    )


def _head(network: Network, dataset: str, config: TrainingConfig) -> str:
    epochs = f"{config.epochs} epoch{'s' if config.epochs > 1 else ''}"
    may = "may" if dataset in DATASETS else "has to"
    return (
        f'"""{docstring(network.name)} on {docstring(dataset)}: {epochs}, as cnnviz trains them.\n\n'
        f"Its images {may} come from a file laid out as Keras's mnist.npz: --data FILE.npz\n"
        '"""\n'
    )


def _imports(body: str) -> str:
    lines = [line for use, line in _IMPORTS.items() if re.search(rf"\b{re.escape(use)}", body)]
    own = list(_IMPORTS.values())[:_OF_PYTHON]
    python, packages = [line for line in lines if line in own], [line for line in lines if line not in own]
    return "\n".join([*python, "", *packages])


def _network(network: Network) -> tuple[str, str]:
    """The name of its class, and the text of all classes that it needs."""
    name = class_name(network.name)
    text = torch_source(network).partition("\n\n\n")[2].rpartition('\n\n\nif __name__ == "__main__":')[0]
    if name not in _TAKEN:
        return name, text
    return f"{name}Net", text.replace(f"class {name}(", f"class {name}Net(")


def _settings(config: TrainingConfig, mean: Sequence[float], std: Sequence[float]) -> list[str]:
    device = f'torch.device("{config.device}")'
    if config.device == "auto":
        device = 'torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")'
    mixed = "mixed = torch.autocast(device.type, torch.bfloat16)"
    means, deviations = ("[" + ", ".join(f"{value:.8g}" for value in values) + "]" for values in (mean, std))
    return [
        f"EPOCHS, BATCH_SIZE, SEED = {config.epochs}, {config.batch_size}, {config.seed}",
        f"device = {device}",
        "# of the training images, channel by channel, where black is 0 and white is 1",
        f"MEAN = torch.tensor({means}, device=device)[:, None, None]",
        f"STD = torch.tensor({deviations}, device=device)[:, None, None]",
        *([mixed] if config.precision == "bf16" else []),
    ]
