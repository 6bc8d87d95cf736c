"""How torch.nn's layers are called: their arguments in order, and those that change nothing where they are as here."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

Value: TypeAlias = int | float | bool | str | tuple[int | None, ...] | None


class _Signature(NamedTuple):
    """The arguments of a torch.nn layer in torch's order."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    by_name_only: tuple[str, ...]

    @property
    def positional(self) -> tuple[str, ...]:
        return self.required + self.optional


def _signature(required: str = "", optional: str = "", by_name_only: str = "") -> _Signature:
    return _Signature(tuple(required.split()), tuple(optional.split()), tuple(by_name_only.split()))


SIGNATURES = {
    "Conv2d": _signature(
        "in_channels out_channels kernel_size", "stride padding dilation groups bias padding_mode device dtype"
    ),
    "ConvTranspose2d": _signature(
        "in_channels out_channels kernel_size",
        "stride padding output_padding groups bias dilation padding_mode device dtype",
    ),
    "MaxPool2d": _signature("kernel_size", "stride padding dilation return_indices ceil_mode"),
    "AvgPool2d": _signature("kernel_size", "stride padding ceil_mode count_include_pad divisor_override"),
    "AdaptiveMaxPool2d": _signature("output_size", "return_indices"),
    "AdaptiveAvgPool2d": _signature("output_size"),
    "Flatten": _signature("", "start_dim end_dim"),
    "Linear": _signature("in_features out_features", "bias device dtype"),
    "ReLU": _signature("", "inplace"),
    "LeakyReLU": _signature("", "negative_slope inplace"),
    "Sigmoid": _signature(),
    "Tanh": _signature(),
    "GELU": _signature("", "approximate"),
    "SiLU": _signature("", "inplace"),
    "Softmax": _signature("", "dim"),
    "BatchNorm2d": _signature("num_features", "eps momentum affine track_running_stats device dtype", "bias"),
    "LocalResponseNorm": _signature("size", "alpha beta k"),
    "Dropout": _signature("", "p inplace"),
}

INPUTS = {"in_channels": "channels", "num_features": "channels", "in_features": "features"}
"""Arguments that say what a layer reads, which ours infer, and of what they are the number."""
HARMLESS: dict[str, tuple[Value, ...]] = {
    "inplace": (False, True),
    "device": (None,),
    "dtype": (None,),
    "return_indices": (False,),
    "affine": (True,),
    "track_running_stats": (True,),
    "start_dim": (1,),
    "end_dim": (-1,),
    "dim": (None, 1, -1),
    "approximate": ("none",),
    "padding_mode": ("zeros",),
    "bias": (True,),
}
"""Arguments that our layers may lack, with the values at which they change nothing."""
FLAGS = {"bias", "ceil_mode", "count_include_pad", "inplace", "return_indices", "affine", "track_running_stats"}
WORDS = {"padding", "padding_mode", "approximate", "device", "dtype"}
