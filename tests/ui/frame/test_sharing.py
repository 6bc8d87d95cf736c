"""Packed values, links and codes, without a page."""

import re
import zlib
from base64 import urlsafe_b64encode
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import segno
import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from cnnviz.ui.frame.sharing.dialog import link_to, qr_code
from cnnviz.ui.frame.sharing.packing import closed, opened, pack, packed, unpack

ADDRESS = {"image": "lecture", "stride": "2", "edits": "0.b~1", "at": "0.1.1", "hide": "stride, Edits,facts"}


def coded(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text(min_size=1), st.lists(st.text(), min_size=1, max_size=3), max_size=9))
def test_what_is_packed_is_had_again(values: dict[str, list[str]]) -> None:
    values = {name: texts for name, texts in values.items() if name not in ("hide", "task", "exercise")}
    text = pack(values)
    assert re.fullmatch(r"[\w-]+", text)
    assert unpack(text) == values


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text() | st.from_regex(r"a[A-Za-z0-9_-]*", fullmatch=True) | st.binary().map(lambda data: "a" + coded(data)))
def test_anything_is_read_or_refused(text: str) -> None:
    values = unpack(text)
    assert values is None or all(isinstance(name, str) for name in values)


TASK = pack({"stride": ["2"]})


@pytest.mark.parametrize(
    "text",
    [
        "", "a", "ImageNet", TASK[1:], "b" + TASK[1:], TASK[:-3], TASK + "AAAA", TASK.swapcase(), TASK + " ", TASK + "é",
        "a" + coded(zlib.compress(b"stride=2") + b"more"),
        "a" + coded(zlib.compress(b"\xff\xfe=2")),
        "a" + coded(zlib.compress(b"x" * 10**7)),  # 10 kB that would be 10 MB
        "a" + coded(zlib.compress(b"x" * 64_001)),
        "a" + coded(zlib.compress(b"&".join(b"a=1" for _ in range(300)))),
        "a" + "A" * 10**6,
        "a" + coded(zlib.compress(b"hide=facts")),
        "a" + coded(zlib.compress(b"task=" + TASK.encode())),
        "a" + coded(zlib.compress(b"exercise=Pooling?hide=x")),
    ],
)  # fmt: skip
def test_what_is_no_task_is_refused(text: str) -> None:
    assert unpack(text) is None
    assert opened({"task": text, "hide": "stride"}) == {"task": text, "hide": "stride"}
    assert closed({"task": text, "stride": "3", "hide": "stride"}) == {"task": text, "stride": "3", "hide": "stride"}


def test_a_packed_address_has_nothing_hidden_and_opens_as_the_plain_one() -> None:
    sealed = packed(ADDRESS)
    assert sealed.keys() == {"image", "at", "hide", "task"}
    assert "stride=" not in urlencode(sealed)
    plain = opened(sealed)
    assert {name: value for name, value in plain.items() if name != "task"} == ADDRESS
    assert closed(plain) == sealed
    assert closed(ADDRESS) == ADDRESS  # written by hand


def test_a_hidden_value_that_changes_is_packed_anew() -> None:
    sealed = packed(ADDRESS)
    plain = opened(sealed)
    changed = closed({**plain, "stride": ["3"], "padding": "1"})
    assert changed["padding"] == "1"
    assert "stride" not in changed
    assert opened(changed)["stride"] == "3"
    del plain["stride"]
    assert "stride" not in opened(closed(plain))


def test_a_task_is_packed_though_all_is_at_its_default() -> None:
    """Else its absence would tell."""
    assert unpack(packed({"hide": "stride"})["task"]) == {}


def test_where_nothing_is_hidden_any_more_the_values_stand_there_plainly() -> None:
    sealed = packed(ADDRESS)
    del sealed["hide"]
    assert opened(sealed) == {name: value for name, value in ADDRESS.items() if name != "hide"}


def test_what_is_too_much_stays_as_it_is() -> None:
    much = {"edits": "".join(f"{i}~{i * i}_" for i in range(9000)), "hide": "edits"}
    assert packed(much) == much
    assert closed({**opened(packed(ADDRESS)), **much}) == {
        **ADDRESS,
        **much,
    }


def drawn(svg: str) -> Image.Image:
    """As a camera sees it: the code's path is made of horizontal lines, one a row of squares."""
    side = int(re.search(r'width="(\d+)"', svg)[1])
    scale = int(re.search(r"scale\((\d+)\)", svg)[1])
    image = Image.new("L", (side, side), 255)
    draw = ImageDraw.Draw(image)
    x = y = 0.0
    for act, numbers in re.findall(r"([Mmh])([-\d. ]+)", re.search(r'stroke="#000" d="([^"]+)"', svg)[1]):
        by = [float(number) for number in numbers.split()]
        if act == "h":
            draw.rectangle((x * scale, (y - 0.5) * scale, (x + by[0]) * scale - 1, (y + 0.5) * scale - 1), fill=0)
            x += by[0]
        else:
            x, y = (by[0], by[1]) if act == "M" else (x + by[0], y + by[1])
    return image


@pytest.mark.parametrize("length", [0, 90, 2850])
def test_a_code_says_what_the_link_says(length: int) -> None:
    link = link_to("https://a.example/pre/convolution", {"image": "lecture", "numbers": "1 2 / 3" + "0" * length})
    (found,) = zxingcpp.read_barcodes(drawn(qr_code(link)))
    assert found.text == link
    assert parse_qs(urlsplit(link).query)["image"] == ["lecture"]


def test_a_link_that_is_too_long_for_a_code_is_named() -> None:
    qr_code("x" * 2953)
    with pytest.raises(segno.DataOverflowError):
        qr_code("x" * 2954)


def test_a_link_to_a_page_as_it_opens_has_no_query() -> None:
    assert link_to("http://localhost:8501/", {}) == "http://localhost:8501/"
