"""Texts of a Sequential, and a reading of them that may execute nothing."""

import builtins
import os
import subprocess

import pytest

from cnnviz.networks import parse

EXECUTES = [(builtins, "eval"), (builtins, "exec"), (os, "system"), (os, "popen"), (subprocess, "Popen")]
PARSES_ONLY = 0x400  # ast.PyCF_ONLY_AST


def parse_sequential(text, size=None):
    """cnnviz's, while whatever could execute a text fails."""

    def refused(*arguments, **_):
        raise AssertionError(f"executed: {arguments}")

    def compiled(source, filename, mode, flags=0, *rest, true_compile=compile, **more):
        return true_compile(source, filename, mode, flags, *rest, **more) if flags & PARSES_ONLY else refused(source)

    with pytest.MonkeyPatch.context() as patched:
        for module, name in EXECUTES:
            patched.setattr(module, name, refused)
        patched.setattr(builtins, "compile", compiled)
        return parse.parse_sequential(text, size)


LENET = """
import torch
from torch import nn
import torch.nn as nn

# for MNIST
model = nn.Sequential(
    nn.Conv2d(1, 6, kernel_size=5, padding=2),  # 28×28
    nn.ReLU(inplace=True),
    nn.MaxPool2d(2),
    nn.Conv2d(6, 16, (5, 5), bias=False),
    nn.BatchNorm2d(16),
    nn.LeakyReLU(-0.1),
    nn.MaxPool2d(kernel_size=2, stride=[2, 2]),
    torch.nn.Sequential(
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.Sequential(),
        nn.Dropout(p=1e-1),
    ),
    nn.Linear(in_features=120, out_features=10, bias=True),
    nn.Softmax(dim=1),
)
"""
EVERY_KIND = """nn.Sequential(
    nn.Conv2d(3, 8, 5, 2, 1, 2, 1, False, "reflect", None, None),
    nn.GELU(approximate="none"),
    nn.Conv2d(8, 8, kernel_size=3, padding='same', groups=2, dilation=(1, 2)),
    nn.ConvTranspose2d(8, 4, 3, 2, 1, 1, 2, False, 2, 'zeros'),
    nn.SiLU(True),
    nn.MaxPool2d(3, None, 1, 1, False, True),
    nn.LocalResponseNorm(5, 1e-4, 0.75, 2.),
    nn.AvgPool2d(2, 1, 0, False, False, None),
    nn.BatchNorm2d(4, 1e-3, 0.2, True, True),
    nn.Tanh(),
    nn.AdaptiveMaxPool2d((None, 7)),
    nn.Sigmoid(),
    nn.AdaptiveAvgPool2d(output_size=2),
    nn.Dropout(0.25, inplace=False),
    nn.Flatten(1, -1),
    nn.Linear(16, 5, False),
    nn.LeakyReLU(negative_slope=0.2, inplace=True),
    nn.Softmax(-1),
)"""
