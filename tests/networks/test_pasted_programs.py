"""Classes, blocks and statements as people write them are read as layers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnnviz.layers import Conv2d, Dropout, Flatten, Linear, LocalResponseNorm, MaxPool2d, ReLU, Residual, Softmax
from cnnviz.networks import Network, parse_sequential

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
