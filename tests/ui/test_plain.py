import pytest

from cnnviz.ui.plain import plain


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("conv1: 5×5 kernel, add padding 1.", r"conv1\: 5×5 kernel, add padding 1."),
        ("![x](http://a.b/c.png)", r"\!\[x\](http\://a.b/c.png)"),
        ("__import__('os') $x^2$ <b>", r"\_\_import\_\_('os') \$x^2\$ \<b\>"),
        ("- one\n2. two", "\\- one\n2\\. two"),
        (r"a\b", r"a\\b"),
    ],
)
def test_nothing_is_left_that_markdown_would_take_for_its_own(text, escaped):
    assert plain(text) == escaped
