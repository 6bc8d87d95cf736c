"""What would make a layer follow that cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from cnnviz.layers import (
    AnyLayer,
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Convolution,
    ConvTranspose2d,
    Flatten,
    Layer,
    MaxPool2d,
    Residual,
    Shape,
    ShapeError,
    pair,
)
from cnnviz.layers.base import LARGEST_ARGUMENT, times
from cnnviz.layers.blocks import end_of, stride_to
from cnnviz.layers.window import dilated_size
from cnnviz.networks.draft import Draft, LayerPath, insert, move, replace
from cnnviz.networks.table import LayerRow, table


@dataclass(frozen=True)
class Mend:
    """A change of a draft, in a few words."""

    label: str
    draft: Draft


def mends(draft: Draft, row: LayerRow, most: int = 3) -> list[Mend]:
    """Changes after which the layer of a row with an error can follow, the gentlest first; none where none is known.

    Of several values for one argument that which leaves the fewest other layers in error.
    """
    if not row.error or row.layer is None or row.input_shape is None:
        return []
    best: dict[str, tuple[int, Mend]] = {}
    seen: list[Draft] = []
    for label, changed, path in _candidates(draft, row):
        if changed in seen:
            continue
        seen.append(changed)
        rows = table(changed)
        errors = sum(1 for new in rows if new.error)
        argument = label.rpartition(" ")[0]
        if any(new.path == path and not new.error for new in rows) and (
            argument not in best or errors < best[argument][0]
        ):
            best[argument] = errors, Mend(label, changed)
    return [mend for _, mend in best.values()][:most]


def _candidates(draft: Draft, row: LayerRow) -> Iterator[tuple[str, Draft, LayerPath]]:
    """Each with the path that the layer has then."""
    layer, before = cast(Layer, row.layer), cast(Shape, row.input_shape)
    if len(before) == 3 and len(_reads(layer)) == 1:
        path = (*row.path[:-1], int(row.path[-1]) + 1)
        yield "Put a Flatten before it", insert(draft, row.path, Flatten()), path
    if len(before) == 1 and len(_reads(layer)) == 3:
        level, at = row.path[:-1], int(row.path[-1])
        for number in range(at - 1, -1, -1):
            if isinstance(draft.at((*level, number)), Flatten):
                yield "Move it before the Flatten", move(draft, row.path, number), (*level, number)
                break
    for label, other in _others(layer, before):
        if not _may_be(other):
            continue
        yield label, replace(draft, row.path, cast(AnyLayer, other)), row.path


def _reads(layer: Layer) -> str:
    """An axis a letter."""
    for axes, shape in (("chw", (64, 64, 64)), ("f", (64,))):
        try:
            layer.output_shape(shape)
        except ShapeError as error:
            if "reads" in str(error):
                continue
        return axes
    return ""


def _others(layer: Layer, before: Shape) -> Iterator[tuple[str, Layer]]:
    """The layer with other arguments."""
    if isinstance(layer, Convolution | MaxPool2d | AvgPool2d) and len(before) == 3:
        for label, changed in _fitting_groups(layer, before):
            for more, other in _fitting_sizes(changed, before):
                yield _joined(label, more), other
    if isinstance(layer, Residual):
        yield from _fitting_shortcut(layer, before)


def _joined(label: str, more: str) -> str:
    return f"{label}, {more[0].lower()}{more[1:]}" if label and more else label or more


def _fitting_groups(layer: Layer, before: Shape) -> Iterator[tuple[str, Layer]]:
    """The layer with groups that divide its channels; itself, without a word, where they do."""
    if not isinstance(layer, Convolution) or not (before[0] % layer.groups or layer.out_channels % layer.groups):
        yield "", layer
        return
    for groups in layer.fitting_groups(before[0]):
        yield f"Groups {groups}", layer.but(groups=groups)
    for number in layer.fitting_channels(before[0]):
        yield f"{number} output channels", layer.but(out_channels=number)


def _fitting_sizes(layer: Layer, before: Shape) -> Iterator[tuple[str, Layer]]:
    """The layer with a window that fits and a border that can be; itself, without a word, where they do."""
    if layer.fits(before):
        yield "", layer
    elif isinstance(layer, ConvTranspose2d):
        yield from _fitting_paddings(layer, before)
    elif isinstance(layer, Conv2d | MaxPool2d | AvgPool2d):
        yield from _fitting_windows(layer, before)


def _fitting_paddings(layer: ConvTranspose2d, before: Shape) -> Iterator[tuple[str, Layer]]:
    extra = tuple(
        min(p, max(s, d) - 1)
        for p, s, d in zip(pair(layer.output_padding), layer.strides, layer.dilations, strict=True)
    )
    if extra != pair(layer.output_padding):
        yield f"Output padding {_short(extra)}", layer.but(output_padding=_plain(extra))
    yield "Output padding 0", layer.but(output_padding=0)
    yield f"Padding {_short(most := layer.most_padding((before[1], before[2])))}", layer.but(padding=_plain(most))
    yield "Padding 0", layer.but(padding=0)
    yield "Padding and output padding 0", layer.but(padding=0, output_padding=0)


def _fitting_windows(layer: Conv2d | MaxPool2d | AvgPool2d, before: Shape) -> Iterator[tuple[str, Layer]]:
    kernel, dilation, sizes = pair(layer.kernel_size), layer.dilations, (before[1], before[2])
    half = tuple(dilated_size(k, d) // 2 for k, d in zip(kernel, dilation, strict=True))
    if isinstance(layer, Conv2d) and layer.padding == "same" and max(layer.strides) > 1:
        if (padding := layer.padding_like_same(sizes)) is not None:
            yield f"Padding {_short(pair(padding))}", layer.but(padding=padding)
        yield "Stride 1", layer.but(stride=1)
        yield "Stride 1, padding with zeros", layer.but(stride=1, padding_mode="zeros")
    elif all(fitting := layer.paddings(sizes)):
        own = half if isinstance(layer.padding, str) else pair(layer.padding)
        for wanted in (own, half):  # the nearest of each that can be
            nearest = tuple(min(max(p, allowed[0]), allowed[-1]) for p, allowed in zip(wanted, fitting, strict=True))
            yield f"Padding {_short(nearest)}", layer.but(padding=_plain(nearest))
        yield "Padding 0", layer.but(padding=0)
    if isinstance(layer, Conv2d) and layer.padding_mode != "zeros":
        yield "Padding with zeros", layer.but(padding_mode="zeros")
    if max(dilation) > 1:
        yield "Dilation 1", layer.but(dilation=1)
    try:
        rooms = [n + sum(border) for n, border in zip(sizes, layer.borders, strict=True)]
    except ShapeError:  # padding 'same' with a stride has no borders
        return
    fitting_kernel = min(max(kernel) - 1, *((room - 1) // d + 1 for room, d in zip(rooms, dilation, strict=True)))
    for size in dict.fromkeys((fitting_kernel, 11, 7, 5, 3, 2, 1)):
        changed = _with_kernel(layer, size)
        if 0 < size <= fitting_kernel and changed.fits(before):
            yield f"Kernel {times(changed.kernel_size)}", changed


def _with_kernel(layer: Conv2d | MaxPool2d | AvgPool2d, size: int) -> Conv2d | MaxPool2d | AvgPool2d:
    """No side larger than this."""
    rows, cols = pair(layer.kernel_size)
    return layer.but(kernel_size=_plain((min(rows, size), min(cols, size))))


def _plain(sides: tuple[int, ...]) -> int | tuple[int, ...]:
    return sides[0] if len(set(sides)) == 1 else sides


def _short(sides: tuple[int, ...]) -> str:
    return "×".join(map(str, sides if len(set(sides)) > 1 else sides[:1]))


def _fitting_shortcut(layer: Residual, before: Shape) -> Iterator[tuple[str, Layer]]:
    """A 1×1 convolution, whose stride brings it to the size of the body."""
    try:
        body = end_of(layer.body, before)
    except ShapeError:
        return
    if len(body) != 3 or body[0] > LARGEST_ARGUMENT:
        return
    rows, cols = (stride_to(n, m) for n, m in zip(before[1:], body[1:], strict=True))
    if rows is None or cols is None:
        return
    stride = rows, cols
    step = _plain(stride)
    projection = Conv2d(out_channels=body[0], kernel_size=1, stride=step, bias=False)
    changed = layer.with_path("shortcut", (projection, BatchNorm2d()))
    label = "A 1×1 convolution in the shortcut" + (f", stride {_short(stride)}" if step != 1 else "")
    yield label, changed


def _may_be(layer: Layer) -> bool:
    """Whether its arguments are such as a layer may have: ``model_copy`` does not look at them."""
    try:
        type(layer)(**{name: getattr(layer, name) for name in type(layer).model_fields})
    except ShapeError:
        return False
    return True
