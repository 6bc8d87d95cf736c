"""How torch.nn's layers are called: their arguments in order, and those that change nothing where they are as here."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import NamedTuple, TypeAlias

Value: TypeAlias = int | float | bool | str | tuple[int | None, ...] | None


class Signature(NamedTuple):
    """The arguments of a torch.nn layer in torch's order."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    by_name_only: tuple[str, ...]

    @property
    def positional(self) -> tuple[str, ...]:
        return self.required + self.optional


def _signature(required: str = "", optional: str = "", by_name_only: str = "") -> Signature:
    return Signature(tuple(required.split()), tuple(optional.split()), tuple(by_name_only.split()))


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
LAZY = {
    f"Lazy{kind}": Signature(SIGNATURES[kind].required[1:], *SIGNATURES[kind][1:])
    for kind in ("Conv2d", "ConvTranspose2d", "Linear", "BatchNorm2d")
}
"""Those that infer their inputs, as ours do."""
OWN = {
    "SqueezeExcitation": _signature("channels squeezed activation"),
    "Residual": _signature("body shortcut"),
    "DualPath": _signature("body shortcut added"),
    "Concat": _signature(),
    "PositionBias": _signature(),
}
"""The layers that torch.nn has not, as the app writes them."""
FUNCTIONS = {
    "relu": ("ReLU", _signature("", "inplace")),
    "leaky_relu": ("LeakyReLU", _signature("", "negative_slope inplace")),
    "sigmoid": ("Sigmoid", _signature()),
    "tanh": ("Tanh", _signature()),
    "gelu": ("GELU", _signature("", "approximate")),
    "silu": ("SiLU", _signature("", "inplace")),
    "softmax": ("Softmax", _signature("dim", "")),
    "max_pool2d": ("MaxPool2d", _signature("kernel_size", "stride padding dilation ceil_mode return_indices")),
    "avg_pool2d": (
        "AvgPool2d",
        _signature("kernel_size", "stride padding ceil_mode count_include_pad divisor_override"),
    ),
    "adaptive_avg_pool2d": ("AdaptiveAvgPool2d", _signature("output_size")),
    "adaptive_max_pool2d": ("AdaptiveMaxPool2d", _signature("output_size", "return_indices")),
    "local_response_norm": ("LocalResponseNorm", _signature("size", "alpha beta k")),
    "dropout": ("Dropout", _signature("", "p training inplace")),
    "flatten": ("Flatten", _signature("start_dim", "end_dim")),
}
"""torch.nn.functional's and torch's functions of a tensor, as layers; their arguments after the tensor."""

INPUTS = {"in_channels": "channels", "num_features": "channels", "in_features": "features"}
"""Arguments that say what a layer reads, which ours infer, and of what they are the number."""
HARMLESS: dict[str, tuple[Value, ...]] = {
    "inplace": (False, True),
    "device": (None, "cpu"),
    "dtype": (None,),
    "return_indices": (False,),
    "affine": (True,),
    "track_running_stats": (True,),
    "start_dim": (1,),
    "end_dim": (-1, 3),
    "dim": (None, 1, -1),
    "approximate": ("none",),
    "padding_mode": ("zeros",),
    "bias": (True,),
}
"""Arguments that our layers may lack, with the values at which they change nothing."""
FLAGS = {"bias", "ceil_mode", "count_include_pad", "inplace", "return_indices", "affine", "track_running_stats"}
_ALIKE = {
    "ReLU": "ReLU6 Softplus Threshold Activation",
    "LeakyReLU": "ELU SELU CELU PReLU RReLU",
    "SiLU": "Hardswish Swish Mish GLU",
    "Sigmoid": "Hardsigmoid LogSigmoid",
    "Tanh": "Hardtanh Softsign Tanhshrink Hardshrink Softshrink",
    "Softmax": "LogSoftmax Softmin Softmax2d log_softmax",
    "BatchNorm2d": "InstanceNorm1d InstanceNorm2d InstanceNorm3d GroupNorm LayerNorm RMSNorm SyncBatchNorm",
    "Dropout": "AlphaDropout FeatureAlphaDropout feature_dropout",
    "ConvTranspose2d": "Upsample UpsamplingNearest2d UpsamplingBilinear2d PixelShuffle Unfold Fold interpolate",
    "AvgPool2d": "LPPool2d",
    "AdaptiveAvgPool2d": "GlobalAveragePooling2D GlobalAvgPool2d mean",
    "AdaptiveMaxPool2d": "GlobalMaxPooling2D GlobalMaxPool2d amax",
    "MaxPool2d": "FractionalMaxPool2d MaxUnpool2d",
    "Linear": "Bilinear Dense LSTM GRU RNN Embedding MultiheadAttention Transformer",
    "Conv2d": "ZeroPad2d ReflectionPad2d ReplicationPad2d CircularPad2d SeparableConv2D",
}


def without_arguments(name: str) -> str:
    """A call of the layer nearest to one that does nearly the same by other arguments; nothing where its own are needed."""
    for kind, others in _ALIKE.items():
        if name in others.split():
            lazy = f"Lazy{kind}" if kind == "BatchNorm2d" else kind
            return f"{lazy}()" if not (SIGNATURES | LAZY)[lazy].required else ""
    return ""


_LIKE = 0.5
_OF_NO_LAYER = {
    "sum", "prod", "max", "min", "amin", "argmax", "argmin", "var", "std", "norm", "abs", "sign", "exp", "log",
    "sqrt", "pow", "clamp", "clip", "cumsum", "topk", "sort", "median", "quantile", "logsumexp", "einsum", "matmul",
    "bmm", "mm", "outer", "roll", "flip",
}  # fmt: skip
"""Functions of tensors that no layer resembles, whatever their names look like."""


def nearest(name: str) -> str:
    """The layer that comes closest to one that is not known, by what it does or by its name; nothing where none does."""
    for kind, others in _ALIKE.items():
        if name in others.split():
            return kind
    if name in _OF_NO_LAYER:
        return ""
    plain = name[:40].lower().replace("ing", "")

    def likeness(kind: str) -> float:
        return SequenceMatcher(None, plain, kind.lower()).ratio()

    closest = max(SIGNATURES, key=likeness)
    return closest if likeness(closest) >= _LIKE else ""


WORDS = {"padding", "padding_mode", "approximate", "device", "dtype"}
