import pytest

from cnnviz.layers import Conv2d, ShapeError
from cnnviz.ui.layer_lab.given_kernels import with_given_kernels
from tests.pages.conftest import OpenPage, open_page  # noqa: F401


@pytest.mark.parametrize(
    ("arguments", "side", "advice"),
    [
        ({"kernel_size": 5}, 4, "add padding 1"),
        ({"kernel_size": 5, "dilation": 3}, 12, "add padding 1 or take dilation 2"),
        ({"kernel_size": 5, "dilation": 3, "padding_mode": "reflect"}, 4, "choose a larger input"),
        ({"kernel_size": 5, "dilation": 5, "padding_mode": "circular", "padding": 1}, 4, "take dilation 1"),
        ({"kernel_size": 5, "stride": 2, "padding": "same"}, 8, "take stride 1 or padding 2, which gives 4×4"),
    ],
)
def test_the_size_of_given_kernels_is_no_way_out(arguments: dict, side: int, advice: str) -> None:
    layer = Conv2d(out_channels=2, **arguments)
    with pytest.raises(ShapeError) as caught:
        layer.output_shape((1, side, side))
    found = str(with_given_kernels(caught.value, layer, (1, side, side)))
    assert found.endswith(f": {advice}")
    assert "smaller kernel" not in found


@pytest.mark.parametrize("page", ["convolution", "pooling"])
def test_learned_kernels_on_an_input_that_is_too_small(open_page: OpenPage, page: str) -> None:  # noqa: F811
    app = open_page(page, kernel="learned", model="tutorial_net-cifar10", image="numbers", strided="true")
    (said,) = [error.value for error in app.error]
    assert "5×5 kernel on a 4×4 input" in said.replace("\\", "")
    assert "smaller kernel" not in said
