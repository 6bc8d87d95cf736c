"""A small network in a file."""

from pathlib import Path

from cnnviz.layers import AnyLayer, Conv2d, Flatten, Linear, MaxPool2d, ReLU
from cnnviz.networks import Draft
from cnnviz.networks.code import to_json

SMALL: tuple[AnyLayer, ...] = (
    Conv2d(out_channels=4, kernel_size=5, stride=2),
    ReLU(),
    MaxPool2d(kernel_size=4),
    Flatten(),
    Linear(out_features=10),
)


def write_network(folder: Path, *layers: AnyLayer) -> str:
    """The path of a file with these layers for the digits."""
    file = folder / "network.json"
    file.write_text(to_json(Draft(name="Größe", input_shape=(1, 28, 28), layers=layers)), encoding="utf-8")
    return str(file)
