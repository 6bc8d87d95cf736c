"""A program that may mean another network than the one read is refused."""

from __future__ import annotations

import pytest

from cnnviz.networks import ParseError, architecture, keras_source, parse_sequential


@pytest.mark.parametrize("key", ["lenet5", "vgg16", "resnet18_cifar"])
def test_keras_text_is_refused_by_its_name(key: str) -> None:
    with pytest.raises(ParseError, match="this is Keras text, which is not read: paste PyTorch's, or JSON"):
        parse_sequential(keras_source(architecture(key)))


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
