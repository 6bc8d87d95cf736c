"""A plain PyTorch loop, and what the app's own ends with."""

from collections.abc import Iterator

import torch
from torch import Tensor

from cnnviz.data import Dataset
from cnnviz.layers import BatchNorm2d, Conv2d, Flatten, Linear, ReLU
from cnnviz.networks import Network
from cnnviz.training import TrainingConfig

NORMALISED = Network(  # to one pixel: a batch of one image has no variance
    name="normalised",
    input_shape=(1, 28, 28),
    layers=(Conv2d(out_channels=4, kernel_size=28), BatchNorm2d(), ReLU(), Flatten(), Linear(out_features=10)),
)


def plain_batches(data: Dataset, config: TrainingConfig) -> Iterator[tuple[Tensor, Tensor]]:
    """Normalised images and labels of all steps, shuffled by a seed for each epoch."""
    images = (torch.from_numpy(data.train.images).float() / 255 - data.mean[0]) / data.std[0]
    labels = torch.from_numpy(data.train.labels)
    for epoch in range(1, config.epochs + 1):
        shuffle = torch.Generator().manual_seed(config.seed * 1000 + epoch)
        for which in torch.randperm(len(labels), generator=shuffle).split(config.batch_size):
            yield images[which], labels[which]
