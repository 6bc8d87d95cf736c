"""A network with weights as an ONNX file: what browsers, phones and other frameworks run."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cnnviz.layers import (
    AdaptiveMaxPool2d,
    AvgPool2d,
    Block,
    ConvTranspose2d,
    Layer,
    MaxPool2d,
    Shape,
    pair,
    shape_text,
)
from cnnviz.layers.base import times
from cnnviz.layers.blocks import with_shapes
from cnnviz.networks.network import Network

if TYPE_CHECKING:
    from torch import nn


_ONE_AT_A_TIME = threading.Lock()  # the exporter and the filter of warnings belong to the whole process
MOST_PARAMS = 150_000_000
"""VGG16 fits; a file of more is gigabytes in memory, several times over."""


class ExportError(RuntimeError):
    """A network that cannot be exported: one sentence that says why, and what would help."""


def onnx_bytes(network: Network, module: nn.Module) -> bytes:
    """An ONNX file of the network with the weights of ``module``, which stays as it is.

    In evaluation mode, float32; "input" and "output" have a batch axis of any size. Raises ExportError where the
    packages onnx and onnxscript are missing, the weights are another network's, PyTorch cannot export a layer, or ONNX' own
    check refuses the file.
    """
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError:
        raise ExportError(
            "An ONNX file needs two packages that are not installed: pip install onnx onnxscript"
        ) from None
    if network.num_params > MOST_PARAMS:
        raise ExportError(
            f"{network.name or 'This network'} has {network.num_params:,} parameters: "
            f"an ONNX file is made of {MOST_PARAMS:,} at most"
        )
    for name, layer, before, after in _each(network.layers, network.input_shape):
        _check(name, layer, before, after)
    with _ONE_AT_A_TIME:
        return _exported(network, module)


def _exported(network: Network, module: nn.Module) -> bytes:
    import onnx
    import torch

    with torch.device("meta"):  # a module of its own, without the hooks and the mode of the given one
        ours = network.module()
    weights = {
        name: weight.detach().to("cpu", torch.float32 if weight.is_floating_point() else weight.dtype)
        for name, weight in module.state_dict().items()
    }
    try:
        ours.load_state_dict(weights, assign=True)
    except RuntimeError:
        raise ExportError(
            f"The weights are not of {network.name or 'this network'}: export them with the network they were trained in"
        ) from None
    for name, layer, before, _ in _each(network.layers, network.input_shape):
        if isinstance(layer, MaxPool2d | AvgPool2d) and layer.ceil_mode:
            ours.set_submodule(name, _without_ceil_mode(layer, before))
    ours.eval().requires_grad_(False)
    called = network.name or "this network"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter uses what Python and torch call deprecated
        try:
            program = torch.onnx.export(
                ours,
                (torch.zeros(2, *network.input_shape),),  # a batch of 1 would be taken for a constant
                dynamo=True,
                verbose=False,
                input_names=["input"],
                output_names=["output"],
                dynamic_shapes=({0: torch.export.Dim("batch")},),
            )
        except torch.onnx.errors.OnnxExporterError as error:
            raise ExportError(f"PyTorch cannot export {called} to ONNX") from error
    assert program is not None
    file = program.model_proto.SerializeToString()
    try:
        onnx.checker.check_model(file, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ExportError(f"ONNX' own check refuses the file that PyTorch makes of {called}") from error
    return file


def _without_ceil_mode(layer: MaxPool2d | AvgPool2d, shape: Shape) -> nn.Module:
    from cnnviz.networks.onnx_pooling import MaxOfPadded, MeanOfPadded

    return MaxOfPadded(layer, shape) if isinstance(layer, MaxPool2d) else MeanOfPadded(layer, shape)


def _each(layers: Sequence[Layer], shape: Shape, prefix: str = "") -> Iterator[tuple[str, Layer, Shape, Shape]]:
    """``follow``, into all blocks: the names are those of the torch modules."""
    for name, layer, before, after in with_shapes(layers, shape):
        yield f"{prefix}{name}", layer, before, after
        if isinstance(layer, Block):
            for which, path in layer.paths.items():
                yield from _each(path, before, f"{prefix}{name}.{which}.")


def _check(name: str, layer: Layer, before: Shape, after: Shape) -> None:
    """Raises ExportError where PyTorch's exporter fails, or writes what other programs refuse or compute differently."""
    match layer:
        case MaxPool2d() if any((taps < 0).all(axis=1).any() for taps in layer.taps(before)):
            raise ExportError(
                f"{name}: where a window holds padding alone its maximum is minus infinity, and programs that read "
                "ONNX give −3.4e38 instead: take a smaller padding or a smaller dilation"
            )
        case AvgPool2d(divisor_override=int()):
            raise ExportError(
                f"{name}: ONNX has no average pooling with a divisor of its own, and this one has "
                f"{layer.divisor_override}: leave divisor_override out"
            )
        case AdaptiveMaxPool2d() if any(n % out for n, out in zip(before[1:], after[1:], strict=True)):
            raise ExportError(
                f"{name}: ONNX has no adaptive max pooling from {shape_text(before[1:])} to "
                f"{shape_text(after[1:])}: take an output size that divides the input's, or MaxPool2d"
            )
        case ConvTranspose2d() if any(
            more >= stride for more, stride in zip(pair(layer.output_padding), layer.strides, strict=True)
        ):
            raise ExportError(
                f"{name}: programs that read ONNX refuse output padding {times(layer.output_padding)} "
                f"at stride {times(layer.stride)}: take a smaller output padding"
            )
