import pytest

from cnnviz.layers import MaxPool2d
from cnnviz.layers.invariance import change, rolled
from cnnviz.ui.pickers.examples import POOLINGS
from cnnviz.ui.pickers.image_picker import digit_image
from tests.pages.conftest import OpenPage
from tests.pages.visits import said


def texts(app: object) -> str:
    return "\n".join(element.value for element in app.markdown)  # type: ignore[attr-defined]


def captions(app: object) -> str:
    return "\n".join(said(caption) for caption in app.caption)  # type: ignore[attr-defined]


def options(app: object, key: str) -> list[str]:
    return list(app.select_slider(key=key).options)  # type: ignore[attr-defined]


def test_formula_and_costs_have_the_numbers_filled_in(open_page: OpenPage) -> None:
    app = open_page("pooling", kernel_size="3", stride="2", padding="1")
    assert r"$\lfloor (28 + 2 \cdot 1 - 3) / 2 \rfloor + 1 = 14$" in texts(app)
    assert "1×28×28 → **1×14×14**" in texts(app)
    assert "pooling learns nothing" in texts(app)
    assert "784 activations in, 196 out" in texts(app)


def test_ceil_mode_rounds_up_and_says_so(open_page: OpenPage) -> None:
    app = open_page("pooling", kernel_size="3", ceil_mode="true")
    assert r"$\lceil (28 + 2 \cdot 0 - 3) / 3 \rceil + 1 = 10$" in texts(app)
    app.toggle(key="ceil_mode").set_value(False).run()
    assert "1×28×28 → **1×9×9**" in texts(app)


def test_stride_left_out_is_the_kernel(open_page: OpenPage) -> None:
    app = open_page("pooling", kernel_size="4")
    assert "→ **1×7×7**" in texts(app)
    app.select_slider(key="stride").set_value(1).run()
    assert "→ **1×25×25**" in texts(app)


def test_axes_apart(open_page: OpenPage) -> None:
    app = open_page("pooling", apart="true", kernel_size="2", kernel_size_width="4", stride="1")
    assert "→ **1×27×7**" in texts(app)  # the width's stride is its kernel


@pytest.mark.parametrize(
    ("address", "shape"),
    [
        ({"layer": "AdaptiveAvgPool2d"}, "1×3×3"),
        ({"layer": "AdaptiveMaxPool2d", "output_size": "5"}, "1×5×5"),
        ({"layer": "AdaptiveMaxPool2d", "output_size": "input"}, "1×28×28"),
        ({"layer": "AdaptiveAvgPool2d", "apart": "true", "output_size": "2", "output_size_width": "input"}, "1×2×28"),
        ({"layer": "Global max"}, "1×1×1"),
        ({"layer": "Global average", "image": "shape"}, "3×1×1"),
    ],
)
def test_adaptive_and_global_pooling(open_page: OpenPage, address: dict[str, str], shape: str) -> None:
    app = open_page("pooling", **address)
    assert f"→ **{shape}**" in texts(app)
    assert not app.error


def test_padding_is_bounded_by_half_the_kernel_and_says_why(open_page: OpenPage) -> None:
    app = open_page("pooling", kernel_size="4")
    assert options(app, "padding") == ["0", "1", "2"]
    app = open_page("pooling", padding="2")
    assert said(app.error[0]).startswith("MaxPool2d: padding 2×2 is more than half of the 2×2 kernel")
    app.select_slider(key="kernel_size").set_value(4).run()
    assert not app.error


def test_a_smaller_image_brings_the_layer_back_and_says_so(open_page: OpenPage) -> None:
    app = open_page("pooling", kernel_size="9")
    app.selectbox(key="image").set_value("lecture").run()
    assert said(app.info[0]).startswith("Kernel size is 6 now: 9×9 kernel on a 6×6 input")
    assert not app.error
    app.run()
    assert not app.info


def test_a_dilated_maximum_stands_alone_and_says_why(open_page: OpenPage) -> None:
    app = open_page("pooling", dilation="2")
    assert said(app.info[0]) == "AvgPool2d has no dilation: take dilation 1 to see the average beside the maximum."
    app.toggle(key="both").set_value(False).run()
    assert not app.info
    app.selectbox(key="layer").set_value("AvgPool2d").run()
    assert not app.error
    assert "dilation" not in [slider.key for slider in app.select_slider]


def test_the_divisor_is_in_the_code(open_page: OpenPage) -> None:
    app = open_page(
        "pooling",
        layer="AvgPool2d",
        both="false",
        more="code",
        padding="1",
        count_include_pad="false",
        divisor_override="3",
    )
    assert "nn.AvgPool2d(kernel_size=2, padding=1, count_include_pad=False, divisor_override=3)" in app.code[0].value
    app.number_input(key="divisor_override").set_value(0).run()
    assert "divisor_override" not in app.code[0].value


def test_code_of_both_and_what_keras_cannot_do(open_page: OpenPage) -> None:
    app = open_page("pooling", more="code")
    assert ["nn.MaxPool2d(" in app.code[0].value, "nn.AvgPool2d(" in app.code[2].value] == [True, True]
    app = open_page("pooling", more="code", dilation="2", both="false")
    assert len(app.code) == 1
    assert any("Keras has no max pooling with dilation" in info.value for info in app.info)


def test_a_strided_convolution_beside_it_takes_the_same_steps(open_page: OpenPage) -> None:
    app = open_page("pooling", strided="true", kernel_size="3", padding="1", image="shape")
    assert "`nn.Conv2d(3, 4, kernel_size=3, stride=3, padding=1)`" in texts(app)
    assert "`4·(3·3·3) + 4 = 112` parameters, 13,068 multiply-adds" in texts(app)
    app = open_page("pooling", strided="true", layer="Global max")
    assert any("no kernel size and stride" in info.value for info in app.info)


def test_a_strided_convolution_of_another_size_says_so(open_page: OpenPage) -> None:
    app = open_page("pooling", strided="true", kernel_size="3", stride="2", ceil_mode="true")
    assert "Its output is 13×13, of another size" in captions(app)
    assert "of another size" not in captions(open_page("pooling", strided="true", kernel_size="3", stride="2"))


def test_learned_kernels_in_the_strided_convolution_keep_their_size(open_page: OpenPage) -> None:
    app = open_page("pooling", strided="true", kernel="learned", kernel_size="2")
    assert "`nn.Conv2d(1, 4, kernel_size=(5, 5), stride=2)`" in texts(app)
    assert not app.error


def test_numbers_are_typed_and_bad_ones_are_a_sentence(open_page: OpenPage) -> None:
    app = open_page("pooling", image="numbers")
    assert "1×4×4 → **1×2×2**" in texts(app)
    app.text_area(key="numbers").set_value("1 2 3\n4 5 6").run()
    assert "1×2×3 → **1×1×1**" in texts(app)
    app.text_area(key="numbers").set_value("1 2\n3").run()
    assert said(app.error[0]).startswith("Row 1 has length 1")
    assert "1×4×4 → **1×2×2**" in texts(app)


def test_how_far_a_shift_moves_the_output(open_page: OpenPage) -> None:
    x = digit_image("3").values
    layer = MaxPool2d(kernel_size=2)
    before, after = layer.apply(x), layer.apply(rolled(x, 0, 3))
    app = open_page("pooling", more="shift", right="3")
    changed = int((before != after).sum())
    assert (
        f"**MaxPool2d**: {changed} of 196 output values change. The output changes by **{change(before, after):.0%}**"
        in texts(app)
    )
    assert f"| MaxPool2d | {change(before, after):.1%} |" in texts(app)
    app = open_page("pooling", more="shift", right="2")
    assert "The shift is a whole number of strides: the output is the same map, moved along" in texts(app)
    app = open_page("pooling", more="shift", layer="Global max", right="5")
    assert "**AdaptiveMaxPool2d**: 0 of 1 output values change. The output changes by **0%**, the input by" in texts(
        app
    )


def test_a_network_with_pooling_moves_less_than_without(open_page: OpenPage) -> None:
    app = open_page("pooling", more="shift", right="1")
    rows = [
        line.split("|")
        for line in texts(app).splitlines()
        if line.startswith(("| with its", "| every second", "| strides"))
    ]
    moved = {row[1].strip(): float(row[2].strip().rstrip("%")) for row in rows[:3]}
    assert moved["with its pooling"] < moved["strides instead"] < moved["every second value instead"]
    assert len(rows) == 6  # over the test digits, and for the picture
    assert "with its pooling 99.46%, strides instead 99.17%" in captions(app)


def test_a_network_is_not_asked_about_feature_maps(open_page: OpenPage) -> None:
    app = open_page("pooling", more="shift", image="feature maps")
    assert sum(line.startswith("| with its pooling") for line in texts(app).splitlines()) == 1


def test_stripes_alias_and_the_blur_mends_it(open_page: OpenPage) -> None:
    app = open_page("pooling", more="subsampling", image="pattern", pattern="vertical stripes")
    assert "**As it is**: when the input is shifted by one pixel, what is kept changes by **100%**" in texts(app)
    assert "**Blurred first**: when the input is shifted by one pixel, what is kept changes by **0%**" in texts(app)


def test_subsampling_does_not_change_the_digit(open_page: OpenPage) -> None:
    app = open_page("pooling", more="subsampling")
    assert texts(app).count("**3**, ") == 3


def test_what_pooling_saves(open_page: OpenPage) -> None:
    app = open_page("pooling", more="savings")
    assert "| Parameters | 663,254 | 2,469,590 | 3.7 |" in texts(app)
    assert not any("ResNet" in name for name in app.selectbox(key="network").options)  # costs are of plain layers
    for network in app.selectbox(key="network").options:
        app.selectbox(key="network").set_value(network).run()
        assert not app.exception
    app.button_group(key="without").set_value("all pooling")
    app.run()
    assert "without any pooling" in texts(app)


@pytest.mark.parametrize("example", POOLINGS)
def test_every_example_shows_a_working_layer(open_page: OpenPage, example: str) -> None:
    app = open_page("pooling", **{key: str(value) for key, value in POOLINGS[example].items()})
    assert not app.error


def test_the_courses_examples(open_page: OpenPage) -> None:
    for name in ("The course's 4×4 numbers: maximum", "The course's 4×4 numbers: average (31 first)"):
        app = open_page("pooling", **{key: str(value) for key, value in POOLINGS[name].items()})
        assert "1×4×4 → **1×2×2**" in texts(app)


@pytest.mark.parametrize("image", ["digit", "shape", "pattern", "lecture", "draw", "upload", "numbers", "feature maps"])
@pytest.mark.parametrize("more", ["shift", "subsampling", "savings", "code"])
def test_every_view_of_every_input(open_page: OpenPage, image: str, more: str) -> None:
    assert not open_page("pooling", image=image, more=more, right="4", down="1").error


@pytest.mark.parametrize(
    "address",
    [
        {"kernel_size": "5", "stride": "2", "ceil_mode": "true"},  # larger than the input
        {"numbers": "1 2 3 4", "padding": "1", "dilation": "2"},  # windows without any input
        {"numbers": "1 2 3 4 5", "kernel_size": "1", "stride": "3"},
        {"layer": "AdaptiveAvgPool2d", "output_size": "9"},
        {"layer": "Global max"},
        {"layer": "AvgPool2d", "divisor_override": "1", "kernel_size": "3", "stride": "1"},
        {"numbers": "0 0 / 0 0"},
        {"numbers": "-1 -2 / -3 -4"},
    ],
)
@pytest.mark.parametrize("more", ["shift", "subsampling", "code"])
def test_every_view_of_odd_layers(open_page: OpenPage, address: dict[str, str], more: str) -> None:
    app = open_page("pooling", image="numbers", more=more, right="3", **address)
    assert not app.error
    assert "nan" not in texts(app)


@pytest.mark.parametrize("more", ["shift", "code"])
def test_a_view_of_a_layer_that_cannot_be_says_so(open_page: OpenPage, more: str) -> None:
    app = open_page("pooling", image="lecture", kernel_size="11", more=more)
    assert len(app.error) == 1
    assert said(app.info[0]) == "This needs a layer that fits the input."


def test_a_value_that_is_mended_is_kept_by_the_address(open_page: OpenPage) -> None:
    app = open_page("pooling", kernel_size="11", padding="5")
    assert options(app, "kernel_size") == ["2", "10", "11"]  # the default leaves the address, so it is always on offer
    app.select_slider(key="kernel_size").set_value(10).run()
    assert "→ **1×3×3**" in texts(app)
    app.select_slider(key="kernel_size").set_value(2).run()
    assert not app.error
    assert "now: padding 5×5 is more than half of the 2×2 kernel" in said(app.info[0])


def test_what_was_set_on_another_page_stays_there(open_page: OpenPage) -> None:
    app = open_page("convolution", stride="3", kernel_size="5", layer="ConvTranspose2d")
    app.query_params.clear()
    app.switch_page("pages/pooling.py").run()
    assert "1×4×4 → **1×2×2**" in texts(app)
    app.query_params.clear()
    app.switch_page("pages/convolution.py").run()
    assert "1×6×6 → **2×4×4**" in texts(app)
