import pytest
import torch
from pydantic import ValidationError

from cnnviz.layers import AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, ShapeError
from cnnviz.networks import Network


def every_kind(**changes) -> Network:
    """A network with every kind of layer and of argument."""
    arguments = {
        "name": "every kind",
        "input_shape": (3, 20, 17),
        "layers": [
            Conv2d(out_channels=6, kernel_size=(3, 5), padding="same"),
            ReLU(),
            MaxPool2d(kernel_size=3, stride=2, padding=1),
            Conv2d(out_channels=4, kernel_size=3, padding=(1, 0), dilation=(1, 2), groups=2, bias=False),
            AvgPool2d(kernel_size=2),
            Flatten(),
            Linear(out_features=12),
            ReLU(),
            Linear(out_features=5, bias=False),
        ],
    }
    return Network(**{**arguments, **changes})


def test_forward_pass_gives_the_promised_shapes_layer_by_layer():
    network = every_kind()
    x = torch.zeros(2, *network.input_shape)
    shapes = []
    for layer in network.module():
        x = layer(x)
        shapes.append(tuple(x.shape[1:]))
    assert network.shapes == tuple(shapes)


def test_num_params_is_the_modules():
    network = every_kind()
    assert network.num_params == sum(p.numel() for p in network.module().parameters())


def test_names_count_each_kind_and_are_the_modules():
    names = [name for name, _ in every_kind().named_layers()]
    assert names == ["conv1", "relu1", "pool1", "conv2", "pool2", "flatten1", "fc1", "relu2", "fc2"]
    assert names == [name for name, _ in every_kind().module().named_children()]


def test_every_use_of_a_layer_gets_weights_of_its_own():
    layer = Linear(out_features=4)
    module = Network(name="twice", input_shape=(4,), layers=[layer, layer]).module()
    assert module.fc1.weight is not module.fc2.weight


def test_json_round_trip():
    network = every_kind()
    assert Network.model_validate_json(network.model_dump_json()) == network


def test_a_network_cannot_be_changed_nor_have_other_fields():
    with pytest.raises(ValidationError, match="frozen"):
        every_kind().name = "other"
    with pytest.raises(ValidationError, match="colour"):
        every_kind(colour="red")


def test_a_layer_that_cannot_follow_is_named():
    with pytest.raises(ValidationError, match="conv2: Conv2d: 5×5 kernel on a 4×4 input: add padding 1 or take"):
        Network(
            name="too deep",
            input_shape=(1, 8, 8),
            layers=[Conv2d(out_channels=2, kernel_size=5), Conv2d(out_channels=2, kernel_size=5)],
        )
    with pytest.raises(ValidationError, match=r"fc1: Linear\(10\) reads .* 1×8×8: put a Flatten before it"):
        Network(name="no Flatten", input_shape=(1, 8, 8), layers=[Linear(out_features=10)])


def test_an_impossible_number_in_json_is_named_with_its_place():
    text = every_kind().model_dump_json().replace('"kernel_size":2', '"kernel_size":0')
    with pytest.raises(ValidationError, match=r"layers\.4\.AvgPool2d\n +Value error, AvgPool2d: kernel_size = 0: "):
        Network.model_validate_json(text)


def test_fitted_changes_input_and_last_layer_only():
    network = every_kind()
    fitted = network.fitted((1, 31, 40), num_classes=7)
    assert fitted.input_shape == (1, 31, 40)
    assert fitted.layers[:-1] == network.layers[:-1]
    assert fitted.layers[-1] == Linear(out_features=7, bias=False)
    assert fitted.module()(torch.zeros(2, 1, 31, 40)).shape == (2, 7)
    assert network == every_kind()


def test_fitted_to_what_it_has_is_itself():
    assert every_kind().fitted((3, 20, 17), num_classes=5) == every_kind()


def test_fitted_to_images_too_small_names_the_layer():
    with pytest.raises(ShapeError, match=r"^conv2: Conv2d: 3×3 kernel .* on a 3×2 input with padding 1×0: "):
        every_kind().fitted((3, 6, 4), num_classes=5)


@pytest.mark.parametrize("layers", [[], [Conv2d(out_channels=2, kernel_size=3)]])
def test_a_network_that_ends_in_maps_cannot_be_fitted(layers):
    network = Network(name="headless", input_shape=(1, 9, 9), layers=layers)
    with pytest.raises(ShapeError, match="headless does not end in a Linear layer"):
        network.fitted(network.input_shape, num_classes=2)


def test_a_network_without_layers_gives_its_input_back():
    network = Network(name="empty", input_shape=(1, 2, 3), layers=[])
    assert network.shapes == ()
    assert network.num_params == 0
    x = torch.rand(1, 1, 2, 3)
    assert network.module()(x) is x


def test_a_number_of_classes_that_cannot_be_is_refused():
    network = Network(name="n", input_shape=(1, 8, 8), layers=[Flatten(), Linear(out_features=3, bias=False)])
    with pytest.raises(ShapeError, match="out_features = 0"):
        network.fitted((1, 8, 8), 0)
    assert network.fitted((1, 4, 4), 5).num_params == 16 * 5


def test_what_would_become_too_large_for_other_images_cannot_be_fitted():
    layers = (
        Conv2d(out_channels=65_536, kernel_size=1),
        Flatten(),
        Linear(out_features=6_000),
        Linear(out_features=10),
    )
    network = Network(name="wide", input_shape=(1, 1, 1), layers=layers)
    with pytest.raises(ShapeError, match="more than this app computes with"):
        network.fitted((3, 32, 32), 10)
