"""The script is run, and its model compared with the torch module of the same weights."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cnnviz.layers import (
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    Conv2d,
    ConvTranspose2d,
    DualPath,
    LocalResponseNorm,
    MaxPool2d,
    Residual,
    ShapeError,
)
from cnnviz.layers.source import keras_source as layer_source
from cnnviz.networks import Network, architecture, architectures
from cnnviz.networks.keras_source import keras_source
from tests.networks.every_layer import NESTED, SMALL
from tests.networks.keras_cases import UNLIKE_KERAS, random_ones, write_all

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
keras_runner = Path(__file__).with_name("keras_runner.py")


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


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # numpy's, of a bool of one axis
def test_every_text_computes_the_same_and_its_model_loads_again(tmp_path):
    write_all(tmp_path)
    run = subprocess.run(
        [sys.executable, keras_runner, tmp_path],
        env={**os.environ, "KERAS_BACKEND": "torch"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert run.returncode == 0, run.stdout
    assert f"torch, load: {len(list(tmp_path.glob('*.npz')))} right, 0 wrong, 0 left out" in run.stdout


def test_a_text_has_the_classes_that_it_uses_and_no_lambda():
    networks = [*(architecture(key) for key in architectures()), *SMALL]
    networks += [network for _, network in random_ones(100)]
    networks += [Network(name="n", input_shape=(3, 14, 14), layers=layers) for layers in UNLIKE_KERAS.values()]
    seen = set()
    for network in networks:
        text = keras_source(network)
        body = text[text.index("inputs = keras.Input(") :]
        defined = re.findall(r"^class (\w+)\(", text, re.MULTILINE)
        assert "Lambda" not in text
        assert text.count("@keras.saving.register_keras_serializable()\nclass ") == len(defined)
        assert set(defined) == set(re.findall(r"= ([A-Z]\w+)\(", body))
        seen |= set(defined)
    assert {"BorderPadding2D", "PaddedMaxPooling2D", "PaddedAveragePooling2D", "UnevenAveragePooling2D"} < seen


@pytest.mark.parametrize(
    ("layer", "lines"),
    [
        (AdaptiveAvgPool2d(output_size=7), ["keras.layers.AveragePooling2D((2, 2), strides=(2, 2))"]),
        (AdaptiveMaxPool2d(output_size=(None, 2)), ["keras.layers.MaxPooling2D((1, 7), strides=(1, 7))"]),
        (AdaptiveAvgPool2d(output_size=(None, 14)), ["keras.layers.Identity()"]),
        (AdaptiveAvgPool2d(output_size=(14, 5)), ["UnevenAveragePooling2D((14, 5))"]),
        (
            ConvTranspose2d(out_channels=2, kernel_size=3, stride=2, output_padding=1),
            ["keras.layers.Conv2DTranspose(2, (3, 3), strides=(2, 2), output_padding=(1, 1))"],
        ),
    ],
)
def test_keras_own_layers_where_they_do_the_same(layer, lines):
    assert layer_source(layer, (3, 14, 14)) == lines


def test_what_tensorflow_cannot_compute_is_said_in_the_text():
    said = "# TensorFlow computes dilated transposed convolutions on GPUs only"
    plain = ConvTranspose2d(out_channels=2, kernel_size=3)
    dilated = ConvTranspose2d(out_channels=2, kernel_size=3, dilation=2)
    for inner in ([dilated], [Residual(body=[Residual(body=[dilated], shortcut=[dilated])], shortcut=[dilated])]):
        assert said in keras_source(Network(name="n", input_shape=(2, 5, 5), layers=inner))
    after = [plain, Conv2d(out_channels=2, kernel_size=3, dilation=2)]
    assert said not in keras_source(Network(name="n", input_shape=(2, 5, 5), layers=after))


def test_the_text_of_lenet5():
    assert (
        keras_source(architecture("lenet5"))
        == '''\
"""LeNet-5 (Keras notes): 28×28×1 in, channels last."""

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
model = keras.Model(inputs, x, name='LeNet5KerasNotes')

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
