"""What layers leave in memory beside torch: what autograd really keeps, and which tensors are really there."""

import weakref
from random import Random

import pytest
import torch
from torch import Tensor, nn

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
    ShapeError,
    Sigmoid,
    SiLU,
    Softmax,
    SqueezeExcitation,
    Tanh,
)
from cnnviz.networks import Network, Totals, architecture, architectures, table, totals
from cnnviz.networks.draft import everything
from cnnviz.training import memory
from tests.networks.every_layer import SMALL
from tests.scale import FULL, SEED, cases

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")


def saved(module: nn.Module, images: Tensor) -> int:
    """Bytes of all storages that autograd keeps, without the parameters'."""
    own = {parameter.untyped_storage()._cdata for parameter in module.parameters()}
    kept: dict[int, Tensor] = {}  # tensors stay referenced, so that no storage is counted under a number used twice

    def pack(tensor: Tensor) -> Tensor:
        if (storage := tensor.untyped_storage()._cdata) not in own:
            kept[storage] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        module.train()(images)
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())


def one_more_image(network: Network, device: str) -> int:
    """What one image more adds; what batch normalisation keeps of a batch, whatever its size, is in neither."""
    with torch.device(device):
        module = network.module()
        few, more = (saved(module, torch.ones(n, *network.input_shape)) for n in (2, 3))
    return more - few


KEYS = architectures()
if not FULL:
    large = [key for key in KEYS if len(table(architecture(key))) > 100]
    KEYS = [key for key in KEYS if key not in large] + Random(SEED).sample(large, 3)


@pytest.mark.parametrize("key", KEYS)
def test_of_each_architecture_what_training_keeps_is_what_autograd_keeps(key: str) -> None:
    network = architecture(key)
    kept = totals(table(network)).kept_bytes
    assert kept == one_more_image(network, "meta")
    assert memory.bytes_per_image(network) == kept
    with torch.device("meta"):  # by the batch of one image too, with all that belongs to a batch
        module, image = network.module(), torch.ones(1, *network.input_shape)
    assert kept == pytest.approx(saved(module, image), rel=0.05)


def test_known_figures() -> None:
    """Every second output of a residual network is not needed on the way back; of AlexNet's normalisation more than its outputs."""
    resnet, alexnet = (totals(table(architecture(key))) for key in ("resnet50", "alexnet_2012"))
    assert (round(resnet.activation_bytes / 1e6, 1), round(resnet.kept_bytes / 1e6, 1)) == (150.2, 85.9)
    assert alexnet.kept_bytes > alexnet.activation_bytes


ODD = [
    Conv2d(out_channels=6, kernel_size=(3, 4), padding="same"),
    Conv2d(out_channels=6, kernel_size=4, padding="same", dilation=3),
    Conv2d(out_channels=4, kernel_size=2, padding="same", padding_mode="circular"),
    *(
        Conv2d(out_channels=4, kernel_size=3, padding=(1, 0), padding_mode=mode)
        for mode in ("zeros", "reflect", "replicate", "circular")
    ),
    Conv2d(out_channels=4, kernel_size=3, padding_mode="reflect"),
    ConvTranspose2d(out_channels=4, kernel_size=3, stride=2, padding=1),
    MaxPool2d(kernel_size=3, stride=1, dilation=2, padding=1),
    MaxPool2d(kernel_size=2, ceil_mode=True),
    AvgPool2d(kernel_size=2),
    AdaptiveAvgPool2d(output_size=1),
    AdaptiveAvgPool2d(output_size=(1, None)),
    AdaptiveAvgPool2d(output_size=3),
    AdaptiveMaxPool2d(output_size=1),
    AdaptiveMaxPool2d(output_size=(2, 3)),
    BatchNorm2d(),
    LocalResponseNorm(size=4),
    LocalResponseNorm(size=1, beta=0.0),
    Dropout(p=0.3),
    Dropout(p=0.0),
    Dropout(p=1.0),
    SqueezeExcitation(squeeze_channels=3),
    SqueezeExcitation(squeeze_channels=3, activation="SiLU"),
    PositionBias(),
    ReLU(),
    LeakyReLU(),
    Sigmoid(),
    Tanh(),
    GELU(),
    SiLU(),
]
FLAT = [
    Linear(out_features=5),
    Linear(out_features=3, bias=False),
    Softmax(),
    Dropout(p=0.4),
    ReLU(),
    Flatten(),
    Tanh(),
]


def random_path(random: Random, shape, most: int, depth: int):
    layers = []
    for _ in range(random.randint(0, most)):
        layer = random.choice(ODD)
        if depth and random.random() < 0.35:
            layer = random_block(random, shape, depth - 1)
        try:
            shape = layer.output_shape(shape)
        except ShapeError:
            continue
        layers.append(layer)
    return tuple(layers)


def random_block(random: Random, shape, depth: int):
    """Its paths end in a convolution of their own where they would not meet."""

    def end(path):
        while True:
            after = shape
            for layer in path:
                after = layer.output_shape(after)
            if after[1:] == shape[1:] and min(after) > 0:
                return path, after[0]
            path = path[:-1]

    (one, channels), (two, others) = (end(random_path(random, shape, 3, depth)) for _ in range(2))
    kind = random.choice([Residual, Concat, DualPath])
    if kind is Concat:
        return Concat(branches=(one, two)[: random.randint(1, 2)])
    if kind is DualPath:
        return DualPath(body=one, shortcut=two, added=random.randint(1, min(channels, others)))
    if channels != others:
        two = (*two, Conv2d(out_channels=channels, kernel_size=1))
    return Residual(body=one, shortcut=two)


def random_network(random: Random) -> Network:
    shape = (random.randint(2, 4), random.randint(4, 9), random.randint(4, 9))
    layers = random_path(random, shape, 7, 2)
    if random.random() < 0.5:
        layers = (*layers, Flatten(), *random.choices(FLAT, k=random.randint(0, 4)))
    return Network(name="random", input_shape=shape, layers=layers)


def test_of_random_networks_what_training_keeps_is_what_autograd_keeps() -> None:
    random = Random(SEED)
    for network in (*SMALL, *(random_network(random) for _ in range(cases(2_000)))):
        assert totals(table(network)).kept_bytes == one_more_image(network, "cpu"), network.model_dump_json()


def test_random_networks_hold_every_layer() -> None:
    random = Random(SEED)
    kinds = {layer.kind for _ in range(150) for layer in everything(random_network(random).layers)}
    assert kinds == set(KINDS)


def most_at_a_time(network: Network) -> int:
    """The largest sum of the storages of all tensors that are alive whenever a layer or a block has run."""
    module, alive, ends, most = network.module().eval(), [], [], [0]

    def see(paths: int):
        def hook(_module: nn.Module, _inputs, output: Tensor) -> None:
            alive.append(weakref.ref(output))
            there = [tensor for ref in alive if (tensor := ref()) is not None]
            storages = {tensor.untyped_storage()._cdata: tensor.untyped_storage().nbytes() for tensor in there}
            most[0] = max(most[0], sum(storages.values()))
            del ends[len(ends) - paths :]

        return hook

    for row in table(network):
        child = module.get_submodule(row.name)
        paths = list(row.layer.paths) if row.is_block else []
        child.register_forward_hook(see(len(paths)))
        for path in paths:  # a block has these until it has put them together
            child.get_submodule(path).register_forward_hook(lambda _child, _inputs, output: ends.append(output))
    image = torch.ones(1, *network.input_shape)
    alive.append(weakref.ref(image))
    with torch.no_grad():
        module(image)
    return most[0]


@pytest.mark.parametrize(
    "key", ["lenet5", "simplified_resnet", "densenet121_cifar", "dpn92_cifar", "preact_resnet18_cifar"]
)
def test_the_most_that_a_forward_pass_holds_is_what_torch_holds(key: str) -> None:
    network = architecture(key)
    assert totals(table(network)).forward_bytes == most_at_a_time(network)


def test_the_most_that_a_forward_pass_of_random_networks_holds() -> None:
    random = Random(SEED + 1)
    for network in (*SMALL, *(random_network(random) for _ in range(cases(2_000)))):
        if network.layers:
            assert totals(table(network)).forward_bytes == most_at_a_time(network), network.model_dump_json()


def test_a_step_needs_weights_gradients_and_moments_and_what_is_kept_of_a_batch() -> None:
    found = totals(table(architecture("vgg16_cifar")))
    for optimizer, moments in (("sgd", 1), ("adam", 2), ("muon", 2), ("adamw", 2)):
        needed = memory.needed_bytes(architecture("vgg16_cifar"), 64, optimizer, found.kept_bytes)
        assert needed == found.training_bytes(64, moments)
        assert needed == pytest.approx(4 * (2 + moments) * found.params + 1.3 * 64 * found.kept_bytes)
    assert totals([]) == Totals(0, 0, 0, 0, 0)
