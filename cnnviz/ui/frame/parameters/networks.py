"""Of the pages about whole networks: building, training, comparing, looking inside."""

from __future__ import annotations

from collections.abc import Iterator

from cnnviz.data import DATASETS
from cnnviz.networks.architectures.efficientnet import SCALINGS
from cnnviz.training import TrainingConfig
from cnnviz.training.settings import SETTINGS, bounds, is_number, options
from cnnviz.ui.frame.parameters.kinds import (
    ACTIVATIONS,
    BUILDER,
    COMPARE,
    KERNELS,
    MODELS,
    TRAIN,
    Kind,
    Number,
    OneOf,
    OnOff,
    Parameter,
    Part,
    Text,
    Whole,
)


def _networks() -> Iterator[Parameter]:
    yield Parameter(
        "architecture", BUILDER, OneOf(), "Open a known architecture", "The network that is opened, by its key."
    )
    yield Parameter("net", BUILDER, Text(), "", "The network that is being built, all of it.")
    yield Parameter(
        "batch",
        BUILDER,
        Whole(1, 4096, 64),
        "Batch size",
        "For the memory that training and a forward pass take.",
        has_tip=True,
    )
    yield Parameter(
        "train_on",
        BUILDER,
        OneOf(tuple(DATASETS)),
        "Dataset",
        "Input and number of classes become the dataset's.",
        has_tip=True,
    )
    yield Parameter("train_epochs", BUILDER, Whole(1, 200, 3), "Epochs", "How often it sees all training images.")
    more = ("–", "code", "paste", "JSON", "ONNX")
    yield Parameter("more", BUILDER, OneOf(more), "In and out", "A form in which networks come and go.")
    yield Parameter("model", MODELS, Text("vgg16"), "", "The architecture whose layers are shown, by its key.")
    yield Parameter(
        "sort", MODELS, OneOf(("kind", "year", "accuracy", "cost")), "Sort by", "The order of the networks' pictures."
    )
    yield Parameter("task", MODELS, OneOf(("ImageNet", "CIFAR-10")), "Task", "Of the chart of accuracy over cost.")
    depths, widths = tuple(round(1 + i / 10, 1) for i in range(22)), tuple(round(1 + i / 10, 1) for i in range(11))
    resolutions = tuple(sorted({*range(224, 609, 32), *(scaling.resolution for scaling in SCALINGS)}))
    yield Parameter(
        "depth", MODELS, OneOf(depths, SCALINGS[3].depth), "Depth: times as many layers", "Of a scaled EfficientNet."
    )
    yield Parameter(
        "width", MODELS, OneOf(widths, SCALINGS[3].width), "Width: times as many channels", "Of a scaled EfficientNet."
    )
    yield Parameter(
        "resolution",
        MODELS,
        OneOf(resolutions, SCALINGS[3].resolution),
        "Resolution: pixels a side",
        "Of a scaled EfficientNet.",
    )


def _training() -> Iterator[Parameter]:
    yield Parameter(
        "dataset",
        TRAIN,
        OneOf(tuple(DATASETS)),
        "Dataset",
        "Digits and shapes come with the app; the others are downloaded once.",
        has_tip=True,
    )
    yield Parameter("architecture", TRAIN, OneOf(), "Architecture", "The network that is trained, by its key.")
    yield Parameter("net", TRAIN, Text(), "", "A network from the builder.")
    yield Parameter("run", TRAIN, Text(), "", "The run that is shown, by its id.")
    yield Parameter("truth", TRAIN, Text("cat"), "", "The class of the images of the confusion matrix that are shown.")
    yield Parameter("answer", TRAIN, Text("dog"), "", "What they were taken for.")
    yield Parameter("preset", TRAIN, Part(), "Settings", "The menu that sets many settings at once.")
    yield Parameter("grid", TRAIN, OneOf(), "What differs", "The setting in which several runs differ.")
    yield Parameter("grid_values", TRAIN, Text("0.01, 0.1"), "Values", "Its values, with commas between them.")
    for name, setting in SETTINGS.items():
        yield Parameter(name, TRAIN, _of_setting(name), setting.label, setting.says)
        if setting.first is not None:
            label = f"Set the {setting.label.lower()}"
            yield Parameter(f"set_{name}", TRAIN, OnOff(), label, f"Whether {name} is set, or left as it is.")


def _of_setting(name: str) -> Kind:
    if is_number(name):
        low, high = bounds(name)
        begins = TrainingConfig.model_fields[name].default
        return Number(low, high, SETTINGS[name].first or 0.0 if begins is None else begins, SETTINGS[name].step)
    return OneOf(options(name)) if options(name) else OneOf() if name == "device" else OnOff()


def _results() -> Iterator[Parameter]:
    yield Parameter("runs", COMPARE, Text(), "Runs and trained networks", "What is compared, by name.")
    yield Parameter(
        "over",
        COMPARE,
        OneOf(("epochs", "steps")),
        "Over",
        "A step is a batch: how many an epoch has differs.",
        has_tip=True,
    )
    yield Parameter("train", COMPARE, OnOff(True), "Training images too (dashed)", "Whether their curves are drawn.")
    orders = ("largest difference", "the dataset's")
    yield Parameter("order", COMPARE, OneOf(orders), "Order of the classes", "In the chart class by class.")
    yield Parameter(
        "kernel_colours",
        COMPARE + KERNELS,
        OneOf(("in colour", "each channel")),
        "Kernels that read colours",
        "In colour a kernel is one picture: mid grey where its three weights are 0, redder the larger its weight for red, "
        "and so for green and blue.",
        has_tip=True,
    )


def _inside() -> Iterator[Parameter]:
    yield Parameter("model", KERNELS, OneOf(), "Trained network", "Whose kernels are shown.")
    yield Parameter("layer", KERNELS, OneOf(), "Layer", "Whose kernels are shown.")
    yield Parameter("filter", KERNELS, Whole(0, 10**6, 0), "Filter", "Which one is shown large.")
    yield Parameter("channel", KERNELS, Whole(0, 10**6, 0), "Input channel", "Which of its kernels is shown large.")
    yield Parameter(
        "film", KERNELS, OnOff(), "How the first layer's kernels formed", "Whether the film of its training is shown."
    )
    yield Parameter("model", ACTIVATIONS, OneOf(), "Network", "The network that the image goes through.")
    yield Parameter("net", ACTIVATIONS, Text(), "", "A network from the builder.")
    yield Parameter(
        "scale",
        ACTIVATIONS,
        OneOf(("layer", "map", "network")),
        "Colour scale",
        "What has one scale: each layer, each map, or all.",
        has_tip=True,
    )
    yield Parameter(
        "right", ACTIVATIONS, OneOf(range(-16, 17), 0), "Shift right", "Pixels that the image is shifted by."
    )
    yield Parameter("down", ACTIVATIONS, OneOf(range(-16, 17), 0), "Shift down", "Pixels that the image is shifted by.")
    yield Parameter("pixels", ACTIVATIONS, Text("1.2~255"), "", "Pixels that were painted.")
    yield Parameter(
        "look", ACTIVATIONS, Text("conv2:3:4.5"), "", "Where one looks: a layer, one of its maps, one cell."
    )
    yield Parameter("parts", ACTIVATIONS, OneOf(("strongest", "all")), "Input maps", "How many summands are shown.")
    yield Parameter("term", ACTIVATIONS, Text("3"), "", "The product of a Linear layer's sum that one looks at.")


def table() -> Iterator[Parameter]:
    for some in (_networks, _training, _results, _inside):
        yield from some()
