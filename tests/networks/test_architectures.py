import pytest
import torch

from cnnviz.networks import Network, architecture, architectures


def named_shapes(network):
    return {name: shape for (name, _), shape in zip(network.named_layers(), network.shapes, strict=True)}


def test_lenet5_has_the_shapes_of_the_keras_notes():
    network = architecture("lenet5")
    assert network.input_shape == (1, 28, 28)
    assert named_shapes(network) == {
        "conv1": (32, 28, 28),
        "relu1": (32, 28, 28),
        "pool1": (32, 14, 14),
        "conv2": (48, 14, 14),
        "relu2": (48, 14, 14),
        "pool2": (48, 7, 7),
        "flatten1": (2352,),
        "fc1": (256,),
        "relu3": (256,),
        "fc2": (84,),
        "relu4": (84,),
        "fc3": (10,),
    }
    assert network.num_params == 832 + 38_448 + 602_368 + 21_588 + 850


def test_the_strided_lenet5_has_the_same_shapes_without_pooling():
    pooled, strided = (architecture(key) for key in ("lenet5", "lenet5_strided"))
    assert strided.num_params == pooled.num_params
    assert not any("Pool" in layer.kind for layer in strided.layers)
    assert [shape for shape in strided.shapes if shape in pooled.shapes] == list(strided.shapes)


def test_tutorial_net_has_the_shapes_of_pytorchs_tutorial():
    network = architecture("tutorial_net")
    assert network.input_shape == (3, 32, 32)
    assert named_shapes(network) == {
        "conv1": (6, 28, 28),
        "relu1": (6, 28, 28),
        "pool1": (6, 14, 14),
        "conv2": (16, 10, 10),
        "relu2": (16, 10, 10),
        "pool2": (16, 5, 5),
        "flatten1": (400,),
        "fc1": (120,),
        "relu3": (120,),
        "fc2": (84,),
        "relu4": (84,),
        "fc3": (10,),
    }
    assert network.num_params == 62_006


@pytest.mark.parametrize("key", ["lenet5", "tutorial_net"])
def test_module_gives_the_promised_shapes_layer_by_layer(key):
    network = architecture(key)
    module = network.module()
    assert sum(p.numel() for p in module.parameters()) == network.num_params
    x = torch.zeros(2, *network.input_shape)
    for (name, layer), promised in zip(module.named_children(), network.shapes, strict=True):
        x = layer(x)
        assert tuple(x.shape[1:]) == promised, name


@pytest.mark.parametrize("key", ["lenet5", "tutorial_net"])
@pytest.mark.parametrize(("input_shape", "classes"), [((1, 28, 28), 10), ((3, 32, 32), 10), ((1, 20, 24), 3)])
def test_fits_other_images_and_classes(key, input_shape, classes):
    fitted = architecture(key).fitted(input_shape, classes)
    assert fitted.module()(torch.zeros(2, *input_shape)).shape == (2, classes)


@pytest.mark.parametrize("key", ["lenet5", "tutorial_net"])
def test_json_round_trip(key):
    network = architecture(key)
    assert Network.model_validate_json(network.model_dump_json()) == network


def test_architectures_lists_the_keys():
    assert {"lenet5", "tutorial_net"} <= set(architectures())
    assert len(set(architectures())) == len(architectures())


def test_an_unknown_key_names_the_known_ones():
    with pytest.raises(KeyError) as refusal:
        architecture("lenet6")
    assert "lenet6" in str(refusal.value)
    assert all(key in str(refusal.value) for key in architectures())
