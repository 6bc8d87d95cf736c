"""Text as people paste it: in many spellings, as the app writes it, as torch prints it, for images of any size."""

from __future__ import annotations

import random
import time

import pytest
import torch
from torch import nn

from cnnviz.data import form
from cnnviz.layers import (
    AvgPool2d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    ReLU,
    Residual,
    ShapeError,
    Softmax,
)
from cnnviz.networks import (
    Network,
    ParseError,
    architecture,
    architectures,
    keras_source,
    parse_sequential,
    table,
    torch_source,
)
from cnnviz.networks.code import to_json
from cnnviz.networks.image_sizes import USUAL
from cnnviz.networks.parse import read_pasted
from cnnviz.training import TrainingConfig
from cnnviz.training.script import torch_script
from tests.networks.every_layer import SMALL
from tests.networks.spellings import random_network, spelling
from tests.scale import SEED, cases

WHOLE = [architecture(key) for key in architectures()] + [network for network in SMALL if network.name]
SMALL_IMAGES = "nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), "


def test_random_networks_in_random_spellings_come_back_equal() -> None:
    rng = random.Random(SEED)
    for _ in range(cases(6_000)):
        network = random_network(rng)
        text = spelling(rng, network)
        pasted = read_pasted(text, network.input_shape[1:], has_offers=False)
        assert not pasted.faults, text
        assert (pasted.draft.input_shape, pasted.draft.layers) == (network.input_shape, network.layers), text


def test_a_text_says_no_size_and_one_that_fits_is_found() -> None:
    rng = random.Random(SEED + 1)
    for _ in range(cases(400)):
        network = random_network(rng)
        if not any(isinstance(layer, Conv2d) for layer in network.layers):
            continue  # 784 features may be 1×28×28 or 4×14×14
        pasted = read_pasted(spelling(rng, network))
        assert not pasted.faults
        assert pasted.draft.layers == network.layers
        channels, height, width = pasted.draft.input_shape
        assert channels == network.input_shape[0]
        assert height == width
        assert not any(row.error for row in table(pasted.draft))
        assert [row.input_shape for row in table(pasted.draft) if row.kind == "Linear"] == [
            row.input_shape for row in table(network) if row.kind == "Linear"
        ]
        assert all(_fits(network, side) for side in pasted.sides[:: max(1, len(pasted.sides) // 3)])
        assert pasted.sides[0] == 1 or not _fits(network, pasted.sides[0] - 1)  # torch takes images of side 0
        assert _fits(network, pasted.sides[-1] + 1) == pasted.has_more
        usual = [side for side in USUAL if side <= 128 and _fits(network, side)]
        assert height == (usual[0] if usual else pasted.sides[0]) or (channels > 1 and height == 32)


def _fits(network: Network, side: int) -> bool:
    """By torch's own layers."""
    module = network.module().eval().to("meta")
    try:
        with torch.inference_mode():
            module(torch.empty(2, network.input_shape[0], side, side, device="meta"))
    except RuntimeError:
        return False
    return True


@pytest.mark.parametrize("network", WHOLE, ids=lambda network: network.name)
def test_the_apps_own_text_comes_back_equal(network: Network) -> None:
    for text in (torch_source(network), to_json(network)):
        draft = parse_sequential(text)
        assert (draft.name, draft.input_shape, draft.layers) == (network.name, network.input_shape, network.layers)


@pytest.mark.parametrize("key", architectures())
@pytest.mark.parametrize("dataset", ["cifar10", "mnist"])
def test_the_network_of_a_training_script_comes_back_equal(key: str, dataset: str) -> None:
    shape, classes = form(dataset)
    try:
        network = architecture(key).fitted(shape, classes)
        text = torch_script(network, dataset, TrainingConfig())
    except (ShapeError, ValueError):
        return
    draft = parse_sequential(text)
    assert (draft.input_shape, draft.layers) == (network.input_shape, network.layers)


@pytest.mark.parametrize("network", WHOLE, ids=lambda network: network.name)
def test_what_torch_prints_of_a_network_is_read(network: Network) -> None:
    if any(isinstance(layer, AvgPool2d) and not layer.count_include_pad for layer in network.layers):
        return  # torch prints nothing of it
    text = repr(network.module())
    size = network.input_shape[1:] if len(network.input_shape) == 3 else None
    draft = read_pasted(text, size, has_offers=False).draft
    assert repr(Network(name="n", input_shape=network.input_shape, layers=draft.layers).module()) == text
    assert draft.layers == network.layers


@pytest.mark.parametrize("key", ["lenet5", "vgg16", "resnet18_cifar"])
def test_keras_text_is_refused_by_its_name(key: str) -> None:
    with pytest.raises(ParseError, match="this is Keras text, which is not read: paste PyTorch's, or JSON"):
        parse_sequential(keras_source(architecture(key)))


@pytest.mark.parametrize(
    ("features", "side", "others"),
    [
        (90_000, 150, [150, 151]),
        (16 * 14 * 14, 28, [28, 29]),
        (16 * 16 * 16, 32, [32, 33]),
        (16 * 112 * 112, 224, [224, 225]),
        (16 * 113 * 113, 227, [226, 227]),
        (16 * 149 * 149, 299, [298, 299]),
        (16 * 500 * 500, 1000, [1000, 1001]),
        (16, 2, [2, 3]),
    ],
)
def test_the_features_say_how_large_the_images_are(features: int, side: int, others: list[int]) -> None:
    pasted = read_pasted(f"nn.Sequential({SMALL_IMAGES}nn.Linear({features}, 10))")
    assert pasted.draft.input_shape == (3, side, side)
    assert list(pasted.sides) == others
    assert not pasted.has_more
    for other in others:
        assert (
            parse_sequential(f"nn.Sequential({SMALL_IMAGES}nn.Linear({features}, 10))", other).input_shape[1] == other
        )


@pytest.mark.parametrize(("height", "width"), [(14, 21), (30, 40), (120, 160), (7, 50), (1, 9)])
def test_images_need_not_be_square(height: int, width: int) -> None:
    draft = parse_sequential(f"nn.Sequential({SMALL_IMAGES}nn.Linear({16 * height * width}, 10))")
    _, high, wide = draft.input_shape
    assert (high // 2) * (wide // 2) == height * width
    assert not any(row.error for row in table(draft))


def test_a_text_that_tries_its_network_says_how_large_its_images_are() -> None:
    text = "net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))\n"
    assert parse_sequential(text + "net(torch.randn(1, 3, 160, 120))").input_shape == (3, 160, 120)
    assert parse_sequential(text + "summary(net, input_size=(3, 96, 96))").input_shape == (3, 96, 96)
    assert parse_sequential(text).input_shape == (3, 32, 32)
    assert parse_sequential(text + "net(torch.randn(1, 3, 160, 120))", (40, 50)).input_shape == (3, 40, 50)


COURSE = """
import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self, classes=10):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, classes)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = FLAT
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


net = Net().to(device)
criterion = nn.CrossEntropyLoss()
for epoch in range(2):
    for i, data in enumerate(trainloader, 0):
        inputs, labels = data
        loss = criterion(net(inputs), labels)
"""


@pytest.mark.parametrize(
    "flat", ["torch.flatten(x, 1)", "x.view(-1, 16 * 5 * 5)", "x.view(x.size(0), -1)", "x.reshape(x.shape[0], -1)"]
)
def test_the_tutorials_class_is_the_tutorials_network(flat: str) -> None:
    text = COURSE.replace("FLAT", flat)
    draft = parse_sequential(text)
    assert (draft.name, draft.input_shape) == ("net", (3, 32, 32))
    scope: dict[str, object] = {"device": "cpu", "trainloader": []}
    exec(text, scope)
    theirs, ours = scope["net"], Network(name="n", input_shape=(3, 32, 32), layers=draft.layers).module()
    assert isinstance(theirs, nn.Module)
    ours.load_state_dict(dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True)))
    x = torch.rand(2, 3, 32, 32)
    torch.testing.assert_close(ours(x), theirs(x))


RESNET = """
class Block(nn.Module):
    expansion = 1

    def __init__(self, cin, cout, stride=1, downsample=None):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout * self.expansion, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.downsample = downsample
        self.shortcut = nn.Sequential()
        if stride != 1 or cin != cout:
            self.shortcut = nn.Sequential(nn.Conv2d(cin, cout, 1, stride=stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            x = self.downsample(x)
        out += self.shortcut(x)
        return F.relu(out)


class ResNet(nn.Module):
    def __init__(self, block, numbers, classes=10):
        super().__init__()
        self.channels = 8
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.layer1 = self._layer(block, 8, numbers[0], 1)
        self.layer2 = self._layer(block, 16, numbers[1], 2)
        self.linear = nn.Linear(16 * block.expansion, classes)

    def _layer(self, block, channels, number, stride):
        layers = []
        for stride in [stride] + [1] * (number - 1):
            layers.append(block(self.channels, channels, stride))
            self.channels = channels
        return nn.Sequential(*layers)

    def forward(self, x):
        x = self.layer2(self.layer1(F.relu(self.conv1(x))))
        x = F.adaptive_avg_pool2d(x, 1)
        return self.linear(x.view(x.size(0), -1))


def small():
    return ResNet(Block, [2, 2])


net = small()
"""


def test_blocks_of_ones_own_are_residual_sums() -> None:
    draft = parse_sequential(RESNET)
    scope: dict[str, object] = {"nn": nn, "F": nn.functional, "torch": torch}
    exec(RESNET, scope)
    theirs = scope["net"]
    assert isinstance(theirs, nn.Module)
    network = Network(name="n", input_shape=draft.input_shape, layers=draft.layers)
    ours = network.module()
    assert sum(isinstance(layer, Residual) for layer in network.layers) == 4
    ours.load_state_dict(dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True)))
    x = torch.rand(2, 3, 32, 32)
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x))


@pytest.mark.parametrize(
    ("text", "layers"),
    [
        ("cfg = [8, 'M']\nlayers = []\nfor v in cfg:\n    if v == 'M':\n        layers += [nn.MaxPool2d(2)]\n    else:\n"
         "        layers += [nn.LazyConv2d(v, 3), nn.ReLU()]\nnet = nn.Sequential(*layers)",
         (Conv2d(out_channels=8, kernel_size=3), ReLU(), MaxPool2d(kernel_size=2))),
        ("net = nn.Sequential(*[nn.ReLU() for _ in range(3)])", (ReLU(),) * 3),
        ("    nn.ReLU(),\n    nn.Flatten(),\n", (ReLU(), Flatten())),
        ("nn.ReLU()", (ReLU(),)),
        ("    self.net = nn.Sequential(\n        nn.ReLU(),\n    )", (ReLU(),)),
        ("classes = 10\nnn.Sequential(nn.Linear(5, classes), nn.Identity(), nn.Softmax(dim=1))",
         (Linear(out_features=10), Softmax())),
        ("from torch.nn import Dropout as Drop\nnn.Sequential(Drop(0.3))", (Dropout(p=0.3),)),
        ("net = nn.Sequential(nn.ReLU())\nnet[0] = nn.Flatten()\nnet.append(nn.ReLU())", (Flatten(), ReLU())),
        ("%matplotlib inline\n!pip install torch\nnn.Sequential(nn.LocalResponseNorm(5))", (LocalResponseNorm(size=5),)),
        ("In [1]: from torch import nn\n   ...: net = nn.Sequential(\n   ...:     nn.ReLU())\n\n"
         "In [2]: net\nOut[2]: \nSequential(\n  (0): ReLU()\n)",
         (ReLU(),)),
        (">>> net\nSequential(\n  (0): ReLU()\n)", (ReLU(),)),
        ("Out[3]: Sequential(\n  (0): Sequential(\n    (0): ReLU()\n  )\n  (1): Flatten(start_dim=1, end_dim=-1)\n)",
         (ReLU(), Flatten())),
        ("~~~\nnn.Sequential(nn.ReLU())", (ReLU(),)),
        ("x = 'a \\d \\' \"\"\"'\ny = f'{x!r:>{10}}' f'{{}}'\nnn.Sequential(nn.ReLU())", (ReLU(),)),
        ("model = nn.Sequential(nn.ReLU())\nmodel = nn.Sequential(model, nn.Flatten())\nmodel = torch.compile(model)",
         (ReLU(), Flatten())),
    ],
)  # fmt: skip
def test_other_ways_to_write_it(text: str, layers: tuple[object, ...]) -> None:
    assert parse_sequential(text).layers == layers


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("while True:\n    net.append(nn.Flatten())", "only nn.Sequential(…) and what makes it are read, not while True:"),
        ("net.append(make())", "make is no layer"),
        ("for one in others:\n    net.append(one)", "not others"),
        ("if torch.cuda.is_available():\n    net.append(nn.Flatten())", "not torch.cuda.is_available()"),
        ("net += others", "not others"),
        ("net[0] = make().layer", "only"),
    ],
)  # fmt: skip
def test_a_statement_that_may_change_the_network_and_is_not_understood_is_never_passed_over(
    statement: str, sentence: str
) -> None:
    with pytest.raises(ParseError) as refusal:
        parse_sequential(f"net = nn.Sequential(nn.ReLU())\n{statement}")
    assert sentence in str(refusal.value)
    assert refusal.value.line in (2, 3)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("return self.a(x) * 2", "not self.a(x) * 2"),
        ("return torch.sort(x)", "sort is no layer"),
        ("return x.view(2, 3, 4)", "only a view as one row of features is read"),
        ("return x, x", "returns no tensor"),
        ("self.a(x)\n        return x", "what this gives is not used"),
        ("return self.b(x)", "not self.b"),
        ("return self.d(x)", "not make().b"),
        ("return torch.cat([x, x], 0)", "only channel after channel is read"),
        ("return self.c(self.c(x))", "is used again: two layers of this app cannot share their weights"),
        ("return self.forward(x)", "calls itself too often"),
        ("return torch.flatten(x)", "flatten needs start_dim"),
    ],
)
def test_a_forward_that_is_no_row_of_layers_is_refused(line: str, sentence: str) -> None:
    text = (
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.a = nn.ReLU()\n"
        f"        self.c = nn.Conv2d(3, 3, 1)\n        self.d = make().b\n    def forward(self, x):\n        {line}\n"
    )
    with pytest.raises(ParseError) as refusal:
        parse_sequential(text)
    assert sentence in str(refusal.value).replace("Flatten needs", "flatten needs")


UNKNOWN = {
    "nn.Hardswish()": "SiLU",
    "nn.Conv2D(3, 16, 3)": "Conv2d",
    "nn.Conv3d(3, 16, 3)": "Conv2d",
    "nn.conv2d(3, 16, 3)": "Conv2d",
    "nn.Relu()": "ReLU",
    "nn.ELU(0.5)": "LeakyReLU",
    "nn.ReLU6(inplace=True)": "ReLU",
    "nn.BatchNorm1d(3)": "BatchNorm2d",
    "nn.GroupNorm(1, 3)": "BatchNorm2d",
    "nn.MaxPooling2D(2)": "MaxPool2d",
    "nn.Dropout2d(0.1)": "Dropout",
    "nn.LogSoftmax(dim=1)": "Softmax",
}


@pytest.mark.parametrize(("call", "nearest"), UNKNOWN.items())
def test_an_unknown_layer_names_the_nearest_and_the_rest_is_kept(call: str, nearest: str) -> None:
    text = f"nn.Sequential(\n    nn.ReLU(),\n    {call},\n    nn.Sigmoid(),\n)"
    pasted = read_pasted(text)
    [fault] = pasted.faults
    assert fault.sentence == f"line 3: {call.partition('(')[0]} is no layer that cnnviz knows: the nearest is {nearest}"
    assert fault.line == 3
    assert [layer.kind for layer in pasted.draft.layers] == ["ReLU", "Sigmoid"]
    [offer] = fault.offers
    mended = read_pasted(offer.text, offer.size)
    assert not mended.faults
    assert [layer.kind for layer in mended.draft.layers] == ["ReLU", nearest, "Sigmoid"]
    with pytest.raises(ParseError, match=f"the nearest is {nearest}"):
        parse_sequential(text)


def test_a_linear_layer_that_does_not_fit_is_named_and_mended() -> None:
    text = f"nn.Sequential({SMALL_IMAGES}\n    nn.Linear(1001, 10), nn.ReLU())"
    [fault] = read_pasted(text).faults
    assert fault.sentence == (
        "Linear on line 2 reads 1001 features, but gets 4096 (16×16×16) from images of 32×32: layer 5, nn.Linear(1001, 10)"
    )
    [offer] = fault.offers
    assert offer.label == "Make it read 4096 features"
    assert parse_sequential(offer.text).input_shape == (3, 32, 32)
    assert "nn.Linear(4096, 10)" in offer.text


def test_of_another_image_size_the_one_that_fits_is_offered() -> None:
    text = f"nn.Sequential({SMALL_IMAGES}nn.Linear(90000, 10))"
    [fault] = read_pasted(text, 100).faults
    assert [offer.label for offer in fault.offers] == ["Take images of 150×150", "Make it read 40000 features"]
    for offer in fault.offers:
        mended = read_pasted(offer.text, offer.size)
        assert not mended.faults
    assert read_pasted(fault.offers[0].text, fault.offers[0].size).draft.input_shape == (3, 150, 150)


def test_every_offer_for_random_wrong_numbers_mends() -> None:
    rng = random.Random(SEED + 2)
    offered = 0
    for _ in range(cases(1_000)):
        network = random_network(rng)
        if not any(isinstance(layer, Conv2d) for layer in network.layers):
            continue  # more features are then more channels of the images, of which the text says nothing
        text = spelling(rng, network)
        old = [n for row in table(network) if row.kind == "Linear" for n in row.input_shape or ()]
        wrong = text.replace(f"Linear({old[0]},", f"Linear({old[0] + 1},")
        pasted = read_pasted(wrong, network.input_shape[1:])
        assert bool(pasted.faults) == (wrong != text)
        for fault in pasted.faults:
            assert fault.offers
            for offer in fault.offers:
                offered += 1
                assert len(read_pasted(offer.text, offer.size).faults) < len(pasted.faults)
    assert offered > 5


MADE = {
    "by name": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = self._make(3, 8, stride=2)
    def _make(self, i, o, stride=1):
        return nn.Sequential(nn.Conv2d(i, o, 3, stride=stride), nn.ReLU())
    def forward(self, x):
        return self.l(x)
net = Net()""",
    "all by name": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = self._make(o=8, i=3, stride=2)
    def _make(self, i, o, *, stride):
        return nn.Conv2d(i, o, 3, stride=stride)
    def block(self, x, act=True):
        x = self.l(x)
        return F.relu(x) if act else x
    def forward(self, x):
        return self.block(x, act=False)
net = Net()""",
    "a tensor by name": """
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 3, 1)
    def forward(self, x, y):
        return torch.add(self.c(x), y)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.b = Block()
    def forward(self, x):
        return self.b(F.relu(x), y=x)
net = Net()""",
    "a dictionary of arguments": """
class Block(nn.Module):
    def __init__(self, i, o=4, **kwargs):
        super().__init__()
        self.c = nn.Conv2d(i, o, bias=False, **kwargs)
        self.bn = nn.BatchNorm2d(o, eps=0.001)
    def forward(self, x):
        return F.relu(self.bn(self.c(x)), inplace=True)
more = {'kernel_size': 3, 'padding': (1, 1)}
net = nn.Sequential(Block(3, **dict(o=5, **more, stride=2)), Block(5, kernel_size=1))""",
    "formatted keys": """
from collections import OrderedDict
net = nn.Sequential(OrderedDict([(f'conv{i}', nn.Conv2d(3, 3, 3)) for i in range(3)]))""",
    "formatted keys again": """
from collections import OrderedDict
layers = OrderedDict()
for block in range(2):
    for i in range(3):
        layers[f'c{i}'] = nn.Conv2d(3, 3, block + 1)
        layers[f"r{i}{block}"] = nn.LeakyReLU()
net = nn.Sequential(layers)""",
    "formatted keys that are computed": """
net = nn.Sequential()
for i in range(3):
    net.add_module(f'conv{i + 1}', nn.Conv2d(3, 3, 3))""",
    "a dictionary that changes": """
from collections import OrderedDict
d = OrderedDict()
d['conv'] = nn.Conv2d(3, 4, 3)
d['relu'] = nn.ReLU()
d['relu'] = nn.Sigmoid()
d.update({'pool': nn.MaxPool2d(2)}, gone=nn.Tanh())
d.pop('gone')
del d['pool']
net = nn.Sequential(d)""",
    "deleted": "net = nn.Sequential(nn.Conv2d(3, 3, 1), nn.Sigmoid(), nn.ReLU())\ndel net[1]",
    "popped": "net = nn.Sequential(nn.Conv2d(3, 3, 1), nn.Sigmoid(), nn.ReLU())\nnet.pop(1)",
    "lists": """
layers = [nn.Conv2d(3, 3, 1), nn.Sigmoid(), nn.Conv2d(3, 4, 1)]
last = layers.pop()
layers.reverse()
net = nn.Sequential(*layers, last, *layers[:0])
layers.clear()""",
    "setattr": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        setattr(self, 'a', nn.Sigmoid())
        for i in range(2):
            setattr(self, f'c{i}', nn.Conv2d(3, 3, i + 1))
    def forward(self, x):
        return self.c1(self.c0(self.a(x)))
net = Net()""",
    "deeper attributes": """
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 3, 1)
        self.act = nn.ReLU()
    def forward(self, x):
        return self.act(self.c(x))
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = Block()
        self.b = Block()
        self.b.act = nn.Sigmoid()
    def forward(self, x):
        return self.b(self.a(x))
net = Net()
net.a.act = nn.Identity()
net.a.c.weight.requires_grad = False""",
    "inherited": """
class A(nn.Module):
    width = 4
    def __init__(self, k, act=nn.ReLU):
        super().__init__()
        self.c = nn.Conv2d(3, self.width, k)
        self.act = act()
    def forward(self, x):
        return self.act(self.c(x))
class B(A):
    width = 5
    def __init__(self):
        super(B, self).__init__(3, act=nn.Tanh)
        self.d = nn.Conv2d(5, 2, 1)
    def forward(self, x):
        return self.d(super().forward(x))
net = B()""",
    "inherited as it is": """
class A(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 4, 2)
    def head(self, x):
        return F.relu(x)
    def forward(self, x):
        return self.head(self.c(x))
class B(A):
    def head(self, x):
        return F.max_pool2d(x, 2)
net = B()""",
    "counted from one": """
net = nn.Sequential(*[nn.Conv2d(3, 3, k) for k, _ in enumerate('ab'.split() if False else [0, 0], start=1)],
    *[nn.Conv2d(3, 3, k) for k, _ in enumerate([0, 0], 2)])""",
    "names around": """
width = 7
k = 3
def make(width):
    def one(i, k=k):
        return nn.Conv2d(i, width, k)
    return nn.Sequential(one(3), nn.ReLU(), one(width))
k = 1
net = make(4)""",
    "dropout that is off": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 3, 1)
    def forward(self, x):
        x = F.dropout(self.c(x), 0.5, training=False)
        return F.dropout(x, 0.5, self.training)
net = Net()""",
    "in place": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.r = nn.ReLU(inplace=True)
        self.c = nn.Conv2d(3, 3, 1)
    def forward(self, x):
        x = x - x if False else x
        y = self.c(self.r(x))
        return y + x
net = Net()""",
    "in place at first": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.s = nn.Sequential(nn.ReLU(inplace=True), nn.Conv2d(3, 3, 1))
    def forward(self, x):
        return torch.cat([x, self.s(x)], 1)
net = Net()""",
    "a copy before it": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.s = nn.Sequential(nn.ReLU(inplace=True), nn.Conv2d(3, 3, 1))
    def forward(self, x):
        y = x.clone()
        return y.add(self.s(x))
net = Net()""",
    "added in place": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 3, 1)
        self.d = nn.Conv2d(3, 3, 1)
    def forward(self, x):
        y = self.c(x)
        z = y
        y += x
        return self.d(z)
net = Net()""",
    "a name twice": """
net = nn.Sequential()
net.add_module('c', nn.Conv2d(3, 3, 1))
net.add_module('a', nn.ReLU())
net.add_module('a', nn.Sigmoid())
net.add_module('d', nn.Conv2d(3, 3, 1))""",
    "features counted": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 4, 1)
        self.l = nn.Linear(4 * 8 * 8, 10)
    def forward(self, x):
        x = self.c(x)
        x = x.view(-1, self.num_flat_features(x))
        return self.l(x)
    def num_flat_features(self, x):
        size = x.size()[1:]
        num_features = 1
        for s in size:
            num_features *= s
        return num_features
net = Net()""",
    "sizes by name": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = nn.Linear(3 * 8 * 8, 10)
        self.m = nn.Linear(10, 3)
    def forward(self, x):
        b, c, h, w = x.shape
        x = self.l(x.view(b, c * h * w))
        return self.m(x.reshape(b, -1))
net = Net()""",
    "slices": """
sizes = [3, 4, 5, 6]
layers = [nn.Conv2d(i, o, 1) for i, o in zip(sizes[:-1], sizes[1:])]
net = nn.Sequential(*(each for each in layers[:-1]), nn.Conv2d(5, int(8 * 0.5), 1))""",
    "loops that end": """
try:
    act = nn.SiLU
except AttributeError:
    act = nn.ReLU
layers = []
for k in range(1, 9):
    if k == 2:
        continue
    if k == 4:
        break
    layers.append(nn.Conv2d(3, 3, k, device='cpu', dtype=torch.float32))
net = nn.Sequential(*layers, act())""",
    "attributes by their names": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        for i in range(2):
            setattr(self, f'c{i}', nn.Conv2d(3, 3, i + 1))
        self.act = F.relu
    def forward(self, x):
        for i in range(2):
            x = self.act(getattr(self, f'c{i}')(x))
        return x
net = Net()""",
    "a class that is changed": """
class Block(nn.Module):
    width = 4
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, self.width, 1)
    def forward(self, x):
        return self.c(x)
Block.width = 5
net = Block()
def rectified(x):
    return F.relu(net.c(x))
net.forward = rectified""",
    "static": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = self.block(3, 4)
        self.b = Net.block(4, o=5)
    @staticmethod
    def block(i, o):
        return nn.Sequential(nn.Conv2d(i, o, 1), nn.ReLU())
    def forward(self, x):
        return self.b(self.a(x))
net = Net()""",
    "a class that is not used": """
class A(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 4, 1)
    def forward(self, x):
        return self.c(x)
class B(nn.Module):
    def forward(self, x):
        return F.relu(x)
net = A()""",
}  # fmt: skip


@pytest.mark.parametrize("text", MADE.values(), ids=MADE)
def test_a_text_is_the_network_that_torch_makes_of_it(text: str) -> None:
    scope: dict[str, object] = {"torch": torch, "nn": nn, "F": nn.functional}
    exec(text, scope)
    theirs = scope["net"]
    assert isinstance(theirs, nn.Module)
    layers = parse_sequential(text, 8).layers
    ours = Network(name="n", input_shape=(3, 8, 8), layers=layers).module()
    shapes = [each.shape for each in theirs.state_dict().values()]
    assert [each.shape for each in ours.state_dict().values()] == shapes
    ours.load_state_dict(dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True)))
    x = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(SEED))
    with torch.inference_mode():
        torch.testing.assert_close(ours.eval()(x.clone()), theirs.eval()(x.clone()))


HEAD = """class A(nn.Module):
    def __init__(self, i=3, s=1):
        super().__init__()
        self.c = nn.Conv2d(i, 3, 1, s)
        self.act = nn.ReLU()
    def forward(self, x):
        return self.act(self.c(x))
"""
REFUSED = {
    HEAD + "net = A(3, 1, 2)": "__init__ takes at most 3 arguments, not 4",
    HEAD + "net = A(3, stride=2)": "__init__ has no argument stride",
    HEAD + "net = A(3, i=2)": "__init__ gets i twice",
    HEAD + "net = A(**others)": "not others",
    HEAD + "class B(A, Mixin):\n    pass\nclass C(Strange):\n    def forward(self, x):\n        return x\nnet = C()":
        "C is not read: only a class that inherits from nn.Module alone is",
    HEAD + "class B(Strange):\n    def forward(self, x):\n        return A()(x)\n": "B is not read",
    HEAD + "net = A()\nnet.c.stride = (2, 2)": "net.c.stride is not read",
    HEAD + "net = A()\nnet.act = make()": "make is no layer",
    HEAD + "net = A()\nfor name, child in net.named_children():\n    setattr(net, name, nn.Tanh())": "not",
    HEAD + "net = A()\nnet.add_module(*pair)": "not pair",
    HEAD + "net = A()\nnet = nn.Sequential(*list(net.children())[:-1])": "list(net.children())[:-1]",
    HEAD + "class B(nn.Module):\n    def forward(self, x):\n        return F.relu(x)\nnet = A()\nnet = strange(net)[0]":
        "strange",
    HEAD + "net = A()\nnet.forward = strange().forward": "strange",
    HEAD + "    def __call__(self, x):\n        return x\nnet = A()": "the forward of A is not read",
    HEAD + "A.forward = strange().forward\nnet = A()": "forward",
    HEAD + "net = A()\nfor m in net.modules():\n    if isinstance(m, nn.Conv2d):\n        m.stride = 2": "not net.modules",
    "net = nn.Sequential(nn.ReLU())\nbreak\nnet.append(nn.Tanh())": "this stands in no loop",
    "net = nn.Sequential(nn.ReLU())\ndel net[:1]": "net[:1] is not read",
    "a = [nn.ReLU()]\na.sort(key=f)\nnet = nn.Sequential(*a)": "not a.sort(key=f)",
    "a = [nn.ReLU()]\nshuffle(a)\nnet = nn.Sequential(*a)": "not shuffle(a)",
    "d = {'a': nn.ReLU()}\nd.setdefault('b', nn.Tanh())\nnet = nn.Sequential(d)": "not d.setdefault",
    "d = OrderedDict()\nd[name()] = nn.Tanh()\nd['x'] = nn.ReLU()\nnet = nn.Sequential(d)": "name",
    "def add(to):\n    to.append(nn.ReLU())\n    strange()[0]\n    to.append(nn.Tanh())\na = []\nadd(a)\nnet = nn.Sequential(*a)":
        "strange",
    "net = nn.Sequential(nn.Conv2d(3, 3, 1), nn.Softmax(dim=-1))": "is over the last axis of maps",
    "from mylib import Conv2d\nnet = nn.Sequential(Conv2d(3, 3, 1))": "mylib.Conv2d is not read, only what torch.nn has",
    "net = nn.Sequential()\nnet.add_module('0', nn.ReLU())": "not net.add_module",
    "x = 'a'\nif f'{x.y}' == 'a':\n    net = nn.Sequential(nn.ReLU())\nnet.append(nn.Tanh())": "not",
    "net = nn.Sequential(*[nn.ReLU() for i, _ in enumerate([1], begin=2)])": "only layers are read here, not *",
}  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), REFUSED.items(), ids=range(len(REFUSED)))
def test_what_may_mean_another_network_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ParseError) as refusal:
        parse_sequential(text, 8)
    assert sentence in str(refusal.value)


def test_a_softmax_over_the_last_axis_of_features_is_one_over_channels() -> None:
    assert parse_sequential("nn.Sequential(nn.Flatten(), nn.Softmax(dim=-1))").layers == (Flatten(), Softmax())


@pytest.mark.parametrize(
    "statement",
    [
        "for p in net.parameters():\n    p.requires_grad = False",
        "for m in net.modules():\n    nn.init.kaiming_normal_(m.weight)",
        "optimizer = torch.optim.SGD(net.parameters(), lr=0.1)\noptimizer.zero_grad()",
        "net.load_state_dict(torch.load('a.pt'))",
        "train(net, loader)",
        "class Images(Dataset):\n    size = 3\n    def __len__(self):\n        return 1\nimages = Images()",
        "def train(model, data):\n    model.train()\n    for x in data:\n        loss = model(x)\n        loss.backward()\n"
        "train(net, loader)",
        "print(net, sum(p.numel() for p in net.parameters()))",
    ],
)  # fmt: skip
def test_what_changes_no_layer_is_passed_over(statement: str) -> None:
    assert parse_sequential(f"net = nn.Sequential(nn.Linear(5, 2), nn.ReLU())\n{statement}").layers == (
        Linear(out_features=2),
        ReLU(),
    )


@pytest.mark.parametrize("times", [2, 150])
def test_what_torch_prints_once_for_equal_modules_is_as_many(times: int) -> None:
    modules = nn.ModuleList(nn.Sequential(nn.Linear(3, 3), nn.ReLU()) for _ in range(times))
    pasted = read_pasted(repr(modules), has_offers=False)
    assert pasted.draft.layers == (Linear(out_features=3), ReLU()) * times
    flat = nn.ModuleList(nn.ReLU() for _ in range(times))
    assert read_pasted(repr(flat), has_offers=False).draft.layers == (ReLU(),) * times


def test_a_text_with_the_last_of_two_fences_is_read() -> None:
    assert parse_sequential("nn.Sequential(nn.ReLU())\n```\n").layers == (ReLU(),)


FORWARD = """class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.r = nn.ReLU()
        self.a = a
    def forward(self, x):
"""


@pytest.mark.parametrize(
    "text",
    [
        "a = [nn.ReLU()]\n" + "a = a + a\n" * 60 + "nn.Sequential(*a)",
        "a = nn.Sequential(nn.ReLU())\n" + "a = nn.Sequential(a, a)\n" * 60,
        "a = 10**9\n" + "a = a * a\n" * 60 + "nn.Sequential(nn.Linear(a, 1))",
        "a = [1] * 10**9\nnn.Sequential(nn.ReLU())\nfor i in range(10**9):\n    a.append(i)",
        "for i in range(2000):\n    for j in range(2000):\n        x = i\nnn.Sequential(nn.ReLU())",
        "def f():\n    return f()\nnn.Sequential(f())",
        "def f(n):\n    return nn.Sequential(f(n), f(n))\nnn.Sequential(f(1))",
        "class A(nn.Module):\n    def __init__(self):\n        self.a = A()\n    def forward(self, x):\n        return self.a(x)",
        "class A(nn.Module):\n    def forward(self, x):\n        for i in range(2000):\n            x = x + x\n        return x",
        "nn.Sequential(nn.Conv2d(1, 2, " + "(" * 39 + "3" + ")" * 39 + "))",
        "\n".join(" " * at + "if x:" for at in range(99)) + "\n" + " " * 99 + "x = " + "(" * 39 + ")" * 39,
        "if x:\n  pass\n" + "elif x:\n  pass\n" * 90,
        "@a\n" * 40_000 + "def f(): pass",
        "x = 1\n" * 33_000,
        "a = b = " * 90 + "nn.Sequential(nn.ReLU())",
        "(0): " * 40_000,
        "Sequential(\n  (0): ReLU()\n" * 12_000,
        "Sequential(\n  (0-99999999): 100000000 x ReLU()\n)",
        "a = [nn.ReLU()]\nfor i in range(60):\n    a = [a, a]\n" + FORWARD + "        return x",
        FORWARD + "        y = x\n        for i in range(200):\n            y = self.r(y) + x\n        return y",
        FORWARD + "        for i in range(1500):\n            x = x + self.r(x)\n        return x",
        FORWARD + "        for i in range(14):\n            x = torch.cat([x, x, self.r(x)], 1) + x\n        return x",
        "".join(f"a{i} = 1\n" for i in range(12_000)) + "b = [[i for i in range(250)] for j in range(250)]\nnn.ReLU()",
        "nn.Sequential(" + "nn.ReLU()," * 18_000 + ")",
        "nn.Sequential(" + "nn.Conv2d(3, 3, 3, padding=1), nn.ReLU()," * 900 + "nn.Flatten(), nn.Linear(1001, 10))",
        "def f(a):\n    f(a)\n    f(a)\n    a[g()] = 1\nf([1])\nnn.Sequential(nn.ReLU())",
        "{" * 100_000,
        '{"layers": ' + "[" * 100_000,
        "'''" + "\\" * 150_000,
        "f'" + "{" * 150_000 + "'",
    ],
    ids=range(30),
)
def test_hostile_text_is_read_or_refused_soon(text: str) -> None:
    start, refusal = time.process_time(), None
    try:
        read_pasted(text)
    except ParseError as error:
        refusal = error
    assert refusal is None or 0 < len(str(refusal)) < 400
    assert time.process_time() - start < 8
