"""The source text is run, and its layer compared with torch's own."""

import os

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnnviz.layers import (
    ACTIVATIONS,
    AdaptiveAvgPool2d,
    Conv2d,
    ConvTranspose2d,
    LeakyReLU,
    MaxPool2d,
    ShapeError,
    pair,
)
from cnnviz.layers.source import MOST_NUMBERS, keras_script, keras_source, torch_script, torch_source
from tests.layers.cases import convolutions, pools, transposed

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel", "ignore::DeprecationWarning")

random_cases = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
layers = convolutions().map(lambda case: (Conv2d(**case[0]), case[1])) | transposed().map(
    lambda case: (ConvTranspose2d(**case[0]), case[1])
)
activations = (
    st.none()
    | st.sampled_from(ACTIVATIONS).map(lambda kind: kind())
    | st.floats(-3, 3, width=16).map(lambda slope: LeakyReLU(negative_slope=slope))
)


@pytest.fixture(scope="module")
def keras():
    os.environ["KERAS_BACKEND"] = "torch"
    import keras

    assert keras.backend.backend() == "torch"
    return keras


def weights_of(layer, shape):
    module = layer.module(shape)
    bias = module.bias.detach().numpy() if layer.bias else None
    return module, module.weight.detach().numpy(), bias


def run(source):
    names = {}
    exec(source, names)
    return names


@random_cases
@given(layers, activations)
def test_the_torch_script_builds_the_same_layer(case, activation):
    layer, shape = case
    module, weight, bias = weights_of(layer, shape)
    if weight.size > MOST_NUMBERS:
        return
    expected = module if activation is None else torch.nn.Sequential(module, activation.module(shape))
    built = run(torch_script(layer, shape, weight, bias, activation))
    torch.testing.assert_close(built["layer"](built["x"]), expected(built["x"]))


@random_cases
@given(layers, activations)
def test_the_keras_script_computes_the_same(keras, case, activation):
    layer, shape = case
    module, weight, bias = weights_of(layer, shape)
    if weight.size > MOST_NUMBERS:
        return
    try:
        source = keras_script(layer, shape, weight, bias, activation)
    except ShapeError:
        assert isinstance(layer, ConvTranspose2d)
        assert layer.groups > 1 or (max(layer.strides) > 1 and max(layer.dilations) > 1)
        return
    names = run(source)
    x = torch.from_numpy(names["x"]).permute(0, 3, 1, 2)
    expected = module(x) if activation is None else activation.module(shape)(module(x))
    ours = names["model"](names["x"]).detach().permute(0, 3, 1, 2)
    torch.testing.assert_close(ours, expected.detach(), atol=1e-4, rtol=1e-4)


def test_defaults_are_left_out_and_the_rest_is_said():
    layer = Conv2d(out_channels=33, kernel_size=(3, 5), stride=(2, 1), padding=(4, 2), dilation=(3, 1))
    assert torch_source(layer, (16, 50, 100)) == (
        "nn.Conv2d(16, 33, kernel_size=(3, 5), stride=(2, 1), padding=(4, 2), dilation=(3, 1))"
    )
    assert torch_source(Conv2d(out_channels=2, kernel_size=3), (1, 9, 9), LeakyReLU(negative_slope=0.2)) == (
        "nn.Sequential(nn.Conv2d(1, 2, kernel_size=3), nn.LeakyReLU(0.2))"
    )
    assert keras_source(Conv2d(out_channels=2, kernel_size=3), (1, 9, 9)) == ["keras.layers.Conv2D(2, (3, 3))"]


@pytest.mark.parametrize("arguments", [{"groups": 2}, {"stride": 2, "dilation": 2}])
def test_what_keras_cannot_do_is_a_sentence(arguments):
    layer = ConvTranspose2d(out_channels=2, kernel_size=3, **arguments)
    with pytest.raises(ShapeError, match=r"^Keras has no transposed convolution with"):
        keras_source(layer, (2, 5, 5))


def test_many_weights_are_not_written_out():
    layer = Conv2d(out_channels=64, kernel_size=5)
    weight = np.zeros((64, 3, 5, 5), np.float32)
    assert "copy_" not in torch_script(layer, (3, 9, 9), weight)
    assert "set_weights" not in keras_script(layer, (3, 9, 9), weight)


@random_cases
@given(pools())
def test_the_torch_script_builds_the_same_pooling(case):
    kind, arguments, shape = case
    layer = kind(**arguments)
    built = run(torch_script(layer, shape))
    torch.testing.assert_close(built["layer"](built["x"]), layer.module(shape)(built["x"]))


@settings(random_cases, max_examples=80)
@given(pools())
def test_the_keras_script_pools_the_same(keras, case):
    kind, arguments, shape = case
    layer = kind(**arguments)
    if max(pair(arguments.get("dilation", 1))) > 1:
        with pytest.raises(ShapeError, match="dilation"):
            keras_script(layer, shape)
        return
    built = run(keras_script(layer, shape))
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    ours = np.asarray(built["model"](x.transpose(1, 2, 0)[None]).detach().cpu())[0].transpose(2, 0, 1)
    np.testing.assert_allclose(ours, layer.apply(x), rtol=0, atol=1e-4)


def test_defaults_of_a_pooling_are_left_out():
    assert (
        torch_source(MaxPool2d(kernel_size=2, ceil_mode=True), (1, 9, 9))
        == "nn.MaxPool2d(kernel_size=2, ceil_mode=True)"
    )
    assert torch_source(AdaptiveAvgPool2d(output_size=1), (1, 9, 9)) == "nn.AdaptiveAvgPool2d(output_size=1)"
