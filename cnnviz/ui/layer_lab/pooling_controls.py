"""Controls for pooling."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cnnviz.layers import (
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    Conv2d,
    MaxPool2d,
    Pooling,
    Shape,
    ShapeError,
    pair,
)
from cnnviz.ui.frame.address import now, selection, switch, whole
from cnnviz.ui.frame.parameters import parameter
from cnnviz.ui.frame.parameters.kinds import Parameter
from cnnviz.ui.layer_lab.bounded_controls import BoundedControls

KINDS: dict[str, tuple[type[Pooling], type[Pooling]]] = {
    "MaxPool2d": (MaxPool2d, AvgPool2d),
    "AvgPool2d": (AvgPool2d, MaxPool2d),
    "AdaptiveMaxPool2d": (AdaptiveMaxPool2d, AdaptiveAvgPool2d),
    "AdaptiveAvgPool2d": (AdaptiveAvgPool2d, AdaptiveMaxPool2d),
    "Global max": (AdaptiveMaxPool2d, AdaptiveAvgPool2d),
    "Global average": (AdaptiveAvgPool2d, AdaptiveMaxPool2d),
}
"""Each with its counterpart: the mean to a maximum, the maximum to a mean."""

_AS_KERNEL, _AS_INPUT = "kernel", "input"

_SIZE, _STRIDE, _PADDING, _DILATION, _OUTPUT = (
    parameter(name, "Pooling") for name in ("kernel_size", "stride", "padding", "dilation", "output_size")
)


class PoolingControls(BoundedControls[Pooling]):
    """Controls of a pooling and, side by side with it, its counterpart over the same windows."""

    _with_axes = (_SIZE, _STRIDE, _PADDING, _DILATION, _OUTPUT)

    def __init__(self, input_shape: Shape) -> None:
        self._has_both = now("both")
        self._of_mean = {
            "count_include_pad": now("count_include_pad"),
            "divisor_override": now("divisor_override") or None,
        }
        super().__init__(input_shape)

    @property
    def _is_sliding(self) -> bool:
        return self._kind in ("MaxPool2d", "AvgPool2d")

    @property
    def _is_adaptive(self) -> bool:
        return self._kind.startswith("Adaptive")

    @property
    def _has_mean(self) -> bool:
        return self._kind == "AvgPool2d" or (self._is_sliding and self._has_both)

    @property
    def _sliders(self) -> list[Parameter]:
        if self._is_sliding:
            return [_SIZE, _STRIDE, _PADDING, *([_DILATION] if self._kind == "MaxPool2d" else [])]
        return [_OUTPUT] if self._is_adaptive else []

    @property
    def _moving(self) -> list[str]:
        """A dilation takes the average away from beside the maximum: that is another picture, and the server's."""
        return [name for name in super()._moving if name != _DILATION.name or not self._has_both]

    def _others(self) -> dict[str, Any]:
        if not self._is_sliding:
            return {} if self._is_adaptive else {"output_size": 1}
        return {"ceil_mode": now("ceil_mode")}

    @property
    def _order_of_mending(self) -> list[Parameter]:
        if not self._is_sliding:
            return self._sliders
        return [*([_DILATION] if self._kind == "MaxPool2d" else []), _SIZE, _PADDING]

    def _made(self, arguments: dict[str, Any]) -> Pooling:
        return self._of(KINDS[self._kind][0], arguments)

    def _of(self, kind: type[Pooling], arguments: dict[str, Any]) -> Pooling:
        arguments = dict(arguments)
        if self._is_sliding:
            arguments["stride"] = _in_numbers(arguments["stride"], arguments["kernel_size"])
            if kind is AvgPool2d:
                arguments |= self._of_mean
                if arguments.pop("dilation", 1) != 1:
                    raise ShapeError("AvgPool2d has no dilation: take dilation 1 to see the average beside the maximum")
        elif self._is_adaptive:
            arguments["output_size"] = _or_none(arguments["output_size"])
        return kind(**arguments)

    def layers(self) -> tuple[list[Pooling], str]:
        """The pooling, where it is wanted with its counterpart, the maximum first; and why there is none.

        Raises ShapeError where the arguments or the input do not fit.
        """
        layer = self.layer()
        if not self._has_both:
            return [layer], ""
        try:
            other = self._of(KINDS[self._kind][1], self._arguments())
        except ShapeError as error:
            return [layer], f"{error}."
        return ([layer, other] if "Max" in layer.kind else [other, layer]), ""

    def strided(self, filters: int, size: tuple[int, int] | None = None) -> Conv2d | None:
        """A convolution that takes the same steps with the same window, or with kernels that have a ``size``.

        None where the windows have no size of their own.
        """
        if not self._is_sliding:
            return None
        layer = self.layer()
        assert isinstance(layer, MaxPool2d | AvgPool2d)
        return Conv2d(
            out_channels=filters,
            kernel_size=size or layer.kernel_size,
            stride=layer.kernel_size if layer.stride is None else layer.stride,
            padding=layer.padding,
            dilation=layer.dilation if isinstance(layer, MaxPool2d) else 1,
        )

    def _draw_kind(self) -> None:
        selection("layer")
        switch("both")

    def _draw(self) -> None:
        if self._is_adaptive:
            self._both_axes(_OUTPUT)
            self._draw_apart()
        if not self._is_sliding:
            return
        with st.container(horizontal=not self._apart):
            self._both_axes(_SIZE)
            self._both_axes(_STRIDE)
        with st.container(horizontal=not self._apart):
            self._both_axes(_PADDING)
            if self._kind == "MaxPool2d":
                self._both_axes(_DILATION)
        with st.expander("Axes, rounding, divisor" if self._has_mean else "Axes, rounding"):
            self._draw_apart()
            switch("ceil_mode")
            if self._has_mean:
                switch("count_include_pad")
                whole("divisor_override")


def _in_numbers(stride: Any, kernel_size: Any) -> Any:
    """``"kernel"`` is None, or where only one axis has it, the kernel's size."""
    if stride == _AS_KERNEL:
        return None
    if not isinstance(stride, tuple):
        return stride
    return tuple(k if s == _AS_KERNEL else s for s, k in zip(stride, pair(kernel_size), strict=True))


def _or_none(size: Any) -> Any:
    sizes = size if isinstance(size, tuple) else (size, size)
    sizes = tuple(None if n == _AS_INPUT else n for n in sizes)
    return sizes[0] if sizes[0] == sizes[1] and sizes[0] is not None else sizes
