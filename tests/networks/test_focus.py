"""What one looks at, to the address and back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.networks import Network, architecture
from cnnviz.networks.focus import Focus, focus_of
from cnnviz.networks.graph import Node
from cnnviz.ui.inside.network_maps import with_softmax
from tests.networks.every_layer import KINDS_OF_LAYERS, NESTED
from tests.pages.test_addresses import MANGLED


def nodes_of(network: Network) -> dict[str, Node]:
    return {node.name: node for node in with_softmax(network)}


ALL = [nodes_of(network) for network in (KINDS_OF_LAYERS, NESTED, architecture("lenet5"))]
LENET = ALL[-1]
GRADIENTS = ["", "~1", "~-1", "~0.5", "~-0.25", "~1e-7", "~1234567.125e-12"]


@settings(deadline=None)
@given(st.data())
def test_there_and_back(data: st.DataObject) -> None:
    nodes = data.draw(st.sampled_from(ALL))
    node = data.draw(st.sampled_from(list(nodes.values())))
    channel = data.draw(st.none() | st.integers(0, node.channels - 1))
    cell, gradient = None, ""
    if channel is not None and data.draw(st.booleans()):
        cell = tuple(data.draw(st.integers(0, side - 1)) for side in node.map_size)
        gradient = data.draw(st.sampled_from(GRADIENTS))
    look = Focus(node.name, channel, cell, gradient)  # type: ignore[arg-type]
    assert focus_of(str(look), nodes) == look


def test_as_the_address_has_it() -> None:
    assert focus_of("conv2", LENET) == Focus("conv2")
    assert focus_of("conv2:7", LENET) == Focus("conv2", 7)
    assert focus_of("conv2:7:3.5", LENET) == Focus("conv2", 7, (3, 5))
    assert focus_of("conv2:7:3.5~-0.5", LENET) == Focus("conv2", 7, (3, 5), "~-0.5")
    assert focus_of("input:0:27.27", LENET) == Focus("input", 0, (27, 27))
    assert focus_of("softmax:9", LENET) == Focus("softmax", 9)
    assert focus_of("fc3:9:0.0", LENET) == Focus("fc3", 9, (0, 0))
    assert str(Focus("conv2", None, (3, 5))) == "conv2"
    assert (str(Focus("conv2", 7, None, "~1")), Focus("conv2", 7, None, "~1").at) == ("conv2:7", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("conv2:48", "conv2"),
        ("conv2:48:0.0", "conv2"),
        ("conv2:999999999", "conv2"),
        ("conv2:47:14.0", "conv2:47"),
        ("conv2:47:0.14", "conv2:47"),
        ("conv2:47:99999.0~1", "conv2:47"),
        ("conv2:047:03.05", "conv2:47:3.5"),
        ("fc3:0:0.1", "fc3:0"),
        ("softmax:10", "softmax"),
    ],
)
def test_what_is_not_there_goes_a_level_back(text: str, expected: str) -> None:
    assert str(focus_of(text, LENET)) == expected


@pytest.mark.parametrize("before", ["", "conv2", "conv2:", "conv2:1:", "conv2:1:1.", "conv2:1:1.1~"])
@pytest.mark.parametrize("text", [*MANGLED, "\ud800", "a" * 100_000, ":1" * 10_000, "9" * 10_000])
def test_mangled_texts_raise_nothing(before: str, text: str) -> None:
    look = focus_of(before + text, LENET)
    assert look is None or focus_of(str(look), LENET) == look


@pytest.mark.parametrize(
    "text",
    [
        *(text for text in MANGLED),
        "conv2:1:1.1~",
        "conv2:1:1.1~~1",
        "conv2:1:1.1~1~1",
        "conv2:1:1.1~.5",
        "conv2:1:1.1~1e5",
        "conv2:1:1.1~inf",
        "conv2:1:1.1~nan",
        "conv2:1:1.1\n",
        "conv2:",
        "conv2:1:",
        "conv2:1:1",
        "\nconv2",
        " conv2:1",
        "conv2:-1",
        "conv2:+1",
        "conv2:1_0",
        "conv2:²",
        "conv2:1:²._",
        "CONV2",
        "conv2.",
        "conv3",
        "..",
    ],
)
def test_what_is_no_look_shows_the_whole_network(text: str) -> None:
    assert focus_of(text, LENET) is None


@settings(deadline=None)
@given(st.text(alphabet="conv2softma.:~-e0123456789١²_\n ", max_size=30) | st.text())
def test_any_text_is_told_in_plain_words(text: str) -> None:
    for prefix in ("", "conv2", "conv2:", "conv2:1:1.1~"):
        look = focus_of(prefix + text, LENET)
        if look is not None:
            assert str(look).isascii()
            assert focus_of(str(look), LENET) == look


@pytest.mark.parametrize("text", ["conv2:٣", "conv2:3:٣.1", "conv2:3:1.1~٣", "conv2:3:1.1~1.٣", "conv2:3:1.1~1e-٣"])
def test_digits_of_other_scripts_do_not_reach_the_browser(text: str) -> None:
    """JavaScript's Number reads ASCII digits only: anything else would be shown as NaN."""
    look = focus_of(text, LENET)
    assert look is None or str(look).isascii()


def test_names_of_layers_in_blocks() -> None:
    nodes = ALL[1]
    inner = [name for name in nodes if name.count(".") >= 2]
    assert inner
    for name in inner:
        assert focus_of(f"{name}:0:0.0", nodes) == Focus(name, 0, (0, 0))
        assert focus_of(name.replace(".", "x"), nodes) is None


def test_every_layer_of_the_deepest_architecture_has_a_name_that_fits() -> None:
    nodes = nodes_of(architecture("densenet121_cifar"))
    assert [focus_of(f"{name}:0", nodes) for name in nodes] == [Focus(name, 0) for name in nodes]
