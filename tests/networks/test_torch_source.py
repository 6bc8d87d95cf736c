"""The script is run, and its network compared with our own."""

import subprocess
import sys

import pytest
import torch

from cnnviz.layers import (
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    LeakyReLU,
    Linear,
    LocalResponseNorm,
    PositionBias,
    ReLU,
    Residual,
    ShapeError,
    Softmax,
    SqueezeExcitation,
)
from cnnviz.layers.source import torch_source as layer_source
from cnnviz.networks import KNOWN, Network, architecture, architectures
from cnnviz.networks.torch_source import class_name, torch_source
from tests.networks.every_layer import NESTED, SMALL, trained

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")

LARGE_BLOCKS = [
    architecture(key).fitted((3, 32, 32), 10)
    for key in ("preact_resnet18_cifar", "densenet121_cifar", "efficientnet_b0")
]
RUN = [*SMALL, *(architecture(key) for key in KNOWN if KNOWN[key].family == "small"), *LARGE_BLOCKS]


def made(network):
    """The class of the script's network, instantiated."""
    names = {"__name__": "script"}
    exec(torch_source(network), names)
    return names[class_name(network.name)]()


@pytest.mark.parametrize("network", RUN, ids=lambda network: network.name)
def test_it_computes_the_same_with_the_same_weights(network):
    module = trained(network)
    theirs = made(network).eval()
    theirs.load_state_dict(module.state_dict())
    x = torch.randn(2, *network.input_shape)
    with torch.inference_mode():
        torch.testing.assert_close(theirs(x), module(x), rtol=0, atol=0)


@pytest.mark.parametrize("key", architectures())
def test_every_architecture_has_the_same_weights(key):
    network = architecture(key)
    with torch.device("meta"):
        ours, theirs = network.module().state_dict(), made(network).state_dict()
    assert {name: weight.shape for name, weight in theirs.items()} == {
        name: weight.shape for name, weight in ours.items()
    }


@pytest.mark.parametrize("network", [NESTED, architecture("simplified_resnet"), architecture("densenet121_cifar")])
def test_lines_are_short(network):
    assert max(map(len, torch_source(network).splitlines())) <= 120


def test_as_a_program_it_applies_the_network(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        torch_source(Network(name="1×1", input_shape=(3, 1, 1), layers=[BatchNorm2d(), ReLU(), Flatten()]))
    )
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert run.stdout == "torch.Size([1, 3])\n"


def test_the_text_of_a_small_network():
    layers = [
        Conv2d(out_channels=2, kernel_size=3, padding=1),
        Residual(body=[BatchNorm2d(), ReLU()], shortcut=[Residual(body=[Conv2d(out_channels=2, kernel_size=1)])]),
        Flatten(),
        Linear(out_features=3),
    ]
    text = torch_source(Network(name="a small one", input_shape=(1, 4, 4), layers=layers))
    assert text.startswith(
        "from collections import OrderedDict\n\nimport torch\nfrom torch import Tensor, nn\n\n\nclass Residual("
    )
    assert "class Concat" not in text
    assert (
        text[text.index("class ASmallOne") :]
        == '''\
class ASmallOne(nn.Module):
    """a small one: 1×4×4 in."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 2, kernel_size=3, padding=1)
        self.residual1 = Residual(
            body=nn.Sequential(OrderedDict(bn1=nn.BatchNorm2d(2), relu1=nn.ReLU())),
            shortcut=nn.Sequential(OrderedDict(
                residual1=Residual(
                    body=nn.Sequential(OrderedDict(conv1=nn.Conv2d(2, 2, kernel_size=1))),
                    shortcut=nn.Sequential(),
                ),
            )),
        )
        self.flatten1 = nn.Flatten()
        self.fc1 = nn.Linear(32, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)  # 2×4×4
        x = self.residual1(x)  # 2×4×4
        x = self.flatten1(x)  # 32
        x = self.fc1(x)  # 3
        return x


if __name__ == "__main__":
    model = ASmallOne().eval()
    print(model(torch.rand(1, 1, 4, 4)).shape)  # (1, 3)
'''
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("LeNet-5 (1998)", "LeNet5_1998"),
        ("ResNeXt-29 32×4d for CIFAR-10", "ResNeXt29_32x4dForCIFAR10"),
        ("my_net", "MyNet"),
        ("Größe, naïf", "GrosseNaif"),
        ("42", "Net42"),
        ("", "Net"),
        ("网络", "Net"),
        ("none", "NoneNet"),
        ("class", "Class"),
        ("residual", "ResidualNet"),
        ("Conv2d", "Conv2dNet"),
        ("tensor", "TensorNet"),
        ("__name__", "Name"),
    ],
)
def test_the_class_has_a_name_of_its_own(name, expected):
    assert class_name(name) == expected


@pytest.mark.parametrize(
    "name", ['"""', '\\"""', "a\nb\\", "\x00", "\ud800", "residual", "nn", "torch", "{x}", "#", "😀" * 80, "\\N", '"']
)
def test_any_name_makes_a_script_that_runs(name):
    network = Network.model_construct(name=name, input_shape=(2, 3, 3), layers=(Residual(body=(), shortcut=()),))
    torch.testing.assert_close(made(network)(torch.ones(1, 2, 3, 3)), torch.full((1, 2, 3, 3), 2.0))


def test_one_layer_of_each_kind():
    def text(layer, shape=(4, 8, 8)):
        return layer_source(layer, shape)

    assert text(Linear(out_features=2, bias=False), (3,)) == "nn.Linear(3, 2, bias=False)"
    assert text(Flatten()) == "nn.Flatten()"
    assert text(LeakyReLU()) == "nn.LeakyReLU(0.01)"
    assert text(Softmax(), (3,)) == "nn.Softmax(dim=1)"
    assert text(Dropout()) == "nn.Dropout()"
    assert text(Dropout(p=0.2)) == "nn.Dropout(p=0.2)"
    assert text(BatchNorm2d(momentum=0.01)) == "nn.BatchNorm2d(4, momentum=0.01)"
    assert text(LocalResponseNorm(size=5, k=2.0)) == "nn.LocalResponseNorm(size=5, k=2.0)"
    assert text(SqueezeExcitation(squeeze_channels=2)) == "SqueezeExcitation(4, 2, nn.ReLU())"
    assert text(PositionBias()) == "PositionBias(4, 8, 8)"
    with pytest.raises(ShapeError, match=r"^Residual is made of layers: "):
        text(Residual(body=()))
    with pytest.raises(ShapeError, match="put a Flatten before it"):
        text(Linear(out_features=2))
