import re
from itertools import chain

import pytest

from cnnviz.paths import PROJECT
from cnnviz.ui.frame.markdown import escaped


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("conv1: 5×5 kernel, add padding 1.", r"conv1\: 5×5 kernel, add padding 1."),
        ("![x](http://a.b/c.png)", r"\!\[x\](http\://a.b/c.png)"),
        ("__import__('os') $x^2$ <b>", r"\_\_import\_\_('os') \$x^2\$ \<b\>"),
        ("- one\n2. two", "\\- one\n2\\. two"),
        (r"a\b", r"a\\b"),
    ],
)
def test_nothing_is_left_that_markdown_would_take_for_its_own(text, literal):
    assert escaped(text) == literal


def test_no_page_says_what_an_error_says_without_escaping_it() -> None:
    """What it quotes may be anybody's."""
    files = chain((PROJECT / "pages").glob("*.py"), (PROJECT / "cnnviz" / "ui").rglob("*.py"))
    bare = re.compile(r"\.(?:error|warning|info|caption|markdown|write|success)\((?:str\(|f?\"\{)error")
    assert bare.search("st.error(str(error))")
    assert not [(file.name, line) for file in files for line in file.read_text().splitlines() if bare.search(line)]
