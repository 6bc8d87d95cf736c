from functools import cache

import pytest
import torch
from torch import nn

from cnnviz.layers import LocalResponseNorm
from cnnviz.networks import KNOWN, Network, architecture, architectures, table, totals
from cnnviz.torchvision_guard import torchvision

EFFICIENTNETS = [f"efficientnet_b{number}" for number in range(8)]
RESNETS = [f"resnet{depth}" for depth in (18, 34, 50, 101, 152)]
TORCHVISIONS = ["alexnet", "vgg16", *RESNETS, *EFFICIENTNETS]
PUBLISHED = ["AlexNet", "VGG16", *(f"ResNet{depth}" for depth in (18, 34, 50, 101, 152))]
PUBLISHED += [f"EfficientNet_B{number}" for number in range(8)]
COURSES = [
    "mlp", "tutorial_net", "lenet5_1998", "lenet5", "alexnet_2012", "alexnet", "simplified_alexnet", "simplified_resnet",
    "vgg16", "vgg16_cifar", *RESNETS, "resnet18_cifar", "resnet50_cifar", "resnet101_cifar", "preact_resnet18_cifar",
    "preact_resnet18_paper_cifar",
    "resnext29_32x4d_cifar", "resnext29_2x64d_cifar", "densenet121_cifar", "dpn92_cifar", *EFFICIENTNETS,
    "alphago_policy", "fcn_segmentation",
]  # fmt: skip
CHEAP = [key for key in architectures() if totals(table(architecture(key))).macs < 7e8 and KNOWN[key].imagenet is None]


def named_shapes(network):
    return {name: shape for (name, _), shape in zip(network.named_layers(), network.shapes, strict=True)}


def test_lenet5_has_the_shapes_of_the_keras_notes():
    network = architecture("lenet5")
    assert network.input_shape == (1, 28, 28)
    assert named_shapes(network) == {
        "conv1": (32, 28, 28),
        "relu1": (32, 28, 28),
        "pool1": (32, 14, 14),
        "conv2": (48, 14, 14),
        "relu2": (48, 14, 14),
        "pool2": (48, 7, 7),
        "flatten1": (2352,),
        "fc1": (256,),
        "relu3": (256,),
        "fc2": (84,),
        "relu4": (84,),
        "fc3": (10,),
    }
    assert network.num_params == 832 + 38_448 + 602_368 + 21_588 + 850


def test_the_strided_lenet5_has_the_same_shapes_without_pooling():
    pooled, strided = (architecture(key) for key in ("lenet5", "lenet5_strided"))
    assert strided.num_params == pooled.num_params
    assert not any("Pool" in layer.kind for layer in strided.layers)
    assert [shape for shape in strided.shapes if shape in pooled.shapes] == list(strided.shapes)


def test_tutorial_net_has_the_shapes_of_pytorchs_tutorial():
    network = architecture("tutorial_net")
    assert network.input_shape == (3, 32, 32)
    assert named_shapes(network) == {
        "conv1": (6, 28, 28),
        "relu1": (6, 28, 28),
        "pool1": (6, 14, 14),
        "conv2": (16, 10, 10),
        "relu2": (16, 10, 10),
        "pool2": (16, 5, 5),
        "flatten1": (400,),
        "fc1": (120,),
        "relu3": (120,),
        "fc2": (84,),
        "relu4": (84,),
        "fc3": (10,),
    }
    assert network.num_params == 62_006


@pytest.mark.parametrize("key", ["lenet5", "tutorial_net"])
def test_module_gives_the_promised_shapes_layer_by_layer(key):
    network = architecture(key)
    module = network.module()
    assert sum(p.numel() for p in module.parameters()) == network.num_params
    x = torch.zeros(2, *network.input_shape)
    for (name, layer), promised in zip(module.named_children(), network.shapes, strict=True):
        x = layer(x)
        assert tuple(x.shape[1:]) == promised, name


@pytest.mark.parametrize("key", ["lenet5", "tutorial_net"])
@pytest.mark.parametrize(("input_shape", "classes"), [((1, 28, 28), 10), ((3, 32, 32), 10), ((1, 20, 24), 3)])
def test_fits_other_images_and_classes(key, input_shape, classes):
    fitted = architecture(key).fitted(input_shape, classes)
    assert fitted.module()(torch.zeros(2, *input_shape)).shape == (2, classes)


@pytest.mark.parametrize("key", architectures())
def test_json_round_trip(key):
    network = architecture(key)
    assert Network.model_validate_json(network.model_dump_json()) == network


def test_architectures_lists_the_keys():
    assert set(COURSES) <= set(architectures())
    assert len(set(architectures())) == len(architectures())


def test_an_unknown_key_names_the_known_ones():
    with pytest.raises(KeyError) as refusal:
        architecture("lenet6")
    assert "lenet6" in str(refusal.value)
    assert all(key in str(refusal.value) for key in architectures())


@cache
def theirs(key: str) -> nn.Module:
    """torchvision's, without weights."""
    with torch.device("meta"):
        return getattr(torchvision().models, key)(weights=None)


def on_meta(key: str) -> nn.Module:
    with torch.device("meta"):
        return architecture(key).module()


@pytest.mark.parametrize(
    ("key", "params"),
    [
        ("vgg16_cifar", 14_728_266),
        ("resnet18_cifar", 11_173_962),
        ("resnet50_cifar", 23_520_842),
        ("resnet101_cifar", 42_512_970),
        ("preact_resnet18_cifar", 11_171_146),
        ("preact_resnet18_paper_cifar", 11_172_170),
        ("resnext29_32x4d_cifar", 4_774_218),
        ("resnext29_2x64d_cifar", 9_128_778),
        ("dpn92_cifar", 34_236_634),
        ("alexnet_2012", 60_965_224),
        ("densenet121_cifar", 6_956_298),
        ("vgg16", 138_357_544),
        ("alexnet", 61_100_840),
        ("resnet18", 11_689_512),
        ("resnet50", 25_557_032),
        ("lenet5_1998", 61_706),
    ],
)
def test_parameters_are_the_published_ones(key, params):
    assert architecture(key).num_params == params
    assert totals(table(architecture(key))).params == params


@pytest.mark.parametrize("key", architectures())
def test_the_module_has_as_many_parameters_and_ends_in_the_promised_shape(key):
    network = architecture(key)
    module = on_meta(key)
    assert sum(p.numel() for p in module.parameters()) == network.num_params
    out = module.eval()(torch.zeros(2, *network.input_shape, device="meta"))
    assert tuple(out.shape[1:]) == network.shapes[-1]


@pytest.mark.parametrize("key", TORCHVISIONS)
def test_parameters_have_torchvisions_shapes(key):
    ours = [tuple(p.shape) for p in on_meta(key).parameters()]
    expected = [tuple(p.shape) for p in theirs(key).parameters()]
    assert ours == expected


@pytest.mark.parametrize(("key", "side"), [("resnet18", 64), ("alexnet", 224), ("efficientnet_b0", 64)])
def test_with_torchvisions_weights_it_computes_what_torchvisions_does(key, side):
    torch.manual_seed(0)
    expected = getattr(torchvision().models, key)(weights=None).eval()
    network = architecture(key).model_copy(update={"input_shape": (3, side, side)})
    module = network.module().eval()
    with torch.no_grad():
        for buffer in expected.buffers():  # means and variances that are not 0 and 1
            if buffer.is_floating_point():
                buffer.uniform_(0.5, 1.5)
    assert len(module.state_dict()) == len(expected.state_dict())
    module.load_state_dict(dict(zip(module.state_dict(), expected.state_dict().values(), strict=True)))
    x = torch.randn(2, 3, side, side)
    with torch.no_grad():
        torch.testing.assert_close(module(x), expected(x))


@pytest.mark.parametrize("key", TORCHVISIONS)
def test_normalisation_and_dropout_have_torchvisions_numbers(key):
    def of(module: nn.Module) -> list[tuple[float, ...]]:
        norms = [(m.eps, m.momentum) for m in module.modules() if isinstance(m, nn.BatchNorm2d)]
        return norms + [(m.p,) for m in module.modules() if isinstance(m, nn.Dropout)]

    assert of(on_meta(key)) == of(theirs(key))


@pytest.mark.parametrize(("key", "name"), list(zip(TORCHVISIONS, PUBLISHED, strict=True)))
def test_accuracies_and_multiply_adds_are_the_published_ones(key, name):
    meta = getattr(torchvision().models, f"{name}_Weights").IMAGENET1K_V1.meta
    assert KNOWN[key].imagenet == meta["_metrics"]["ImageNet-1K"]["acc@1"]
    assert f"{name}_Weights" in KNOWN[key].where
    assert architecture(key).num_params == meta["num_params"]
    assert totals(table(architecture(key))).macs / 1e9 == pytest.approx(meta["_ops"], rel=0, abs=6e-4)


def test_alexnet_2012_has_the_shapes_of_the_lecture():
    expected = [
        (96, 55, 55), (96, 27, 27), (256, 27, 27), (256, 13, 13), (384, 13, 13), (384, 13, 13), (256, 13, 13), (256, 6, 6),
        (4096,), (4096,), (1000,),
    ]  # fmt: skip
    network = architecture("alexnet_2012")
    assert network.input_shape == (3, 227, 227)
    rows = [row for row in table(network) if row.kind in ("Conv2d", "MaxPool2d", "Linear")]
    assert [row.output_shape for row in rows] == expected


def test_alexnets_normalisation_has_the_papers_sum_where_torchs_has_a_mean():
    norm = next(layer for layer in architecture("alexnet_2012").layers if isinstance(layer, LocalResponseNorm))
    alpha, beta, k, size = 1e-4, 0.75, 2.0, 5
    x = torch.randn(1, 96, 3, 3, generator=torch.Generator().manual_seed(0)) * 50
    padded = nn.functional.pad(x**2, (0, 0, 0, 0, size // 2, size // 2))
    sums = sum(padded[:, i : i + 96] for i in range(size))
    torch.testing.assert_close(norm.module((96, 3, 3))(x), x / (k + alpha * sums) ** beta)


@pytest.mark.parametrize("key", CHEAP)
def test_small_ones_run_with_random_weights(key):
    network = architecture(key)
    with torch.no_grad():
        out = network.module().eval()(torch.randn(1, *network.input_shape))
    assert tuple(out.shape[1:]) == network.shapes[-1]
    assert torch.isfinite(out).all()


def test_small_ones_are_most_of_those_for_cifar():
    assert {"mlp", "lenet5", "simplified_alexnet", "simplified_resnet", "vgg16_cifar", "resnet18_cifar"} <= set(CHEAP)


def test_a_known_architecture_is_made_once():
    assert architecture("resnet18") is architecture("resnet18")


@pytest.mark.parametrize("key", architectures())
def test_each_has_a_source_a_family_and_a_believable_accuracy(key):
    known = KNOWN[key]
    assert known.source
    assert known.family
    for accuracy in (known.imagenet, known.cifar10):
        assert accuracy is None or (40 < accuracy < 100 and known.where)


def test_the_alphago_policy_gives_a_probability_for_each_point():
    network = architecture("alphago_policy")
    with torch.no_grad():
        shares = network.module().eval()(torch.randn(2, *network.input_shape))
    assert shares.shape == (2, 361)
    torch.testing.assert_close(shares.sum(1), torch.ones(2))


class PreActivated(nn.Module):
    """A block of He et al., arXiv 1603.05027, figure 1b, with 1×1 shortcuts where the shape changes."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(channels), nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn2, self.conv2 = nn.BatchNorm2d(width), nn.Conv2d(width, width, 3, 1, 1, bias=False)
        changes = stride > 1 or channels != width
        self.shortcut = nn.Conv2d(channels, width, 1, stride, bias=False) if changes else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        active = self.bn1(x).relu()
        return self.conv2(self.bn2(self.conv1(active)).relu()) + (x if self.shortcut is None else self.shortcut(active))


class PreActResNet18(nn.Module):
    def __init__(self, has_last_norm: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        plan = [(64, 64, 1), (64, 64, 1), (64, 128, 2), (128, 128, 1)]
        plan += [(128, 256, 2), (256, 256, 1), (256, 512, 2), (512, 512, 1)]
        self.blocks = nn.Sequential(*(PreActivated(*numbers) for numbers in plan))
        self.bn = nn.BatchNorm2d(512) if has_last_norm else None
        self.fc = nn.Linear(512, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.blocks(self.conv(x))
        x = x if self.bn is None else self.bn(x).relu()
        return self.fc(x.mean((2, 3)))


@pytest.mark.parametrize(
    ("key", "has_last_norm"), [("preact_resnet18_cifar", False), ("preact_resnet18_paper_cifar", True)]
)
def test_the_preactivated_networks_compute_what_their_sources_do(key, has_last_norm):
    torch.manual_seed(0)
    expected, ours = PreActResNet18(has_last_norm).eval(), architecture(key).module().eval()
    with torch.no_grad():
        for name, tensor in expected.state_dict().items():
            if "bn" in name and tensor.is_floating_point():
                tensor.uniform_(0.5, 1.5)
    assert len(ours.state_dict()) == len(expected.state_dict())
    ours.load_state_dict(dict(zip(ours.state_dict(), expected.state_dict().values(), strict=True)))
    x = torch.randn(1, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), expected(x))


FAITHFUL = {
    "tutorial_net", "resnet18", "resnet34", "alphago_policy", "alphago_policy_128", "alphago_policy_256", "alphago_policy_384",
}  # fmt: skip


@pytest.mark.parametrize("key", architectures())
def test_what_is_not_as_in_the_source_is_said(key):
    assert bool(KNOWN[key].differs) == (key not in FAITHFUL)
    assert KNOWN[key].differs == "" or KNOWN[key].differs.endswith(".")


def test_differences_that_are_said_are_there():
    """Where a sentence names a number, it is one of the network or of what it cites."""
    fourth = [layer for layer in architecture("alexnet").layers if layer.kind == "Conv2d"][3]
    assert fourth.out_channels == 256
    third = table(architecture("lenet5_1998"))[3]
    assert third.params == 2_416
    assert 16 + 25 * 60 == 1_516
    assert architecture("alexnet_2012").input_shape == (3, 227, 227)
    stem = architecture("resnext29_32x4d_cifar").layers[0]
    assert stem.kernel_size == 1
    for key in ("alexnet", "vgg16"):
        pooled = {"alexnet": (256, 6, 6), "vgg16": (512, 7, 7)}[key]
        assert pooled in architecture(key).shapes  # what torchvision's adaptive pooling would give
    for key in ("resnet50", "resnet50_cifar"):
        strided = [
            row for row in table(architecture(key)) if ".body." in row.name and getattr(row.layer, "stride", 1) == 2
        ]
        assert {row.layer.kernel_size for row in strided} == {3}
