"""Of pictures, of single layers, and of the pages about these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cnnviz import layers
from cnnviz.data import DATASETS, EMBEDDED, SOURCES, class_names, counts
from cnnviz.data.patterns import PATTERNS
from cnnviz.data.shapes import CLASSES
from cnnviz.layers.presets import PRESETS
from cnnviz.ui.frame.parameters.kinds import (
    ACTIVATIONS,
    CONVOLUTION,
    KERNELS,
    LABS,
    PICTURES,
    POOLING,
    Number,
    OneOf,
    OnOff,
    Parameter,
    Part,
    Text,
    Whole,
)

TEST, TRAINING = "test image", "training image"
PHOTOGRAPH = "photograph"
IMAGES = ("digit", "shape", "pattern", "lecture", PHOTOGRAPH, "draw", "dataset", TEST, TRAINING, "upload", "camera")
NUMBERS, FEATURES = "numbers", "feature maps"


OWN = "own"
SMALLEST, LARGEST = 5, 64
"""Pixels of a side."""


def _pictures() -> Iterator[Parameter]:
    yield Parameter("image", LABS, OneOf((*IMAGES, NUMBERS, FEATURES)), "Input", "Where the input comes from.")
    yield Parameter("image", KERNELS + ACTIVATIONS, OneOf(IMAGES), "Image", "Where the image comes from.")
    yield Parameter("digit", PICTURES, OneOf(tuple("0123456789"), "3"), "Class", "Of a handwritten digit.")
    yield Parameter("shape", PICTURES, OneOf(CLASSES), "Class", "Of a drawn shape.")
    yield Parameter("example", PICTURES, Whole(0, 499, 0), "Example", "Which one of its class.")
    yield Parameter("pattern", PICTURES, OneOf(tuple(PATTERNS)), "Pattern", "Which pattern.")
    yield Parameter("drawing", PICTURES, Text(), "", "What was drawn by hand.")
    yield Parameter(
        "as_digit",
        PICTURES,
        OnOff(True),
        "Centre and scale as MNIST does",
        "The ink is fitted into 20×20 pixels with its centre of mass in the middle of 28×28.",
        has_tip=True,
    )
    yield Parameter("image_set", PICTURES, OneOf((*SOURCES, *EMBEDDED)), "Dataset", "Whose images to choose from.")
    for name in DATASETS:
        yield Parameter(f"{name}_class", PICTURES, OneOf(class_names(name)), "Class", f"Of a test image of {name}.")
    most = max(counts(name)[0] for name in DATASETS) - 1
    yield Parameter(
        "at_image",
        PICTURES,
        Whole(0, most, 0),
        "Image number",
        "Its place among the test or training images of the network's dataset, or of 'image_set'.",
        has_tip=True,
    )
    yield Parameter("upload_file", PICTURES, Part(), "", "The place for a file of one's own.")
    yield Parameter("photo", PICTURES, Part(), "", "The place for a photograph.")
    yield Parameter(
        "stretch", PICTURES, OnOff(), "Stretch its brightness", "The largest number in the file becomes white."
    )
    yield Parameter(
        "like_dataset",
        PICTURES,
        OnOff(),
        "Like the dataset's images",
        "Makes one's own picture like the images that the network has learned on; on for a network of such a dataset.",
    )
    yield Parameter(
        "size",
        PICTURES,
        OneOf((OWN, *range(SMALLEST, LARGEST + 1))),
        "Size",
        "Pixels of the longer side; 'own' leaves it.",
        has_tip=True,
    )
    yield Parameter("colour", PICTURES, OneOf((OWN, "grey", "RGB")), "Colour", "Its colours, or others.")
    yield Parameter("numbers", LABS, Text("1 2 / 3 4"), "Numbers", "Typed numbers, rows with / between them.")
    yield Parameter("channels", LABS, OneOf(range(1, 65), 16), "Channels", "Of random feature maps.")
    yield Parameter("height", LABS, OneOf(range(SMALLEST, LARGEST + 1), 24), "Height", "Of random feature maps.")
    yield Parameter("width", LABS, OneOf(range(SMALLEST, 101), 24), "Width", "Of random feature maps.")
    yield Parameter("feature_seed", LABS, Whole(0, 9999, 0), "Seed", "Of random feature maps.")


def _kernels_of_a_layer() -> Iterator[Parameter]:
    yield Parameter(
        "kernel",
        LABS,
        OneOf((*PRESETS, "random", "learned"), "vertical edges"),
        "Kernel",
        "The first filter has this kernel; further filters take the next ones of this list.",
        has_tip=True,
    )
    yield Parameter("model", LABS, OneOf(), "Trained network", "Whose learned kernels to take.")
    yield Parameter("learned_layer", LABS, OneOf(), "Layer of the network", "Whose learned kernels to take.")
    yield Parameter("seed", LABS, Whole(0, 9999, 0), "Seed", "Of random kernels.")
    yield Parameter(
        "bias", LABS, Number(-2.0, 2.0, 0.0, 0.1), "Bias value", "Added to every output cell.", has_tip=True
    )
    yield Parameter("filters", LABS, OneOf(range(1, 129), 4), "Filters", "Output channels.", has_tip=True)
    yield Parameter("edits", LABS, Text("0.0.0.0~1"), "", "Weights that were changed by hand.")


_KERNEL = "How many cells a window covers along each axis: the more, the more of the input an output cell sees."
_STRIDE = "How far the window moves from one output cell to the next: at 2 the output is about half as high and wide."
_PADDING = "How many cells are put around the input on each side, so that a window fits over its border too."
_DILATION = (
    "How far apart the cells of a window lie: at 2 it skips every other one and sees further with as many weights."
)
_OUTPUT_PADDING = "How many rows and columns the output has more, where several inputs' sizes give the same."


def _layers() -> Iterator[Parameter]:
    yield Parameter("examples", LABS, Part(), "Examples", "The menu of examples.")
    yield Parameter("facts", LABS, Part(), "", "The formulas above the picture.")
    yield Parameter("at", LABS, Text("0.5.5"), "", "Where one looks: a channel, a cell; hidden, the whole picture.")
    yield Parameter("controls", CONVOLUTION, Part(), "", "All settings of a layer beside the first.", is_doubled=True)
    for name, label, values, default, says in (
        ("kernel_size", "Kernel size", range(1, 12), 3, _KERNEL),
        ("stride", "Stride", range(1, 9), 1, _STRIDE),
        ("padding", "Padding", range(11), 0, _PADDING),
        ("dilation", "Dilation", range(1, 6), 1, _DILATION),
        ("output_padding", "Output padding", range(8), 0, _OUTPUT_PADDING),
    ):
        yield from _both_axes(CONVOLUTION, name, label, values, default, says)
    kinds = ("Conv2d", "ConvTranspose2d")
    yield Parameter("layer", CONVOLUTION, OneOf(kinds), "Layer", "The kind of layer.", is_doubled=True)
    yield Parameter(
        "apart",
        CONVOLUTION,
        OnOff(),
        "Height and width apart",
        "A number for each axis.",
        is_doubled=True,
    )
    yield Parameter(
        "padding_kind",
        CONVOLUTION,
        OneOf(("number", "same", "valid")),
        "Padding is",
        "As in torch.nn.Conv2d.",
        has_tip=True,
        is_doubled=True,
    )
    yield Parameter(
        "padding_mode",
        CONVOLUTION,
        OneOf(("zeros", "reflect", "replicate", "circular")),
        "Padding mode",
        "What the border is filled with.",
        has_tip=True,
        is_doubled=True,
    )
    yield Parameter("groups", CONVOLUTION, OneOf(range(1, 65)), "Groups", "Of channels.", is_doubled=True)
    yield Parameter("use_bias", CONVOLUTION, OnOff(True), "Bias", "Whether each filter adds a number of its own.")
    names = ("none", *(kind.__name__ for kind in layers.ACTIVATIONS))
    yield Parameter("activation", CONVOLUTION, OneOf(names), "Activation", "What comes after the layer.")
    slopes = tuple(i / 100 for i in range(51))
    yield Parameter("slope", CONVOLUTION, OneOf(slopes, 0.01), "Negative slope", "Of LeakyReLU.")
    yield Parameter(
        "compare", CONVOLUTION, OneOf(("1", "2", "3")), "Side by side", "Other layers on the same input.", has_tip=True
    )
    more = ("–", "weight sharing", "shift, rotate, scale", "code")
    yield Parameter("more", CONVOLUTION, OneOf(more), "More", "What is shown below the picture.")
    changes = ("shift", "rotate", "scale")
    yield Parameter("change", CONVOLUTION, OneOf(changes), "Change the input", "How the input is changed.")
    yield Parameter("down", CONVOLUTION, OneOf(range(-8, 9), 0), "Down", "Pixels that the input is shifted by.")
    yield Parameter("right", CONVOLUTION, OneOf(range(-8, 9), 2), "Right", "Pixels that the input is shifted by.")
    yield Parameter(
        "degrees", CONVOLUTION, OneOf(range(-180, 181, 15), 30), "Degrees, to the left", "By how much it is turned."
    )
    yield Parameter("percent", CONVOLUTION, OneOf(range(50, 201, 10), 150), "Percent", "By how much it is scaled.")


def _both_axes(
    pages: tuple[str, ...],
    name: str,
    label: str,
    values: Sequence[Any],
    default: Any,
    says: str,
) -> Iterator[Parameter]:
    is_doubled = pages == CONVOLUTION
    yield Parameter(name, pages, OneOf(values, default), label, says, True, is_doubled)
    of_width = "The same across, where height and width are apart."
    yield Parameter(f"{name}_width", pages, OneOf(values, default), f"{label}, width", of_width, is_doubled=is_doubled)


def _poolings() -> Iterator[Parameter]:
    sliding = ("MaxPool2d", "AvgPool2d", "AdaptiveMaxPool2d", "AdaptiveAvgPool2d", "Global max", "Global average")
    yield Parameter("layer", POOLING, OneOf(sliding), "Layer", "The kind of pooling.")
    yield Parameter("apart", POOLING, OnOff(), "Height and width apart", "A number for each axis.")
    yield from _both_axes(POOLING, "kernel_size", "Kernel size", range(1, 12), 2, _KERNEL)
    as_kernel = f"{_STRIDE.removesuffix('.')}; 'kernel' is as far as the window is large, torch's default."
    yield from _both_axes(POOLING, "stride", "Stride", ("kernel", *range(1, 9)), "kernel", as_kernel)
    yield from _both_axes(POOLING, "padding", "Padding", range(6), 0, _PADDING)
    of_maximum = f"{_DILATION.removesuffix('.')}; of the maximum alone, for torch has no dilated average."
    yield from _both_axes(POOLING, "dilation", "Dilation", range(1, 6), 1, of_maximum)
    as_input = "'input' keeps the input's size."
    yield from _both_axes(POOLING, "output_size", "Output size", ("input", *range(1, 17)), 3, as_input)
    yield Parameter(
        "both",
        POOLING,
        OnOff(True),
        "Maximum and average side by side",
        "Whether both are shown over the same windows.",
    )
    yield Parameter(
        "ceil_mode",
        POOLING,
        OnOff(),
        "Ceil mode",
        "Round the output size up: the last windows may reach beyond the border.",
        has_tip=True,
    )
    yield Parameter(
        "count_include_pad",
        POOLING,
        OnOff(True),
        "Count include pad",
        "Whether zeros of the border count in the divisor of the average.",
        has_tip=True,
    )
    yield Parameter(
        "divisor_override",
        POOLING,
        Whole(0, 999, 0),
        "Divisor override",
        "Divides the sum of every window instead of the number of its cells; 0 leaves it.",
        has_tip=True,
    )
    yield Parameter(
        "strided",
        POOLING,
        OnOff(),
        "A strided convolution beside it",
        "The modern alternative: it learns its weights.",
        has_tip=True,
    )
    more = ("–", "shift", "subsampling", "savings", "code")
    yield Parameter("more", POOLING, OneOf(more), "More", "What is shown below the picture.")
    yield Parameter("down", POOLING, OneOf(range(9), 0), "Down", "Pixels that the input is shifted by.")
    yield Parameter("right", POOLING, OneOf(range(9), 1), "Right", "Pixels that the input is shifted by.")
    yield Parameter(
        "step", POOLING, OneOf(range(2, 9)), "Keep every so many pixels", "In each row and each column.", has_tip=True
    )
    yield Parameter("network", POOLING, OneOf(), "Network", "Whose savings by pooling are counted.")
    yield Parameter("without", POOLING, OneOf(), "Without", "Which pooling is left out.")


def table() -> Iterator[Parameter]:
    for some in (_pictures, _kernels_of_a_layer, _layers, _poolings):
        yield from some()
