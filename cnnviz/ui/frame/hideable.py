"""What can be hidden on each page: all that its address sets, and a few parts that it does not set."""

from __future__ import annotations

from cnnviz.data import SOURCES
from cnnviz.training import TrainingConfig

_PICTURE = {
    "image", "digit", "shape", "example", "pattern", "drawing", "as_digit", "image_set", "upload_file", "photo", "stretch",
    "like_dataset", "size", "colour", *(f"{name}_class" for name in SOURCES),
}  # fmt: skip
_INPUT = _PICTURE | {"numbers", "channels", "height", "width", "feature_seed"}
_KERNELS = {"kernel", "model", "learned_layer", "seed", "bias", "filters", "edits"}
_LAB = {"examples", "facts", "more", "at", "layer", "apart", "down", "right"}
_AXES = ("kernel_size", "stride", "padding", "dilation", "output_padding")
_LAYER = {"layer", "apart", "padding_kind", "padding_mode", "groups", *_AXES, *(f"{name}_width" for name in _AXES)}
_PAGES = {
    "Convolution": _LAB | _INPUT | _KERNELS | _LAYER | {
        "use_bias", "activation", "slope", "compare", "change", "degrees", "percent",
        *(f"{prefix}_{name}" for prefix in "bc" for name in _LAYER | {"controls"}),
    },
    "Pooling": _LAB | _INPUT | _KERNELS | {
        "both", "ceil_mode", "count_include_pad", "divisor_override", "strided", "step", "network", "without",
        *(name + end for name in ("kernel_size", "stride", "padding", "dilation", "output_size") for end in ("", "_width")),
    },
    "Builder": {"architecture", "net", "batch", "train_on", "train_epochs", "more"},
    "Models": {"model", "task", "depth", "width", "resolution"},
    "Train": {
        "dataset", "architecture", "net", "run", "preset", "set_dropout", "grid", "grid_values",
        *TrainingConfig.model_fields,
    },
    "Compare": {"runs", "over", "train", "order", "kernel_colours"},
    "Kernels": _PICTURE | {"model", "layer", "filter", "channel", "film", "kernel_colours"},
    "Activations": _PICTURE | {
        "model", "net", "scale", "right", "down", "pixels", "look", "parts", "term",
    },
}  # fmt: skip


def hideable(title: str) -> set[str]:
    """The names that ``hide=`` knows on the page with this title, whether they are to be seen just now or not."""
    return _PAGES.get(title, set()) | {"projector"}
