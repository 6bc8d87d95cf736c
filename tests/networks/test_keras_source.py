"""The script is run, and its model compared with the torch module of the same weights."""

import os

import numpy as np
import pytest
import torch

from cnnviz.layers import (
    Conv2d,
    ConvTranspose2d,
    DualPath,
    Flatten,
    LocalResponseNorm,
    MaxPool2d,
    PositionBias,
    Residual,
    ShapeError,
)
from cnnviz.networks import KNOWN, Network, architecture
from cnnviz.networks.keras_source import keras_source
from tests.networks.every_layer import NESTED, SMALL, trained

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")

BLOCKS = [
    *(architecture(key).fitted((3, 16, 16), 10) for key in ("simplified_resnet", "densenet121_cifar")),
    architecture("efficientnet_b0").fitted((3, 32, 32), 10),
]
RUN = [*SMALL, *(architecture(key) for key in KNOWN if KNOWN[key].family == "small"), *BLOCKS]


@pytest.fixture(scope="module")
def keras():
    os.environ["KERAS_BACKEND"] = "torch"
    import keras

    assert keras.backend.backend() == "torch"
    return keras


def made(network):
    names = {"__name__": "script"}
    exec(keras_source(network), names)
    return names["model"]


def give_weights(model, module):
    """The weights of a torch module, layer by layer, by name."""
    given = set()
    for name, layer in module.named_modules():
        weights = {part: tensor.detach().numpy() for part, tensor in layer.named_parameters(recurse=False)}
        if not weights:
            continue
        arrays = [weights.pop("weight")] if "weight" in weights else []
        if isinstance(layer, torch.nn.BatchNorm2d):
            arrays += [weights["bias"], layer.running_mean.numpy(), layer.running_var.numpy()]
        elif arrays:
            arrays = [arrays[0].T if arrays[0].ndim == 2 else arrays[0].transpose(2, 3, 1, 0), *weights.values()]
        else:
            arrays = [weights["bias"].transpose(1, 2, 0)]
        name = name.replace(".", "_")
        model.get_layer(name).set_weights(arrays)
        given.add(name)
    assert given == {layer.name for layer in model.layers if layer.weights}


def output(model, x):
    """Of a batch of inputs, both as torch has them."""
    last = model(np.moveaxis(x, 1, -1)).detach().cpu().numpy()
    return np.moveaxis(last, -1, 1)


@pytest.mark.parametrize("network", RUN, ids=lambda network: network.name)
def test_it_computes_the_same_with_the_same_weights(keras, network):
    module, model = trained(network), made(network)
    give_weights(model, module)
    x = torch.randn(2, *network.input_shape)
    with torch.inference_mode():
        expected = module(x).numpy()
        np.testing.assert_allclose(output(model, x.numpy()), expected, rtol=0, atol=1e-4 * max(1, abs(expected).max()))


def test_the_text_of_lenet5():
    assert (
        keras_source(architecture("lenet5"))
        == '''\
"""LeNet-5: 28×28×1 in, channels last."""

import keras

inputs = keras.Input((28, 28, 1), name='input')
x = keras.layers.Conv2D(32, (5, 5), padding='same', name='conv1')(inputs)
x = keras.layers.Activation('relu', name='relu1')(x)
x = keras.layers.MaxPooling2D((2, 2), strides=(2, 2), name='pool1')(x)
x = keras.layers.Conv2D(48, (5, 5), padding='same', name='conv2')(x)
x = keras.layers.Activation('relu', name='relu2')(x)
x = keras.layers.MaxPooling2D((2, 2), strides=(2, 2), name='pool2')(x)
x = keras.layers.Permute((3, 1, 2), name='flatten1_channels_first')(x)
x = keras.layers.Flatten(name='flatten1')(x)
x = keras.layers.Dense(256, name='fc1')(x)
x = keras.layers.Activation('relu', name='relu3')(x)
x = keras.layers.Dense(84, name='fc2')(x)
x = keras.layers.Activation('relu', name='relu4')(x)
x = keras.layers.Dense(10, name='fc3')(x)
model = keras.Model(inputs, x, name='LeNet5')

if __name__ == "__main__":
    model.summary()
'''
    )


def test_a_block_keeps_its_input_for_all_its_paths():
    network = Network(
        name="b", input_shape=(1, 4, 4), layers=[Conv2d(out_channels=2, kernel_size=1), Residual(body=())]
    )
    assert keras_source(network).splitlines()[5:9] == [
        "x = keras.layers.Conv2D(2, (1, 1), name='conv1')(inputs)",
        "residual1_input = x",
        "x = keras.layers.Add(name='residual1')([residual1_input, residual1_input])",
        "model = keras.Model(inputs, x, name='B')",
    ]


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras' own, as it loads
def test_own_layers_can_be_saved(keras, tmp_path):
    layers = [LocalResponseNorm(size=2), DualPath(body=[PositionBias()], added=2), PositionBias(), Flatten()]
    network = Network(name="own", input_shape=(3, 4, 5), layers=layers)
    model = made(network)
    give_weights(model, trained(network))
    model.save(tmp_path / "own.keras")
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype(np.float32)
    np.testing.assert_array_equal(output(keras.saving.load_model(tmp_path / "own.keras"), x), output(model, x))


@pytest.mark.parametrize("name", ['"""', "a\nb\\", "\x00", "a/b", "网络", "keras", "np", "DualPath", '"'])
def test_any_name_makes_a_script_that_runs(keras, name):
    network = Network(name=name, input_shape=(4, 2, 2), layers=[LocalResponseNorm(size=2), DualPath(body=(), added=1)])
    assert made(network).output_shape == (None, 2, 2, 7)


def test_lines_are_short():
    assert max(map(len, keras_source(NESTED).splitlines())) <= 120


def test_what_keras_cannot_do_names_the_layer():
    up = ConvTranspose2d(out_channels=4, kernel_size=2, groups=2)
    network = Network(
        name="n", input_shape=(4, 5, 5), layers=[Residual(body=[Residual(body=[up], shortcut=[up])], shortcut=[up])]
    )
    with pytest.raises(ShapeError, match=r"^residual1\.body\.residual1\.body\.upconv1: Keras has no transposed"):
        keras_source(network)
    network = Network(name="n", input_shape=(4, 5, 5), layers=[MaxPool2d(kernel_size=2, dilation=2)])
    with pytest.raises(ShapeError, match=r"^pool1: Keras has no max pooling with dilation"):
        keras_source(network)
