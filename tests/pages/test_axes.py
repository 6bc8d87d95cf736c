"""*Height and width apart*, on and off and on again, whatever the layer has set."""

from collections.abc import Iterator
from random import Random

from tests.pages.visits import Visitor, controls
from tests.scale import SEED, cases


def one_off_default() -> Iterator[tuple[str, dict[str, str], str]]:
    """Page, address and prefix of layers that have one setting, two of them or all off their defaults."""
    settings = {"kernel_size": "4", "stride": "2", "padding": "2", "dilation": "2"}
    pairs = [{one: settings[one], other: settings[other]} for one in settings for other in settings]
    kinds = [
        ("convolution", "Conv2d", ""),
        ("convolution", "ConvTranspose2d", ""),
        ("convolution", "Conv2d", "b_"),
        ("convolution", "ConvTranspose2d", "c_"),
        ("pooling", "MaxPool2d", ""),
        ("pooling", "AvgPool2d", ""),
    ]
    for page, kind, prefix in kinds:
        for some in [*pairs, settings]:
            if "padding" in some and "kernel_size" not in some and page == "pooling":
                continue  # more than half of the kernel
            kept = {name: value for name, value in some.items() if not (kind == "AvgPool2d" and name == "dilation")}
            if not kept:
                continue
            yield page, {prefix + name: value for name, value in (kept | {"layer": kind}).items()}, prefix


def test_axes_apart_and_together_and_apart_again() -> None:
    chosen = list(one_off_default())
    for page, address, prefix in Random(SEED).sample(chosen, min(len(chosen), cases(len(chosen)) + 8)):
        visitor = Visitor(Random(SEED))
        visitor.go(page, address | ({"compare": "3"} if prefix else {}))
        heights = {name: one.value for name, one in controls(visitor.app).items() if name in address}
        for _ in range(2):
            visitor.touch(f"{prefix}apart", True)
            assert not visitor.complaints(), visitor.history
            stated = {name: one.value for name, one in controls(visitor.app).items()}
            widths = [name for name in stated if name.endswith("_width") and name.removesuffix("_width") in heights]
            assert widths
            assert all(stated[name] == heights[name.removesuffix("_width")] for name in widths)
            width = visitor.random.choice(widths)
            visitor.touch(width, visitor.offers(width))
            assert not visitor.complaints(), visitor.history
            visitor.touch(f"{prefix}apart", False)
            assert not visitor.complaints(), visitor.history
            stated = {name: one.value for name, one in controls(visitor.app).items()}
            assert not [name for name in [*stated, *visitor.app.query_params] if name.endswith("_width")]
            assert {name: stated[name] for name in heights} == heights
