"""A network as a list of layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, model_validator

from cnnviz.layers import AnyLayer, Layer, Linear, Shape, ShapeError

if TYPE_CHECKING:
    from torch import nn

_SHORT = {
    "Conv2d": "conv",
    "MaxPool2d": "pool",
    "AvgPool2d": "pool",
    "AdaptiveMaxPool2d": "pool",
    "AdaptiveAvgPool2d": "pool",
    "Linear": "fc",
    "Flatten": "flatten",
    "ReLU": "relu",
}


class Network(BaseModel):
    """Layers one after the other, for inputs of ``input_shape``; JSON in and out through pydantic.

    Raises ShapeError (inside pydantic's ValidationError) where a layer cannot follow.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    input_shape: Shape
    layers: tuple[AnyLayer, ...]

    @model_validator(mode="after")
    def _fits(self) -> Network:
        _ = self.shapes
        return self

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The output shape of every layer, in order."""
        shapes, shape = [], self.input_shape
        for name, layer in self.named_layers():
            try:
                shape = layer.output_shape(shape)
            except ShapeError as error:
                raise ShapeError(f"{name}: {error}") from None
            shapes.append(shape)
        return tuple(shapes)

    def named_layers(self) -> Iterator[tuple[str, Layer]]:
        """``("conv1", Conv2d(…))``, …: the names that the torch module and its weights bear."""
        seen: Counter[str] = Counter()
        for layer in self.layers:
            short = _SHORT.get(layer.kind, layer.kind.lower())
            seen[short] += 1
            yield f"{short}{seen[short]}", layer

    @property
    def num_params(self) -> int:
        inputs = (self.input_shape, *self.shapes)
        return sum(layer.num_params(shape) for layer, shape in zip(self.layers, inputs, strict=False))

    def fitted(self, input_shape: Shape, num_classes: int) -> Network:
        """The same network for other images and classes: layers infer their inputs, so only the last one changes.

        Raises ShapeError where the images are too small for it.
        """
        if not self.layers or not isinstance(self.layers[-1], Linear):
            raise ShapeError(f"{self.name} does not end in a Linear layer, whose size would be the number of classes")
        head = Linear(out_features=num_classes, bias=self.layers[-1].bias)
        fitted = self.model_copy(update={"input_shape": tuple(input_shape), "layers": (*self.layers[:-1], head)})
        _ = fitted.shapes
        return fitted

    def module(self) -> nn.Sequential:
        """The torch module, freshly initialised; its children bear the names of ``named_layers``."""
        from torch import nn

        module = nn.Sequential()
        inputs = (self.input_shape, *self.shapes)
        for (name, layer), shape in zip(self.named_layers(), inputs, strict=False):
            module.add_module(name, layer.module(shape))
        return module
