"""Files are decoded once, and what is kept of them is bounded."""

import io

import numpy as np
import pytest
from PIL import Image

from cnnviz.data import decoded
from cnnviz.data.decoded import File, Recent
from cnnviz.data.images import ImageError


def photograph(width: int, height: int, kind: str = "PNG", seed: int = 0) -> bytes:
    """Fine detail all over."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, kind)
    return content.getvalue()


@pytest.fixture
def decodings(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Nothing is kept yet; the files that were decoded since."""
    files: list[bytes] = []
    read = decoded.read_image

    def counted(content: bytes, *more: bool) -> object:
        files.append(content)
        return read(content, *more)

    monkeypatch.setattr(decoded, "read_image", counted)
    for name in ("WHOLE", "CUTS", "FACTS"):
        kept = getattr(decoded, name)
        monkeypatch.setattr(decoded, name, Recent(kept.most, kept.most_bytes))
    return files


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP"])
@pytest.mark.parametrize("box", [(224, 224), (64, 64), (227, 300), (28, 28)])
def test_a_cut_is_pillows_own_of_the_whole_image(decodings: list[bytes], kind: str, box: tuple[int, int]) -> None:
    content = photograph(900, 600, kind)
    height, width = box
    scale = min(height / 600, width / 900)
    size = (round(900 * scale), round(600 * scale))
    expected = Image.open(io.BytesIO(content)).convert("RGB").resize(size, Image.Resampling.LANCZOS)
    found = File.of(content).within(*box)
    np.testing.assert_array_equal(found, np.asarray(expected).transpose(2, 0, 1))


def test_a_file_is_decoded_once_whatever_is_cut_of_it(decodings: list[bytes]) -> None:
    content = photograph(300, 200)
    for box in ((64, 64), (224, 224), (64, 64), (10, 10)):
        File.of(bytes(content)).within(*box)
    assert File.of(content).facts() == ("", (200, 300), 0)
    assert len(decodings) == 1


def test_what_is_small_stays_as_it_is(decodings: list[bytes]) -> None:
    assert File.of(photograph(30, 20)).within(224, 224).shape == (3, 20, 30)


def test_nobody_can_write_into_what_is_kept(decodings: list[bytes]) -> None:
    for box in ((224, 224), (10, 10)):
        with pytest.raises(ValueError, match="read-only"):
            File.of(photograph(30, 20)).within(*box)[:] = 0


def test_a_damaged_file_is_read_once_and_says_the_same_again(decodings: list[bytes]) -> None:
    said = []
    for _ in range(3):
        with pytest.raises(ImageError, match="damaged") as raised:
            File.of(photograph(30, 20)[:-900]).within(64, 64)
        said.append(str(raised.value))
    assert len(set(said)) == len(decodings) == 1


def test_what_is_kept_is_bounded(decodings: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoded, "WHOLE", whole := Recent(3, 100_000))
    monkeypatch.setattr(decoded, "CUTS", cuts := Recent(20, 10_000))
    for seed in range(12):
        file = File.of(photograph(100 + seed, 100, seed=seed))
        for side in (8, 16, 32, 300):
            file.within(side, side)
        assert whole.bytes <= 100_000
        assert len(whole) <= 3
        assert cuts.bytes <= 10_000
        assert len(cuts) <= 20
    assert File.of(photograph(111, 100, seed=11)).facts() == ("", (100, 111), 0)
    assert len(decodings) == 12
    File.of(photograph(100, 100)).within(8, 8)  # forgotten long ago
    assert len(decodings) == 13


def test_what_is_used_stays_longest() -> None:
    kept: Recent[str] = Recent(2, 100)
    kept.put("a", "A", 1)
    kept.put("b", "B", 1)
    assert kept.get("a") == "A"
    kept.put("c", "C", 1)
    assert [kept.get(key) for key in "abc"] == ["A", None, "C"]
    kept.put("d", "too large", 101)
    assert kept.get("d") is None
    kept.put("e", "as large as may be", 100)
    assert (len(kept), kept.bytes) == (1, 100)


def test_the_whole_is_bounded_for_all_visitors() -> None:
    assert decoded.WHOLE.most_bytes + decoded.CUTS.most_bytes < 160_000_000


def test_too_little_memory_is_no_damage_and_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    Image.new("RGB", (7, 9), (1, 2, 3)).save(out, "PNG")
    file = File.of(out.getvalue())
    with monkeypatch.context() as short:

        def no_memory(*_: object) -> None:
            raise MemoryError

        short.setattr("cnnviz.data.images._decoded", no_memory)
        with pytest.raises(ImageError, match="too little memory"):
            file.within(4, 4)
    assert file.within(64, 64).shape == (3, 9, 7)
