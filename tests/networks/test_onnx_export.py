"""The file is run by onnxruntime, and what it gives compared with torch."""

import functools
import random
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch.onnx._internal.exporter._registration import ONNXRegistry

from cnnviz.layers import (
    AdaptiveMaxPool2d,
    AvgPool2d,
    Concat,
    ConvTranspose2d,
    Dropout,
    DualPath,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    Residual,
)
from cnnviz.networks import KNOWN, Network, architecture
from cnnviz.networks.onnx_export import ExportError, onnx_bytes
from tests.networks.every_layer import SMALL, trained
from tests.networks.random_networks import random_network
from tests.scale import FULL, SEED

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")

BLOCKS = [
    architecture(key).fitted((3, 32, 32), 10) for key in ("simplified_resnet", "densenet121_cifar", "efficientnet_b0")
]
RUN = [*SMALL, *(architecture(key) for key in KNOWN if KNOWN[key].family == "small"), *BLOCKS]


@pytest.fixture(scope="module", autouse=True)
def errors_only():
    onnxruntime.set_default_logger_severity(3)


def small(*layers, shape=(4,)):
    return Network(name="small", input_shape=shape, layers=layers)


@pytest.fixture(scope="module", autouse=True)
def exporter():
    """torch.onnx reads all its operators' source text anew at every export, which takes half the time."""
    with pytest.MonkeyPatch.context() as patch:
        read = functools.cache(ONNXRegistry.from_torchlib.__func__)
        patch.setattr(ONNXRegistry, "from_torchlib", classmethod(read))
        yield


def check(network, sizes=(1, 3)):
    """ONNX' checker accepts the file, and onnxruntime loads it and gives torch's output."""
    module = trained(network)
    file = onnx_bytes(network, module)
    onnx.checker.check_model(onnx.load_from_string(file), full_check=True)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    for size in sizes:
        x = torch.randn(size, *network.input_shape)
        (ours,) = session.run(["output"], {"input": x.numpy()})
        with torch.inference_mode():
            expected = module(x).numpy()
        np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-4 * max(1, abs(expected).max()))


@pytest.mark.parametrize("network", RUN, ids=lambda network: network.name)
def test_it_computes_the_same_for_any_batch(network):
    check(network)


DROPPED = [  # in ceil mode, the last window of each begins beyond the input
    MaxPool2d(kernel_size=1, stride=3, ceil_mode=True),
    MaxPool2d(kernel_size=(2, 3), stride=(3, 4), padding=1, ceil_mode=True),
    MaxPool2d(kernel_size=2, stride=3, padding=1, dilation=2, ceil_mode=True),
    AvgPool2d(kernel_size=1, stride=3, ceil_mode=True),
    AvgPool2d(kernel_size=(2, 3), stride=(3, 4), padding=1, ceil_mode=True),
    AvgPool2d(kernel_size=(2, 3), stride=(3, 4), padding=1, ceil_mode=True, count_include_pad=False),
]


@pytest.mark.parametrize("layer", DROPPED, ids=repr)
def test_a_last_window_that_torch_drops(layer):
    shape = (3, 8, 7)
    assert "+ 1 - 1 =" in layer.size_formula(shape)[0]
    normed = [LocalResponseNorm(size=3), layer, LocalResponseNorm(size=2)]
    joined = [Residual(body=normed, shortcut=[layer])], [DualPath(body=[layer], shortcut=normed, added=2)]
    check(small(Concat(branches=[*joined, normed]), shape=shape))


@pytest.mark.parametrize("ceil_mode", [False, True])
def test_a_window_of_padding_alone_is_refused(ceil_mode):
    layer = MaxPool2d(kernel_size=2, stride=1, padding=1, dilation=3, ceil_mode=ceil_mode)
    network = small(Residual(body=[layer], shortcut=[layer]), shape=(1, 2, 4))
    assert torch.isneginf(network.module()(torch.randn(1, 1, 2, 4))).any()
    with pytest.raises(
        ExportError, match=r"^residual1\.body\.pool1: where a window holds padding alone its maximum is"
    ):
        onnx_bytes(network, network.module())


REASONS = (
    "where a window holds padding alone its maximum is minus infinity",
    "ONNX has no average pooling with a divisor of its own",
    "ONNX has no adaptive max pooling from",
    "programs that read ONNX refuse output padding",
)


def test_random_networks():
    rng, exported = random.Random(SEED), 0
    count = 1_000 if FULL else 12  # each takes a second
    for _ in range(count):
        network = random_network(rng)
        try:
            check(network, sizes=(3,))
        except ExportError as error:
            assert any(f": {reason}" in str(error) for reason in REASONS)  # noqa: PT017
        except Exception as error:
            raise AssertionError(network.model_dump_json()) from error
        else:
            exported += 1
    assert exported > count / 2


def test_what_the_check_of_onnx_refuses_is_not_given_out(monkeypatch):
    def refuse(file, full_check):
        assert full_check
        raise onnx.checker.ValidationError("no")

    monkeypatch.setattr(onnx.checker, "check_model", refuse)
    network = small(Linear(out_features=3))
    with pytest.raises(ExportError, match=r"^ONNX' own check refuses the file that PyTorch makes of small$"):
        onnx_bytes(network, network.module())


def test_one_file_holds_all(capfd):
    network = architecture("lenet5_1998")
    model = onnx.load_from_string(onnx_bytes(network, network.module()))
    onnx.checker.check_model(model, full_check=True)
    assert sum(np.prod(tensor.dims) for tensor in model.graph.initializer) >= network.num_params
    assert not any(tensor.external_data for tensor in model.graph.initializer)
    assert "dropout" not in {node.op_type.lower() for node in model.graph.node}
    assert capfd.readouterr() == ("", "")


def everything_of(module):
    return (
        [part.training for part in module.modules()],
        [weight.requires_grad for weight in module.parameters()],
        [len(part._forward_hooks) for part in module.modules()],
        {name: weight.clone() for name, weight in module.state_dict().items()},
    )


@pytest.mark.parametrize("is_failing", [False, True])
def test_the_module_stays_as_it_is(monkeypatch, is_failing):
    network = small(Linear(out_features=3), Dropout(), Residual(body=[Linear(out_features=3)]))
    module, seen = network.module(), []
    module.fc1.eval()
    module.fc1.weight.requires_grad_(False)
    module.fc1.register_forward_hook(lambda *given: seen.append(given))
    before = everything_of(module)
    if is_failing:

        def fail(*_, **__):
            raise torch.onnx.errors.OnnxExporterError("no")

        monkeypatch.setattr(torch.onnx, "export", fail)
        with pytest.raises(ExportError, match=r"^PyTorch cannot export small to ONNX$"):
            onnx_bytes(network, module)
    else:
        onnx_bytes(network, module)
    after = everything_of(module)
    assert after[:3] == before[:3]
    torch.testing.assert_close(after[3], before[3], rtol=0, atol=0)
    assert not seen


def test_half_precision_becomes_float32():
    network = small(Linear(out_features=3))
    module = network.module().half()
    model = onnx.load_from_string(onnx_bytes(network, module))
    assert model.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    assert module.fc1.weight.dtype == torch.float16


@pytest.mark.parametrize("package", ["onnx", "onnxscript"])
def test_a_missing_package_is_named(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    network = small(Linear(out_features=3))
    with pytest.raises(ExportError, match="pip install onnx onnxscript"):
        onnx_bytes(network, network.module())


def test_weights_of_another_network_are_refused():
    with pytest.raises(ExportError, match=r"^The weights are not of small: "):
        onnx_bytes(small(Linear(out_features=3)), small(Linear(out_features=2)).module())


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (AvgPool2d(kernel_size=2, divisor_override=3), "ONNX has no average pooling with a divisor of its own"),
        (AdaptiveMaxPool2d(output_size=4), "ONNX has no adaptive max pooling from 9×8 to 4×4: "),
        (
            ConvTranspose2d(out_channels=4, kernel_size=2, dilation=3, output_padding=(0, 2)),
            "programs that read ONNX refuse output padding 0×2 at stride 1×1: ",
        ),
    ],
)
def test_what_onnx_cannot_do_names_the_layer(layer, message):
    name = "upconv1" if isinstance(layer, ConvTranspose2d) else "pool1"
    network = small(Residual(body=[layer], shortcut=[layer]), shape=(4, 9, 8))
    with pytest.raises(ExportError) as caught:
        onnx_bytes(network, network.module())
    assert str(caught.value).startswith(f"residual1.body.{name}: {message}")


def test_visitors_can_export_at_the_same_time():
    keys = ("lenet5", "tutorial_net", "mlp")
    with ThreadPoolExecutor(3) as pool:
        files = list(pool.map(lambda key: onnx_bytes(architecture(key), architecture(key).module()), keys))
    assert all(len(file) > 10_000 for file in files)


def test_what_is_gigabytes_in_memory_is_not_exported():
    with torch.device("meta"):
        module = architecture("vgg16").module()
    wide = Network(name="wide", input_shape=(20_000,), layers=(Linear(out_features=9_000),))
    with pytest.raises(ExportError, match="180,009,000 parameters"):
        onnx_bytes(wide, module)
