"""Text made to cost much is read or refused soon."""

from __future__ import annotations

import pytest

from cnnviz.networks import ParseError
from cnnviz.networks.parse import read_pasted
from tests.work import at_most

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
    refusal = None
    try:
        with at_most(20_000_000):
            read_pasted(text)
    except ParseError as error:
        refusal = error
    assert refusal is None or 0 < len(str(refusal)) < 400
