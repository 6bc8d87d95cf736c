"""Slices, repetitions, copies and changes of modules: read as torch makes them, or refused with their line."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from cnnviz.networks import Network, ParseError, parse_sequential
from tests.scale import SEED

BASE = "base = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.ReLU(), nn.Tanh())\n"
NET = BASE.replace("base", "net")
CLASS = """class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 3, 3, padding=1)
        self.b = nn.Conv2d(3, 3, 1)
        self.r = nn.ReLU()
    def forward(self, x):
        LINES
net = Net()
"""


def in_forward(lines: str) -> str:
    return CLASS.replace("LINES", lines.replace("\n", "\n        "))


READ = [
    *(
        BASE + f"net = {value}"
        for value in (
            *("base[:2]", "base[0:2]", "base[:-1]", "base[1:]", "base[::2]", "base[0]", "(base)[:2]", "base[-1]"),
            *("base.eval()[:2]", "nn.Sequential(base[0], base[2])", "nn.Sequential(*base[:2])", "base[1:] * 2", "2 * base[1:]"),
            *("nn.Sequential(*base, nn.ReLU())", "nn.Sequential(*list(base)[:2])", "nn.ModuleList(base)[0]"),
            *("base if False else base[:1]", "nn.Sequential(*base)[:2]", "nn.Sequential(base[:2], nn.Sigmoid())"),
            *("base + nn.Sequential(nn.Sigmoid())", "[base, base[:1]][1]", "{'a': base[:1]}['a']", "base[:1] + base[2:]"),
            *("nn.Sequential(*list(base.children())[:-1])", "nn.Sequential(base, nn.Sigmoid())[0][:1]"),
            "nn.Sequential(*[each for each in base.children()])",
        )
    ),
    BASE + "net, other = base[:2], base",
    BASE + "net = copy.deepcopy(base)\nnet[1] = nn.Sigmoid()",
    BASE + "net = nn.Sequential(base, copy.deepcopy(base))",
    NET + "net = net[:2]",
    NET + "net += nn.Sequential(nn.Sigmoid())",
    BASE + "net = base[:2]\nnet.append(nn.Sigmoid())",
    BASE + "net = base[1:]\ndel net[0]\nnet.append(nn.Sigmoid())",
    "net = nn.Sequential(nn.Tanh(), nn.ReLU())\nnet *= 2",
    "net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(start_dim=1, end_dim=3))",
    "net = nn.Sequential()\nnet.add_module('a', nn.ReLU())\nnet[0] = nn.Tanh()\nnet.add_module('a', nn.Sigmoid())",
    "net = nn.Sequential()\nnet.add_module('a', nn.ReLU())\nnet.add_module('b', nn.Tanh())\nnet = net[1:]\n"
    "net.add_module('b', nn.Sigmoid())",
    NET + "net.extend(nn.Sequential(nn.Sigmoid()))",
    NET + "net.append(module=nn.Sigmoid())",
    NET + "net.insert(index=1, module=nn.Sigmoid())",
    NET + "net.add_module(name='x', module=nn.Sigmoid())",
    NET + "net.pop(key=1)",
    NET + "def g():\n    global net\n    net = nn.Sequential(net, nn.Sigmoid())\ng()",
    NET + "f = lambda m: m.append(nn.Sigmoid())\nf(net)",
    NET + "assert net.append(nn.Sigmoid()) is not None",
    NET + "x = not net.append(nn.Sigmoid())",
    NET + "x = net.append(nn.Sigmoid()) or 3",
    BASE + "for net in [base[:1]]:\n    pass",
    NET + "try:\n    net.append(nn.Sigmoid())\nexcept Exception:\n    pass",
    NET + "seen = []\ndef keep(m, i, o):\n    seen.append(o)\nnet[2].register_forward_hook(keep)",
    NET + "seen = {}\ndef keep(name):\n    def hook(m, i, o):\n        seen[name] = o.detach()\n    return hook\n"
    "for name, layer in net.named_children():\n    layer.register_forward_hook(keep(name))",
    "conv = lambda i, o: nn.Conv2d(i, o, 3, padding=1)\nnet = nn.Sequential(conv(3, 8), nn.ReLU(), conv(8, 4))",
    "cfg = [4, 5]\nnet = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU() if cfg == [4, 5] else nn.Tanh())",
    "act = nn.ReLU\nnet = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Tanh() if act == nn.ReLU else nn.Sigmoid())",
    *(
        in_forward(lines)
        for lines in (
            "x = self.a(x)\nx = x.relu_()\nreturn x",
            "return self.a(x).view(len(x), -1)",
            "return self.a(x).mean(dim=(2, 3))",
            "return self.a(x).mean([-2, -1], keepdim=True)",
            "return torch.mean(self.a(x), (2, 3), True)",
            "return torch.flatten(self.a(x), 1, 3)",
            "x = self.a(x)\nx.relu_()\nreturn x",
            "x = self.a(x)\nF.relu(x, inplace=True)\nreturn x",
            "x = self.a(x)\ny = x\nF.leaky_relu_(x, 0.3)\nreturn y",
            "x = self.a(x)\ns = x.relu_().shape\nreturn x",
            "x = self.a(x)\nassert x.relu_() is not None\nreturn x",
            "x = self.a(x)\nassert x.shape[1] == 3, x.shape\nreturn x",
            "y = self.a(x)\ny.add_(x)\nreturn y",
            "y = torch.relu_(self.a(x))\nreturn x + y",
            "x = self.a(x)\nif self.training:\n    x = F.dropout(x, 0.4)\nreturn x",
            "x = self.a(x)\nif self.training:\n    aux = self.b(x)\nreturn x",
            "return (lambda y: self.r(y))(self.a(x))",
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize("text", READ, ids=range(len(READ)))
def test_it_is_the_network_that_torch_makes(text: str) -> None:
    scope: dict[str, object] = {"torch": torch, "nn": nn, "F": nn.functional, "copy": copy}
    exec(text, scope)
    theirs = scope["net"]
    assert isinstance(theirs, nn.Module)
    theirs.eval()
    ours = Network(name="n", input_shape=(3, 8, 8), layers=parse_sequential(text, 8).layers).module().eval()
    x = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(SEED))
    used: list[nn.Module] = []
    hooks = [each.register_forward_hook(lambda module, *_: used.append(module)) for each in theirs.modules()]
    with torch.inference_mode():
        theirs(x.clone())
        for hook in hooks:
            hook.remove()
        leaves = [each for each in dict.fromkeys(used) if not list(each.children())]
        weights = sorted((w for leaf in leaves for w in leaf.state_dict().values()), key=lambda w: tuple(w.shape))
        names = sorted(ours.state_dict(), key=lambda name: tuple(ours.state_dict()[name].shape))
        ours.load_state_dict(dict(zip(names, weights, strict=True)))
        torch.testing.assert_close(ours(x.clone()), theirs(x.clone()))


REFUSED = {
    BASE + "net = base * 2": 1,  # with the same weights twice
    NET + "net._modules['1'] = nn.Sigmoid()": 2,
    NET + "net._modules.pop('2')": 2,
    NET + "net._modules.popitem()": 2,
    NET + "delattr(net, '2')": 2,
    NET + "del net._modules['2']": 2,
    NET + "net[2].register_forward_hook(lambda m, i, o: o * 2)": 2,
    NET + "net.register_forward_pre_hook(lambda m, a: (a[0] * 2,))": 2,
    NET + "for m in net.modules():\n    m.register_forward_hook(twice)": 3,
    NET + "def f(m):\n    m.padding = 0\nnet.apply(f)": 4,
    NET + "try:\n    import strange\nexcept ImportError:\n    net.append(nn.Sigmoid())": 5,
    NET + "nn.utils.spectral_norm(net[0])": 2,
    NET + "head = net[:2]": 1,
    BASE + "net = base[1:]\nnet.append(nn.Sigmoid())": 3,  # which replaces the Tanh
    BASE + "net = base[1:]\nnet += nn.Sequential(nn.Sigmoid())": 3,
    NET + "other = net\nother = other[:1]": 1,
    BASE + "net = strange(base)": 2,
    BASE + "net = base.get_submodule('0')": 2,
    BASE + "net = base[slice(0, 2)]": 2,
    BASE + "net = next(iter(base))": 2,
    BASE + "net = getattr(base, '0')": 2,
    BASE + "import math\nnet = base[: math.ceil(1.5)]": 3,
    BASE + "match 1:\n    case 1:\n        net = base[:1]": 2,
    BASE + "from copy import deepcopy as dc\nnet = dc(base)\nnet[0] = nn.Tanh()": 2,
    BASE + "net = base\nbase = base[:1]": 1,
    NET + "exec('net.append(nn.Tanh())')": 2,
    NET + "globals()['net'] = net[:1]": 2,
    NET + "vars(net)['_modules'].pop('2')": 2,
    NET + "nn.Sequential.append(net, nn.Sigmoid())": 2,
    NET + "net.append.__call__(nn.Sigmoid())": 2,
    NET + "add = net.append\nadd(nn.Sigmoid())": 2,
    NET + "list(map(net.append, [nn.Sigmoid()]))": 2,
    NET + "import functools\nfunctools.partial(net.append, nn.Sigmoid())()": 3,
    NET + "x = f'{net.append(nn.Sigmoid())}'": 2,
    NET + "print(f'{net.append(nn.Sigmoid())}')": 2,
    NET + "class Q:\n    net.append(nn.Sigmoid())": 2,
    NET + "def d(f):\n    net.append(nn.Sigmoid())\n    return f\n@d\ndef g(): pass": 5,
    NET + "net.apply(lambda m: m.append(nn.Sigmoid()) if isinstance(m, nn.Sequential) else None)": 2,
    NET + "net[1].forward = torch.tanh": 2,
    NET + "nn.ReLU.forward = lambda self, x: torch.tanh(x)": 2,
    "nn.ReLU = nn.Tanh\nnet = nn.Sequential(nn.ReLU())": 1,
    in_forward("x = self.a(x)\nif tuple(x.shape[1:]) == (3, 8, 8):\n    x = self.b(x)\nreturn x"): 9,
    in_forward("x = self.a(x)\ns = f'{x.relu_()}'\nreturn x"): 9,
    in_forward("x = self.a(x)\nl = [x]\ntorch._foreach_zero_(l)\nreturn x"): 10,
    in_forward("x = self.a(x)\nl = [x]\nprint(l[0].relu_().shape)\nreturn x"): 10,
    in_forward("x = self.a(x)\nself.q = x\nprint(self.q.relu_().shape)\nreturn x"): 10,
    BASE + "net = torch.quantization.convert(base)": 2,
    in_forward("return self.a(x) if x.shape[1] == 3 else x"): 8,
    in_forward("return self.a(x) if x.shape[1] in (3, 4) else x"): 8,
    in_forward("x = self.a(x)\nprint(x.relu_().shape)\nreturn x"): 9,
    in_forward("x = self.a(x)\ntorch.nn.init.zeros_(x)\nreturn x"): 9,
    in_forward("if self.training:\n    return self.b(x)\nreturn self.a(x)"): 8,
    in_forward("if not self.training:\n    x = self.b(x)\nreturn self.a(x)"): 8,
    in_forward("if self.training:\n    x = self.b(x)\nreturn self.a(x)"): 8,
    in_forward("x = self.a(x)\ny = x.flatten(1)\ny.relu_()\nreturn x"): 10,
    in_forward("x = self.a(x)\ny = x.flatten(1)\nx.relu_()\nreturn y"): 10,
    in_forward("return self.a(x).mean(dim=(1, 2))"): 8,
    in_forward("return self.a(x).mean(dim=(2, 3), dtype=torch.float64)"): 8,
    in_forward("x = self.a(x)\nx.exp_()\nreturn x"): 9,
}


@pytest.mark.parametrize(("text", "line"), REFUSED.items(), ids=range(len(REFUSED)))
def test_what_is_not_read_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(ParseError) as refusal:
        parse_sequential(text, 8)
    assert refusal.value.line == line


@pytest.mark.parametrize(
    "statement",
    [
        "first = net[0]",
        "print(net[0].weight.shape)",
        "best = copy.deepcopy(net.state_dict())",
        "net.apply(start)",
        "assert net",
        "first, second = net[0], net[1:2][0]",
        "net[0].weight.data[0] = 1",
        "torch.backends.cudnn.benchmark = True",
        "print(f'{net(x).shape} {len(net)}')",
        "total = sum(p.numel() for p in net.parameters())",
        "y = net(torch.rand(1, 3, 8, 8))",
        "optimizer = torch.optim.Adam(net.parameters())",
        "torch.save(net.state_dict(), 'net.pt')",
        "trainer = Trainer(net)",
        "losses = []\nfor x, y in loader:\n    loss = criterion(net(x), y)\n    loss.backward()\n    losses.append(loss.item())",
    ],
)
def test_a_look_at_a_part_leaves_the_network(statement: str) -> None:
    text = "def start(m):\n    if isinstance(m, nn.Conv2d):\n        nn.init.zeros_(m.bias)\n" + NET
    assert parse_sequential(text + statement).layers == parse_sequential(NET).layers
