"""The controls of the convolution page, the layer they make and what is said of it."""

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.ui.pickers.examples import CONVOLUTIONS
from tests.pages.conftest import OpenPage
from tests.pages.convolved import captions, options, texts
from tests.pages.visits import said


def test_formula_and_costs_have_the_numbers_filled_in(open_page: OpenPage) -> None:
    app = open_page("convolution", kernel_size="5", stride="2", padding="1", filters="8")
    assert r"$\lfloor (28 + 2 \cdot 1 - 5) / 2 \rfloor + 1 = 13$" in texts(app)
    assert "1×28×28 → **8×13×13**" in texts(app)
    assert "`8·(1·5·5) + 8 = 208`" in texts(app)
    assert f"`8×13×13 · 1·5·5 = {8 * 13 * 13 * 25:,}`" in texts(app)


def test_a_colour_image_gives_each_filter_three_kernels(open_page: OpenPage) -> None:
    assert "`4·(3·3·3) + 4 = 112`" in texts(open_page("convolution", image="shape"))
    assert "`4·(1·3·3) + 4 = 40`" in texts(open_page("convolution", image="shape", colour="grey"))


def test_the_lecture_example(open_page: OpenPage) -> None:
    app = open_page("convolution", image="lecture", kernel="falling diagonal", filters="1")
    assert "1×6×6 → **1×4×4**" in texts(app)


def test_learned_kernels(open_page: OpenPage) -> None:
    app = open_page("convolution", kernel="learned", filters="32", image="shape")
    assert "`32·(1·5·5) + 32 = 832`" in texts(app)
    assert any("5×5 kernels" in caption.value for caption in app.caption)


def test_learned_kernels_of_a_deeper_layer_read_the_maps_before_it(open_page: OpenPage) -> None:
    app = open_page("convolution", kernel="learned", learned_layer="conv2", filters="7")
    assert "32×14×14 → **7×10×10**" in texts(app)
    assert "`7·(32·5·5) + 7 = 5,607`" in texts(app)


def test_a_layer_that_cannot_be_is_a_sentence_and_the_page_goes_on(open_page: OpenPage) -> None:
    app = open_page("convolution", image="lecture", kernel_size="9")
    assert [said(error) for error in app.error] == [
        "Conv2d: 9×9 kernel on a 6×6 input: add padding 2 or take a smaller kernel"
    ]
    app.select_slider(key="padding").set_value(2).run()
    assert not app.error
    assert not app.exception


def test_a_layer_that_cannot_be_leaves_the_others_beside_it(open_page: OpenPage) -> None:
    app = open_page("convolution", image="lecture", compare="3", kernel_size="9", b_kernel_size="5", c_stride="2")
    assert len(app.error) == 1
    assert [code.value for code in app.code] == [
        "nn.Conv2d(1, 4, kernel_size=5)", "nn.Conv2d(1, 4, kernel_size=3, stride=2)",
    ]  # fmt: skip


def test_every_preset_at_every_size(open_page: OpenPage) -> None:
    app = open_page("convolution")
    for kernel in app.selectbox(key="kernel").options:
        app.selectbox(key="kernel").set_value(kernel).run()
        assert not app.exception, kernel
    app.selectbox(key="kernel").set_value("vertical edges").run()
    for size in range(1, 12):
        app.select_slider(key="kernel_size").set_value(size).run()
        assert not app.exception, size


def test_controls_are_bounded_by_each_other_and_say_why(open_page: OpenPage) -> None:
    app = open_page("convolution", image="lecture")
    assert options(app, "kernel_size") == [str(n) for n in range(1, 7)]
    assert options(app, "dilation") == ["1", "2"]
    app.select_slider(key="dilation").set_value(2).run()
    assert options(app, "kernel_size") == ["1", "2", "3"]
    assert "Kernel size 4: 4×4 kernel (dilation 2×2 spreads it over 7×7) on a 6×6 input: add padding 1" in captions(app)
    app.select_slider(key="padding").set_value(1).run()
    assert options(app, "kernel_size") == ["1", "2", "3", "4"]
    app.select_slider(key="kernel_size").set_value(4).run()
    assert options(app, "padding") == [str(n) for n in range(11)]  # 0 does not fit, but the address leaves it out
    assert not app.error


def test_padding_same_fixes_the_stride_and_says_so(open_page: OpenPage) -> None:
    app = open_page("convolution", padding_kind="same", kernel_size="4")
    assert "1×28×28 → **4×28×28**" in texts(app)
    assert "**Stride 1**, nothing else." in captions(app)
    assert "padding 'same' needs stride 1" in captions(app)


def test_a_mirrored_border_is_bounded_by_the_image(open_page: OpenPage) -> None:
    app = open_page("convolution", image="lecture", padding_mode="reflect")
    assert options(app, "padding") == [str(n) for n in range(6)]
    app = open_page("convolution", image="lecture", padding_mode="reflect", padding="7")
    assert said(app.error[0]).startswith("Conv2d: padding 7 in mode 'reflect' on an input 6")


def test_groups_divide_both_numbers_of_channels(open_page: OpenPage) -> None:
    app = open_page("convolution", image="shape", filters="6")
    assert options(app, "groups") == ["1", "3"]
    app.select_slider(key="groups").set_value(3).run()
    assert "`6·(1·3·3) + 6 = 60`" in texts(app)
    app = open_page("convolution", image="shape", filters="4")
    assert "**Groups 1**, nothing else. Groups 2: 2 groups do not divide 3 input channels" in captions(app)
    app = open_page("convolution", image="shape", filters="4", groups="3")
    assert said(app.error[0]).startswith("Conv2d: 3 groups do not divide 4 output channels")
    assert options(app, "kernel_size") == [str(n) for n in range(1, 12)]  # no other control can help, none is bounded


@pytest.mark.parametrize(
    ("address", "change", "mended"),
    [
        ({"kernel_size": "9"}, ("selectbox", "image", "lecture"), "Kernel size is 6 now: 9×9 kernel on a 6×6 input"),
        ({"dilation": "5"}, ("selectbox", "image", "lecture"), "Dilation is 2 now"),
        ({"image": "shape", "filters": "6", "groups": "3"}, ("select_slider", "filters", 4), "Groups is 1 now"),
        ({"stride": "3"}, ("button_group", "padding_kind", "same"), "Stride is 1 now: padding 'same' needs stride 1"),
        (
            {"image": "lecture", "padding": "9"},
            ("selectbox", "padding_mode", "reflect"),
            "Padding is 5 now: padding 9 in mode 'reflect'",
        ),
        (
            {"image": "lecture", "padding": "10"},
            ("button_group", "layer", "ConvTranspose2d"),
            "Padding is 3 now: padding 10×10 cuts away all of the output",
        ),
        (
            {"image": "lecture", "layer": "ConvTranspose2d", "stride": "4", "output_padding": "3"},
            ("select_slider", "stride", 2),
            "",
        ),
    ],
)
def test_a_change_elsewhere_brings_the_layer_back_and_says_so(
    open_page: OpenPage, address: dict[str, str], change: tuple[str, str, object], mended: str
) -> None:
    app = open_page("convolution", **address)
    kind, key, value = change
    assert not app.error
    getattr(app, kind)(key=key).set_value(value)
    app.run()
    assert not app.exception
    assert not app.error
    if mended:
        assert said(app.info[0]).startswith(mended)
        app.run()
        assert not app.info  # said once


def test_height_and_width_apart(open_page: OpenPage) -> None:
    app = open_page(
        "convolution", apart="true", kernel_size="3", kernel_size_width="5", stride="2", stride_width="1",
        padding="4", padding_width="2",
    )  # fmt: skip
    assert "1×28×28 → **4×17×28**" in texts(app)
    app = open_page("convolution", kernel_size="5", stride="2")
    app.toggle(key="apart").set_value(True).run()
    assert "1×28×28 → **4×12×12**" in texts(app)  # both axes begin where the one slider stood
    app.select_slider(key="stride_width").set_value(1).run()
    assert "1×28×28 → **4×12×24**" in texts(app)


def test_transposed_convolution(open_page: OpenPage) -> None:
    app = open_page("convolution", layer="ConvTranspose2d", stride="2", padding="1", output_padding="1")
    assert r"$(28 - 1) \cdot 2 - 2 \cdot 1 + 1 \cdot (3 - 1) + 1 + 1 = 56$" in texts(app)
    assert options(app, "output_padding") == ["0", "1"]
    app = open_page("convolution", layer="ConvTranspose2d")
    assert "**Output padding 0**, nothing else." in captions(app)
    app = open_page("convolution", layer="ConvTranspose2d", output_padding="3")
    assert said(app.error[0]).startswith("ConvTranspose2d: output padding 3 at stride 1 and dilation 1")


def test_without_a_bias(open_page: OpenPage) -> None:
    assert "`4·(1·3·3) = 36`" in texts(open_page("convolution", use_bias="false"))


@pytest.mark.parametrize("activation", ["ReLU", "LeakyReLU", "Sigmoid", "Tanh", "GELU", "SiLU"])
def test_activations(open_page: OpenPage, activation: str) -> None:
    app = open_page("convolution", activation=activation, more="code")
    assert any(f"nn.{activation}(" in code.value for code in app.code)


def test_learned_kernels_on_feature_maps_and_without_groups(open_page: OpenPage) -> None:
    app = open_page("convolution", kernel="learned", image="feature maps", channels="5", groups="2")
    assert "**Output size** 1×24×24 →" in texts(app)
    assert not app.error


@pytest.mark.parametrize("example", CONVOLUTIONS)
def test_every_example_shows_a_working_layer(open_page: OpenPage, example: str) -> None:
    app = open_page("convolution", **{key: str(value) for key, value in CONVOLUTIONS[example].items()})
    assert not app.error


def test_the_courses_comparison(open_page: OpenPage) -> None:
    example = CONVOLUTIONS["Stride and dilation on 16×50×100"]
    app = open_page("convolution", **{key: str(value) for key, value in example.items()})
    assert [code.value for code in app.code] == [
        "nn.Conv2d(16, 33, kernel_size=3, stride=2)",
        "nn.Conv2d(16, 33, kernel_size=(3, 5), stride=(2, 1), padding=(4, 2))",
        "nn.Conv2d(16, 33, kernel_size=(3, 5), stride=(2, 1), padding=(4, 2), dilation=(3, 1))",
    ]
    shown = captions(app)
    assert [shape in shown for shape in ("33×24×49 out", "33×28×100 out", "33×26×100 out")] == [True] * 3


def test_edits_in_the_address_are_in_the_code_and_go_with_another_kernel(open_page: OpenPage) -> None:
    app = open_page("convolution", filters="1", more="code", edits="0.0.1.1~7.25_0.b~-3_9.9.9.9~1_nonsense_0.0.0~1")
    assert "[-2.0, 7.25, 2.0]" in app.code[0].value
    assert "bias.copy_(torch.tensor([-3.0]))" in app.code[0].value
    app.selectbox(key="kernel").set_value("sharpen").run()
    assert "edits" not in app.query_params
    assert "7.25" not in app.code[0].value


def test_costs_beside_a_fully_connected_layer(open_page: OpenPage) -> None:
    app = open_page("convolution", image="lecture", filters="1", more="weight sharing")
    assert "| Parameters | 10 | 36·16 + 16 = 592 |" in texts(app)
    assert "| Connections | 144 | 576 | 25.00% |" in texts(app)
    assert "144 connections share 9 weights." in texts(app)
    assert len(app.get("image")) == 2


def test_shifting_is_followed_inside_and_not_at_stride_2(open_page: OpenPage) -> None:
    app = open_page("convolution", more="shift, rotate, scale", right="2", padding="1", image="shape")
    assert "Largest difference: **0** in the" in texts(app)
    app = open_page("convolution", more="shift, rotate, scale", right="1", stride="2")
    assert "the windows stand on a coarser grid" in texts(app)
    for change in ("rotate", "scale"):
        app = open_page("convolution", more="shift, rotate, scale", change=change)
        assert "A convolution follows shifts, not rotations or scalings" in texts(app)


def test_what_keras_cannot_do_is_said_beside_the_torch_code(open_page: OpenPage) -> None:
    app = open_page("convolution", layer="ConvTranspose2d", stride="2", dilation="2", more="code")
    assert len(app.code) == 1
    assert said(app.info[0]).startswith("Keras has no transposed convolution")


def tip(app: AppTest, key: str) -> str:
    return str(app.select_slider(key=key).help)  # type: ignore[attr-defined]


def test_each_setting_says_what_it_does_in_a_sentence_and_a_drawing(open_page: OpenPage) -> None:
    app = open_page("convolution")
    for key, words in (("kernel_size", "covers"), ("stride", "moves"), ("padding", "around"), ("dilation", "apart")):
        assert words in tip(app, key)
        assert "](data:image/svg+xml;base64," in tip(app, key)
    transposed = tip(open_page("convolution", layer="ConvTranspose2d"), "stride")
    assert "twice as high" in transposed
    assert "data:" not in transposed
    assert "twice" not in tip(open_page("convolution", layer="ConvTranspose2d", hide="layer"), "stride")
