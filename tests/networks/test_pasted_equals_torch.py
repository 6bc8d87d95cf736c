"""A pasted program is the network that torch makes of it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnnviz.networks import Network, parse_sequential
from tests.scale import SEED

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
