import pytest

from cnnviz.layers import Concat, Conv2d, Flatten, Linear, ReLU, Residual
from cnnviz.networks import Network, architecture, architectures
from cnnviz.networks.summaries import depth, is_form_of, summary


@pytest.mark.parametrize(
    ("key", "number"),
    [
        *((f"resnet{number}", number) for number in (18, 34, 50, 101, 152)),
        *((f"resnet{number}_cifar", number) for number in (18, 50, 101)),
        ("preact_resnet18_cifar", 18),
        ("preact_resnet18_paper_cifar", 18),
        ("resnext29_32x4d_cifar", 29),
        ("dpn92_cifar", 92),
        ("vgg16", 16),
        # LeNet-5 counts its poolings and not its output, AlexNet has 5 convolutions and 3 Linear layers
        ("lenet5", 5),
        ("alexnet", 8),
    ],
)
def test_the_depth_is_the_number_in_the_name(key, number):
    assert summary(key).depth == number


def test_densenet121_for_small_images_is_as_deep_as_for_large_ones():
    """Its first convolution is 3×3 instead of 7×7 with a pooling, which counts nothing: no layer with weights is lost."""
    stages = (6, 12, 24, 16)
    first, transitions, classifier = 1, len(stages) - 1, 1
    assert first + 2 * sum(stages) + transitions + classifier == 121
    assert summary("densenet121_cifar").depth == 121


def test_vgg16_for_small_images_has_one_linear_layer_instead_of_three():
    assert summary("vgg16_cifar").depth == 16 - 2


def test_of_several_paths_the_longest_counts():
    one, relu = Conv2d(out_channels=1, kernel_size=1), ReLU()
    assert depth([]) == 0
    assert depth([relu, one, Flatten(), Linear(out_features=1)]) == 2
    assert depth([Residual(body=(one, relu, one), shortcut=(one,))]) == 2
    assert depth([Residual(body=(), shortcut=(one,))]) == 1
    assert depth([Concat(branches=((one, one), (one, Residual(body=(one, one))), ())), one]) == 4
    assert depth([Concat(branches=())]) == 0


@pytest.mark.parametrize("key", architectures())
def test_figures_are_those_of_the_network(key):
    found = summary(key)
    assert found.network == architecture(key)
    assert found.totals.params == found.network.num_params
    assert found.depth > 0


def test_figures_of_an_unknown_architecture_are_a_key_error():
    with pytest.raises(KeyError, match="lenet6"):
        summary("lenet6")


@pytest.mark.parametrize("key", architectures())
def test_a_network_is_the_form_of_its_own_architecture_only(key):
    assert [other for other in architectures() if is_form_of(architecture(key), other)] == [key]


@pytest.mark.parametrize(("shape", "classes"), [((3, 32, 32), 100), ((1, 28, 28), 10), ((3, 64, 64), 2)])
def test_fitted_to_another_dataset_it_is_the_same_form(shape, classes):
    for key in ("lenet5", "resnet18_cifar"):
        fitted = architecture(key).fitted(shape, classes)
        assert is_form_of(fitted, key)
        assert not is_form_of(fitted, "tutorial_net")


def test_with_another_layer_it_is_another_form():
    lenet = architecture("lenet5")
    first, *others, last = lenet.layers
    changed = {
        "a layer less": (first, *others),
        "one more": (*lenet.layers, ReLU()),
        "another end": (first, *others, ReLU()),
        "another kernel": (Conv2d(out_channels=32, kernel_size=3, padding=1), *others, last),
        "none": (),
    }
    for name, layers in changed.items():
        assert not is_form_of(Network(name=name, input_shape=lenet.input_shape, layers=layers), "lenet5")


def test_a_network_that_ends_in_maps_is_compared_as_a_whole():
    policy = architecture("alphago_policy")
    assert is_form_of(policy.model_copy(update={"name": "mine"}), "alphago_policy")
    shorter = Network(name="shorter", input_shape=policy.input_shape, layers=policy.layers[:-1])
    assert not is_form_of(shorter, "alphago_policy")


def test_a_network_without_a_bias_at_its_end_is_another():
    known = architecture("lenet5")
    changed = known.model_copy(update={"layers": (*known.layers[:-1], Linear(out_features=10, bias=False))})
    assert is_form_of(known, "lenet5")
    assert not is_form_of(changed, "lenet5")
