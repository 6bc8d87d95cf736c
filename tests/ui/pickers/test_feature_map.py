"""What a layer reads, beside torch's own hooks and the network's graph."""

import numpy as np
import pytest
import torch

from cnnviz.inspection import kernels
from cnnviz.layers import BatchNorm2d, Concat, Conv2d, Flatten, Linear, MaxPool2d, Residual
from cnnviz.networks import Network, architecture
from cnnviz.networks.graph import INPUT, graph
from cnnviz.runs import Card
from cnnviz.training import TrainingConfig
from cnnviz.ui.layer_lab.kernel_picker import _input_of
from cnnviz.ui.pickers.feature_map import layer_input, network_input, reads_image
from cnnviz.ui.pickers.model_picker import Model
from cnnviz.ui.pickers.picture import Picture

KEYS = [
    "resnet18_cifar",
    "preact_resnet18_cifar",
    "preact_resnet18_paper_cifar",
    "resnext29_2x64d_cifar",
    "resnext29_32x4d_cifar",
    "dpn92_cifar",
    "densenet121_cifar",
    "simplified_resnet",
]
PICTURE = Picture(np.random.default_rng(0).integers(0, 256, (3, 32, 32), np.uint8), "Noise")


def model_of(network: Network) -> Model:
    torch.manual_seed(0)
    card = Card(
        name="n", network=network, dataset="", class_names=(), mean=(0.5,) * 3, std=(0.5,) * 3, config=TrainingConfig(),
        epochs_done=0, test_images=0,
    )  # fmt: skip
    return Model(network.name, network.module().eval(), card, "1")


def seen_by_hooks(model: Model) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The first input and the output of every submodule."""
    read: dict[str, np.ndarray] = {}
    given: dict[str, np.ndarray] = {}

    def hook(name: str):
        def see(_child, inputs, output) -> None:
            read[name], given[name] = inputs[0][0].numpy().copy(), output[0].numpy().copy()

        return see

    handles = [child.register_forward_hook(hook(name)) for name, child in model.module.named_modules()]
    with torch.no_grad():
        model.module(torch.from_numpy(network_input(model, PICTURE))[None])
    for handle in handles:
        handle.remove()
    return read, given


@pytest.mark.parametrize("key", KEYS)
def test_each_layer_reads_what_torch_gives_it(key: str) -> None:
    model = model_of(architecture(key).model_copy(update={"input_shape": (3, 8, 8)}))
    read, given = seen_by_hooks(model)
    given[INPUT] = network_input(model, PICTURE)
    shortcuts = 0
    for number, node in enumerate(graph(model.card.network)):
        if node.layer is None or len(node.inputs) > 1:
            continue
        np.testing.assert_array_equal(read[node.name], given[node.inputs[0]])
        is_shortcut = ".shortcut.conv" in node.name
        if is_shortcut or number % 20 == 1:
            np.testing.assert_array_equal(layer_input(model, PICTURE, node.name), read[node.name])
        shortcuts += is_shortcut
    assert shortcuts == {"densenet121_cifar": 0, "simplified_resnet": 0, "dpn92_cifar": 4}.get(key, 3)


@pytest.mark.parametrize("key", ["efficientnet_b0", "resnext29_2x64d_cifar"])
def test_every_layer_with_kernels_has_an_input_of_as_many_channels_as_they_read(key: str) -> None:
    """Also those inside a squeeze and excitation, which are no layers of the graph."""
    model = model_of(architecture(key).model_copy(update={"input_shape": (3, 32, 32)}))
    seen, _ = seen_by_hooks(model)
    for name, weight in list(kernels(model.module).items())[::7]:
        read = layer_input(model, PICTURE, name)
        np.testing.assert_array_equal(read, seen[name])
        groups = model.module.get_submodule(name).groups
        assert len(read) == weight.shape[1] * groups


CONV = Conv2d(out_channels=4, kernel_size=3, padding=1)
END = (Flatten(), Linear(out_features=2))


@pytest.mark.parametrize(
    ("layers", "reads"),
    [
        ((CONV, CONV), {"conv1": True, "conv2": False}),
        ((MaxPool2d(kernel_size=2), CONV), {"conv1": False}),
        ((BatchNorm2d(), CONV), {"conv1": False}),
        (
            (Residual(body=(CONV, CONV), shortcut=(CONV,)),),
            {"residual1.body.conv1": True, "residual1.body.conv2": False, "residual1.shortcut.conv1": True},
        ),
        ((Concat(branches=((CONV,), (CONV,))),), {"concat1.branch1.conv1": True, "concat1.branch2.conv1": True}),
    ],
)
def test_only_what_reads_the_image_gets_the_image_as_it_is(layers, reads: dict[str, bool]) -> None:
    model = model_of(Network(name="n", input_shape=(3, 16, 16), layers=(*layers, *END)))
    seen, _ = seen_by_hooks(model)
    for name, is_image in reads.items():
        assert reads_image(model, name) is is_image
        x, channels = _input_of(model, name, PICTURE)
        assert len(channels) == len(x)
        if is_image:  # not scaled to the network's 16 pixels a side
            np.testing.assert_array_equal(x, model.card.standardised(PICTURE.pixels))
        else:
            np.testing.assert_array_equal(x, seen[name])
