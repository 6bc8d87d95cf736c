import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from cnnviz.layers import AnyLayer, AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, ShapeError, pair, shape_text

JSON = TypeAdapter(AnyLayer)

counts = st.integers(1, 512)
sizes = st.integers(1, 11) | st.tuples(st.integers(1, 11), st.integers(1, 11))
margins = st.integers(0, 5) | st.tuples(st.integers(0, 5), st.integers(0, 5))

LAYERS = st.one_of(
    st.builds(
        Conv2d,
        out_channels=counts,
        kernel_size=sizes,
        stride=sizes,
        padding=margins | st.sampled_from(["same", "valid"]),
        dilation=sizes,
        groups=counts,
        bias=st.booleans(),
    ),
    st.builds(MaxPool2d, kernel_size=sizes, stride=st.none() | sizes, padding=margins, dilation=sizes),
    st.builds(AvgPool2d, kernel_size=sizes, stride=st.none() | sizes, padding=margins),
    st.builds(Linear, out_features=counts, bias=st.booleans()),
    st.builds(Flatten),
    st.builds(ReLU),
)


@settings(deadline=None, max_examples=80)
@given(LAYERS)
def test_json_round_trip(layer):
    again = JSON.validate_json(JSON.dump_json(layer))
    assert again == layer
    assert type(again) is type(layer)
    assert hash(again) == hash(layer)  # a layer can be a key of a cache


def test_json_tells_layers_apart_by_type():
    assert JSON.validate_python({"type": "AvgPool2d", "kernel_size": 2}) == AvgPool2d(kernel_size=2)
    with pytest.raises(ValidationError, match="MaxPool3d"):
        JSON.validate_python({"type": "MaxPool3d", "kernel_size": 2})


def test_json_with_an_impossible_number_says_which():
    with pytest.raises(ValidationError, match="Conv2d: stride = 0: must be at least 1"):
        JSON.validate_json('{"type": "Conv2d", "out_channels": 1, "kernel_size": 3, "stride": 0}')


def test_a_layer_cannot_be_changed():
    layer = Linear(out_features=3)
    with pytest.raises(ValidationError, match="frozen"):
        layer.out_features = 4


@pytest.mark.parametrize("value", [0, -1, 2.5, "3", True, None, (0, 3), (3, 0), (3,), (3, 3, 3), []])
def test_a_size_is_one_or_two_whole_numbers_from_1(value):
    with pytest.raises(ShapeError, match=r"^Conv2d: kernel_size = "):
        Conv2d(out_channels=1, kernel_size=value)


def test_unknown_and_missing_arguments_are_named():
    with pytest.raises(ShapeError, match=r"^Linear: in_features = 3: "):
        Linear(out_features=2, in_features=3)
    with pytest.raises(ShapeError, match=r"^Linear: out_features: "):
        Linear()


@pytest.mark.parametrize(
    "layer", [Conv2d(out_channels=1, kernel_size=1), MaxPool2d(kernel_size=1), AvgPool2d(kernel_size=1)]
)
@pytest.mark.parametrize("shape", [(10,), (8, 8), (1, 3, 8, 8), (0, 8, 8), (3, 0, 8), (3, 8, 0)])
def test_layers_of_maps_refuse_what_is_no_map(assert_one_sentence, layer, shape):
    for method in (layer.output_shape, layer.num_params, layer.macs, layer.module):
        with pytest.raises(ShapeError) as refusal:
            method(shape)
        assert_one_sentence(str(refusal.value), layer.kind)
        assert shape_text(shape) in str(refusal.value)


def test_shape_error_is_a_value_error():
    assert issubclass(ShapeError, ValueError)


def test_pair_and_shape_text():
    assert pair(3) == (3, 3)
    assert pair((3, 5)) == (3, 5)
    assert shape_text((32, 31, 31)) == "32×31×31"
