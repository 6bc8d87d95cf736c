"""Random layers that torch accepts, each with the shape of an input that fits it."""

from hypothesis import strategies as st

from cnnviz.layers import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d, pair


def numbers(low, high):
    """One number for both axes, or one for each."""
    return st.integers(low, high) | st.tuples(st.integers(low, high), st.integers(low, high))


@st.composite
def convolutions(draw):
    """Arguments of Conv2d, and a shape."""
    groups = draw(st.integers(1, 3))
    arguments = {
        "out_channels": groups * draw(st.integers(1, 3)),
        "kernel_size": draw(numbers(1, 5)),
        "padding": draw(numbers(0, 4) | st.sampled_from(["same", "valid"])),
        "dilation": draw(numbers(1, 3)),
        "groups": groups,
        "bias": draw(st.booleans()),
    }
    arguments["stride"] = 1 if arguments["padding"] == "same" else draw(numbers(1, 4))
    mode = arguments["padding_mode"] = draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
    sides = []
    for axis in range(2):
        k, d = pair(arguments["kernel_size"])[axis], pair(arguments["dilation"])[axis]
        covered = {"same": 1, "valid": d * (k - 1) + 1}.get(arguments["padding"])
        if covered is None:
            covered = max(1, d * (k - 1) + 1 - 2 * pair(arguments["padding"])[axis])
        border = {"same": (d * (k - 1) + 1) // 2, "valid": 0}.get(arguments["padding"])
        if border is None:
            border = pair(arguments["padding"])[axis]
        needed = {"reflect": border + 1, "circular": border}.get(mode, 1)
        sides.append(max(covered, needed) + draw(st.integers(0, 7)))
    return arguments, (groups * draw(st.integers(1, 3)), *sides)


@st.composite
def transposed(draw):
    """Arguments of ConvTranspose2d, and a shape."""
    groups = draw(st.integers(1, 3))
    arguments = {
        "out_channels": groups * draw(st.integers(1, 3)),
        "kernel_size": draw(numbers(1, 5)),
        "stride": draw(numbers(1, 4)),
        "dilation": draw(numbers(1, 3)),
        "groups": groups,
        "bias": draw(st.booleans()),
    }
    sizes = [draw(st.integers(1, 7)) for _ in range(2)]
    paddings, extras = [], []
    for axis in range(2):
        k, s, d = (pair(arguments[name])[axis] for name in ("kernel_size", "stride", "dilation"))
        extras.append(draw(st.integers(0, max(s, d) - 1)))
        full = (sizes[axis] - 1) * s + d * (k - 1) + 1 + extras[axis]
        paddings.append(draw(st.integers(0, min(4, (full - 1) // 2))))
    arguments["padding"], arguments["output_padding"] = tuple(paddings), tuple(extras)
    return arguments, (groups * draw(st.integers(1, 3)), *sizes)


@st.composite
def pools(draw, kinds=(MaxPool2d, AvgPool2d, AdaptiveMaxPool2d, AdaptiveAvgPool2d)):
    """A pooling class, its arguments, and a shape."""
    kind = draw(st.sampled_from(kinds))
    channels = draw(st.integers(1, 3))
    if kind in (AdaptiveMaxPool2d, AdaptiveAvgPool2d):
        axis = st.none() | st.integers(1, 9)
        return kind, {"output_size": draw(st.integers(1, 9) | st.tuples(axis, axis))}, (
            channels, draw(st.integers(1, 12)), draw(st.integers(1, 12)),
        )  # fmt: skip
    kernel = draw(numbers(1, 6))
    paddings = [draw(st.integers(0, k // 2)) for k in pair(kernel)]
    arguments = {
        "kernel_size": kernel,
        "stride": draw(st.none() | numbers(1, 4)),
        "padding": draw(st.sampled_from([min(paddings), tuple(paddings)])),
        "ceil_mode": draw(st.booleans()),
    }
    if kind is MaxPool2d:
        arguments["dilation"] = draw(numbers(1, 3))
    else:
        arguments["count_include_pad"] = draw(st.booleans())
        arguments["divisor_override"] = draw(st.none() | st.integers(-4, 9).filter(bool))
    sides = []
    for k, s, p, d in zip(
        pair(kernel), pair(arguments["stride"] or kernel), pair(arguments["padding"]), pair(arguments.get("dilation", 1)),
        strict=True,
    ):  # fmt: skip
        beyond = s - 1 if arguments["ceil_mode"] else 0  # a window may be larger than the padded input
        sides.append(max(1, d * (k - 1) + 1 - 2 * p - beyond) + draw(st.integers(0, 7)))
    return kind, arguments, (channels, *sides)
