"""What a reader has to know of a layer's numbers, in sentences; those that depend on its settings are computed."""

from __future__ import annotations

from math import gcd, prod

import numpy as np

from cnnviz.layers import Convolution, ConvTranspose2d, Pooling, Shape
from cnnviz.layers.base import pair, times
from cnnviz.layers.coverage import Lines, empty, meeting, moved, unread

MACS = (
    "One multiply-add is a multiplication and an addition: FLOPs are twice that. Counted are the products of convolutions and "
    "Linear layers, those with zeros of the padding too; not counted are biases, activations, normalisation, pooling and "
    "sums of branches."
)
BIAS = (
    "One bias for each output channel: it is added once, to the sum over all input channels, and is the same at every cell. "
    "It counts as a parameter, and adding it as no multiply-add."
)
KEPT = (
    "What the way back needs of this layer and no layer before keeps already: what it reads, what it gives, or what it notes "
    "beside them."
)
BATCH_NORM = (
    "BatchNorm2d learns 2 numbers a channel, a scale and a shift. Its running mean and variance are measured, not learned, "
    "and not counted; Keras counts them as well, 2 more a channel."
)
BEYOND = (
    "Where it is larger than the image, the rest is padding: numbers that each layer puts around its own input, usually "
    "zeros, no pixels."
)
FIELD = f"What one cell can read, counted as if the image had no end. {BEYOND}"
NO_FLIP = (
    "PyTorch's convolution does not flip the kernel: it is what mathematics calls cross-correlation. Turn the kernel by 180° for "
    "the convolution of mathematics; a network learns its kernels, so that it does not matter there."
)
NO_INVERSE = (
    "Transposed: as a matrix it is that of a Conv2d with the same settings, transposed, its kernel not flipped here either. "
    "It gives back the size that such a convolution took, not its values: it is no inverse."
)

_CENTRED = ("identity", "sharpen", "spots and edges", "vertical line")
_MOST_NAMED = 4
_AXES = (("row", ("down", "up")), ("column", ("to the right", "to the left")))
_ENDS = (("above", "below"), ("on the left", "on the right"))


def keras_params(params: int, channels: int) -> str:
    """In what Keras differs where so many ``channels`` are normalised; nothing where none is."""
    if not channels:
        return ""
    return (
        f"Keras counts {params + 2 * channels:,} parameters: with 2 running statistics for each of {channels:,} "
        "normalised channels."
    )


def layer_notes(layer: Convolution | Pooling, input_shape: Shape, kernel: str = "") -> list[str]:
    """Of a layer with these settings on this input; ``kernel`` is the name of its preset. Raises ShapeError."""
    layer.output_shape(input_shape)
    notes = []
    if isinstance(layer, Convolution) and kernel in _CENTRED:
        notes.append(middle_words(layer, input_shape, kernel))
    notes.append(unread_words(layer, input_shape))
    notes.append(empty_words(layer, input_shape))
    if isinstance(layer, ConvTranspose2d):
        notes.append(checkerboard_words(layer))
    return [note for note in notes if note]


def unread_words(layer: Convolution | Pooling, input_shape: Shape) -> str:
    """Which input cells take no part; nothing where all do."""
    lines = unread(layer, input_shape)
    if not lines.cells:
        return ""
    cells = f"{lines.cells:,} of {prod(input_shape[1:]):,} input cells"
    if isinstance(layer, ConvTranspose2d):
        return f"What {cells} paint is cut away by the padding: {_named(lines)}."
    return (
        f"No window reads {cells}: {_named(lines)}. The windows, {times(layer_strides(layer))} apart, step over them or end "
        f"before them{', or they lie in the gaps of the dilated kernel' * (max(layer_dilations(layer)) > 1)}."
    )


def layer_strides(layer: Convolution | Pooling) -> tuple[int, int]:
    strides: tuple[int, int] = getattr(layer, "strides", (1, 1))
    return strides


def layer_dilations(layer: Convolution | Pooling) -> tuple[int, int]:
    return pair(getattr(layer, "dilation", 1))


def empty_words(layer: Convolution | Pooling, input_shape: Shape) -> str:
    """Which output cells see no input, and what they hold; nothing where all see some."""
    lines = empty(layer, input_shape)
    if not lines.cells:
        return ""
    cells = f"{lines.cells:,} of {prod(layer.output_shape(input_shape)[1:]):,} output cells"
    if isinstance(layer, ConvTranspose2d):
        return f"No input cell paints {cells}, {_named(lines)}: each is {_bias(layer)}."
    if isinstance(layer, Convolution):
        return f"The windows of {cells} see only padding, {_named(lines)}: each is {_bias(layer)}."
    row, col = (lines.rows or (0,))[0], (lines.cols or (0,))[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        value = float(layer.apply(np.ones((1, *input_shape[1:]), np.float32))[0, row, col])
    held = "−∞" if value == -np.inf else "no number" if np.isnan(value) else f"{value:g}"
    return f"The windows of {cells} see only padding, {_named(lines)}: each is {held}."


def _bias(layer: Convolution) -> str:
    return "its bias" if layer.bias else "0"


def checkerboard_words(layer: ConvTranspose2d) -> str:
    """Whether equal weights would paint a pattern, why, and which kernels do not; nothing for stride 1."""
    if max(layer.strides) == 1:
        return ""
    counts = meeting(layer)
    products = sorted({rows * cols for rows in counts[0] for cols in counts[1]})
    if len(products) == 1:
        return (
            f"No checkerboard: the kernel, {times(layer.kernel_size)}, is a multiple of the stride, {times(layer.strides)}, so "
            f"that away from the edges {products[0]} {_products(products[0])} of each input channel "
            f"{'meets' if products[0] == 1 else 'meet'} in every output cell."
        )
    axes: dict[tuple[int, int, int, tuple[int, ...]], str] = {}
    for name, k, s, d, overlaps in zip(
        ("rows", "columns"), pair(layer.kernel_size), layer.strides, layer.dilations, counts, strict=True
    ):
        if len(set(overlaps)) > 1:
            key = k, s, d, overlaps
            axes[key] = f"{axes[key]} and {name}" if key in axes else name
    why, ways = [], []
    for (k, s, d, overlaps), name in axes.items():
        common = gcd(s, d)
        turns = " and ".join(", ".join(map(str, overlaps[:8])).rsplit(", ", 1)) + (" …" if len(overlaps) > 8 else "")
        reason = (
            f"stride {s} and dilation {d} are both multiples of {common}"
            if common > 1
            else f"stride {s} does not divide kernel {k}"
        )
        why.append(f"along the {name} {reason}, and there by turns {turns} of its cells meet")
        ways.append(
            f"a dilation that shares no factor with stride {s}, such as 1"
            + f", and a kernel of {s}, {2 * s}, {3 * s} …" * bool(k % s)
            + f", along the {name}"
            if common > 1
            else f"a kernel of {s}, {2 * s}, {3 * s} … {name}, the multiples of the stride"
        )
    listed = " or ".join(", ".join(map(str, products)).rsplit(", ", 1))
    return (
        f"Checkerboard: an output cell is made of {listed} products of each input channel, away from the edges, so that even "
        f"equal weights paint a pattern: {'; '.join(why)}. To have none: {'; '.join(ways)}."
    )


def _products(count: int) -> str:
    return "product" if count == 1 else "products"


def middle_words(layer: Convolution, input_shape: Shape, kernel: str) -> str:
    """Where the middle of a preset kernel brings the picture; for ``identity``, what the output is of the input."""
    axes = zip(moved(layer), input_shape[1:], layer.output_shape(input_shape)[1:], layer.strides, strict=True)
    far = max(layer.strides) > 1
    changes = [
        words
        for axis, (by, before, after, step) in enumerate(axes)
        if (words := _change(axis, -by, before - after + by) if step == 1 else _spread(axis, layer, by, before, after))
    ]
    change = " and ".join(changes)
    if kernel != "identity":
        is_moved = any("moved" in words for words in changes)
        return f"The middle of this {kernel} kernel lies beside the cell: the output is {change}." if is_moved else ""
    channels = input_shape[0] // layer.groups
    what = "the input" if channels == 1 else f"the mean of {channels} input channels"
    if far:
        step = times(layer.strides)
        what += f", its cells {step} apart" if isinstance(layer, ConvTranspose2d) else f", one cell of every {step}"
    return f"identity: the output is {what}{f', {change}' * bool(change)}{', plus the bias' * layer.bias}."


def _spread(axis: int, layer: Convolution, by: int, before: int, after: int) -> str:
    """Where a strided layer begins along one axis, what it leaves out at the ends, and where it reads padding."""
    step = layer.strides[axis]
    is_transposed = isinstance(layer, ConvTranspose2d)
    places = step * np.arange(before if is_transposed else after) + (by if is_transposed else -by)
    inside = places[(places >= 0) & (places < (after if is_transposed else before))]
    one, _ = _AXES[axis]
    words = [f"beginning at {one} {inside[0]}"] if len(inside) and inside[0] else []
    ends = (int((places < 0).sum()), int((places >= (after if is_transposed else before)).sum()))
    words += [
        f"{count} {one}{'s' * (count > 1)} {'cut off' if is_transposed else 'of padding'} {end}"
        for count, end in zip(ends, _ENDS[axis], strict=True)
        if count
    ]
    return ", ".join(words)


def _change(axis: int, first: int, last: int) -> str:
    """Of rows or columns that are cut off, or added where negative, at both ends."""
    one, ways = _AXES[axis]
    if first == last == 0:
        return ""
    if first == -last:
        return f"moved {abs(first)} {one}{'s' * (abs(first) > 1)} {ways[first > 0]}"
    ends = _ENDS[axis]
    return ", ".join(
        f"{abs(by)} {one}{'s' * (abs(by) > 1)} {'cut off' if by > 0 else 'of padding'} {end}"
        for by, end in zip((first, last), ends, strict=True)
        if by
    )


def _named(lines: Lines) -> str:
    parts = [
        f"{name}{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers[:_MOST_NAMED]))}{' …' * (len(numbers) > _MOST_NAMED)}"
        for name, numbers in (("row", lines.rows), ("column", lines.cols))
        if numbers
    ]
    return " and ".join(parts)
