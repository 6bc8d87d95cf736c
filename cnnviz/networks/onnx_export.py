"""A network with weights as an ONNX file: what browsers, phones and other frameworks run."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnnviz.layers import AdaptiveMaxPool2d, AvgPool2d, Block, ConvTranspose2d, Layer, Shape, pair, shape_text
from cnnviz.layers.base import times
from cnnviz.layers.blocks import follow
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
    packages onnx and onnxscript are missing, the weights are another network's, or PyTorch cannot export a layer.
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
    _check(network.layers, network.input_shape)
    with _ONE_AT_A_TIME:
        return _exported(network, module)


def _exported(network: Network, module: nn.Module) -> bytes:
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
    ours.eval().requires_grad_(False)
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
            raise ExportError(f"PyTorch cannot export {network.name or 'this network'} to ONNX") from error
    assert program is not None
    return program.model_proto.SerializeToString()


def _check(layers: Sequence[Layer], shape: Shape, prefix: str = "") -> None:
    """Raises ExportError where PyTorch's exporter fails, or writes what other programs refuse or compute differently."""
    for name, layer, before, after in follow(layers, shape):
        match layer:
            case Block():
                for which, path in layer.paths.items():
                    _check(path, before, f"{prefix}{name}.{which}.")
            case AvgPool2d(divisor_override=int()):
                raise ExportError(
                    f"{prefix}{name}: ONNX has no average pooling with a divisor of its own, and this one has "
                    f"{layer.divisor_override}: leave divisor_override out"
                )
            case AdaptiveMaxPool2d() if any(n % out for n, out in zip(before[1:], after[1:], strict=True)):
                raise ExportError(
                    f"{prefix}{name}: ONNX has no adaptive max pooling from {shape_text(before[1:])} to "
                    f"{shape_text(after[1:])}: take an output size that divides the input's, or MaxPool2d"
                )
            case ConvTranspose2d() if any(
                more >= stride for more, stride in zip(pair(layer.output_padding), layer.strides, strict=True)
            ):
                raise ExportError(
                    f"{prefix}{name}: programs that read ONNX refuse output padding {times(layer.output_padding)} "
                    f"at stride {times(layer.stride)}: take a smaller output padding"
                )
