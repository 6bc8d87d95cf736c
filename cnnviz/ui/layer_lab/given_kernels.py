"""Advice where the kernels are given: learned ones have the size that they have."""

from __future__ import annotations

import re

from cnnviz.layers import Conv2d, ConvTranspose2d, Shape, ShapeError


def with_given_kernels(error: ShapeError, layer: Conv2d | ConvTranspose2d, input_shape: Shape) -> ShapeError:
    """The same without "take a smaller kernel", and with the dilation that fits, where one does."""
    fault, colon, advice = str(error).rpartition(": ")
    if "kernel" not in advice:
        return error
    ways = [way for way in re.split(r",? or (?=take |add |stride |mode )", advice) if "kernel" not in way]
    for dilation in range(max(layer.dilations) - 1, 0, -1):
        if layer.but(dilation=dilation).fits(input_shape):
            ways = [way for way in ways if "dilation" not in way] + [f"take dilation {dilation}"]
            break
    return ShapeError(f"{fault}{colon}{' or '.join(ways) or 'choose a larger input'}")
