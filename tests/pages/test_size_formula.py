"""The size formula above the picture."""

from streamlit.testing.v1 import AppTest

from tests.pages.conftest import OpenPage


def formula(app: AppTest) -> str:
    (line,) = [text.value for text in app.markdown if text.value.startswith("**Output size**")]
    return line


def test_what_has_changed_is_marked_until_the_next_change(open_page: OpenPage) -> None:
    app = open_page("convolution", image="digit")
    assert r"$\lfloor (28 + 2 \cdot 0 - 3) / 1 \rfloor + 1 = 26$" in formula(app)
    app.select_slider(key="stride").set_value(2).run()
    changed = r"$\lfloor (28 + 2 \cdot 0 - 3) / \underline{\mathbf{2}} \rfloor + 1 = \underline{\mathbf{13}}$"
    assert changed in formula(app)
    app.slider(key="bias").set_value(0.5).run()
    assert changed in formula(app)
    app.select_slider(key="padding").set_value(1).run()
    assert r"(28 + 2 \cdot \underline{\mathbf{1}} - 3) / 2" in formula(app)
    assert r"= \underline{\mathbf{14}}$" in formula(app)


def test_a_dilated_kernel_has_the_long_formula(open_page: OpenPage) -> None:
    app = open_page("pooling", dilation="2", kernel_size="3")
    assert r"2 \cdot (3 - 1) - 1" in formula(app)
    assert "dilation·(kernel − 1)" in formula(app)
