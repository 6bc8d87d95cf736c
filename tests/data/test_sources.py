"""Datasets in CNNVIZ_HOME/data, in the layout of Keras's mnist.npz: what is read and what is not."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.data import DATASETS, SOURCES, DataError, downloads, is_available, load_dataset
from cnnviz.data.sources import is_ready, npz_path, read_npz, write_npz

SENTENCE = r"\A[A-Z](?:(?!\. )[^\n])*\.\Z"
Arrays = dict[str, np.ndarray]


def arrays(shape: tuple[int, ...] = (28, 28)) -> Arrays:
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.integers(0, 256, (20, *shape), np.uint8),
        "y_train": np.arange(20, dtype=np.uint8) % 10,
        "x_test": rng.integers(0, 256, (10, *shape), np.uint8),
        "y_test": np.arange(10, dtype=np.uint8)[::-1].copy(),
    }


def packed(content: Arrays, save: Callable[..., None] = np.savez) -> bytes:
    buffer = io.BytesIO()
    save(buffer, **content)
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def data(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for the files; a download would fail the test."""

    def download(name: str, progress: object = None) -> Path:
        pytest.fail(f"{name} would be downloaded")

    monkeypatch.setattr(downloads, "download", download)
    (home / "data").mkdir(parents=True)
    return home / "data"


# what is read


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_grey(data: Path, name: str, save: Callable[..., None]) -> None:
    content = arrays()
    (data / f"{name}.npz").write_bytes(packed(content, save))
    assert is_available(name)
    dataset = load_dataset(name)
    assert dataset.input_shape == (1, 28, 28)
    assert dataset.num_classes == 10
    for part, split in (("train", dataset.train), ("test", dataset.test)):
        np.testing.assert_array_equal(split.images[:, 0], content[f"x_{part}"])
        np.testing.assert_array_equal(split.labels, content[f"y_{part}"])
        assert split.images.dtype == np.uint8
        assert split.labels.dtype == np.int64


def test_colours_come_first(data: Path) -> None:
    content = arrays((32, 32, 3))
    content["y_train"] = content["y_train"][:, None]  # as Keras has CIFAR-10's
    content["y_test"] = content["y_test"].astype(np.int32)[:, None]
    (data / "cifar10.npz").write_bytes(packed(content))
    dataset = load_dataset("cifar10")
    assert dataset.input_shape == (3, 32, 32)
    np.testing.assert_array_equal(dataset.train.images[7, 2], content["x_train"][7, :, :, 2])
    np.testing.assert_array_equal(dataset.test.labels, content["y_test"][:, 0])
    assert dataset.train.images.flags.c_contiguous


def test_more_arrays_do_no_harm(data: Path) -> None:
    (data / "mnist.npz").write_bytes(packed({**arrays(), "x_val": np.zeros(3)}))
    assert len(load_dataset("mnist").train) == 20


def test_embedded_datasets_need_no_file(data: Path) -> None:
    for name in ("digits", "shapes"):
        assert is_available(name)
        assert load_dataset(name).name == name
    assert list(data.iterdir()) == []


def test_names() -> None:
    assert DATASETS == ("digits", "shapes", "mnist", "fashion_mnist", "cifar10")
    for source in SOURCES.values():
        assert len(source.class_names) == len(set(source.class_names)) == 10
    assert SOURCES["cifar10"].megabytes == "170 MB"


@pytest.mark.parametrize("name", ["imagenet", "", "MNIST", "../mnist"])
def test_unknown_name(name: str) -> None:
    with pytest.raises(DataError, match=SENTENCE) as caught:
        load_dataset(name)
    assert repr(name) in str(caught.value)
    assert "mnist" in str(caught.value)


# what is not


def changed(key: str, value: Callable[[np.ndarray], np.ndarray]) -> bytes:
    content = arrays()
    return packed({**content, key: value(content[key])})


def broken_inside() -> bytes:
    """Compressed, the table of contents whole, the first array's stream not."""
    content = bytearray(packed(arrays(), np.savez_compressed))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start = archive.infolist()[0].header_offset
    name, extra = struct.unpack("<HH", content[start + 26 : start + 30])
    content[start + 30 + name + extra] = 0xFF
    return bytes(content)


def npy() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, arrays()["x_train"])
    return buffer.getvalue()


DAMAGED = {
    "empty": b"",
    "text": b"This is no archive.",
    "cut": packed(arrays())[:-2000],
    "broken inside": broken_inside(),
    "a single array": npy(),
    "an array missing": packed({key: array for key, array in arrays().items() if key != "y_test"}),
    "float images": changed("x_train", lambda x: x / np.float32(255)),
    "another shape": changed("x_train", lambda x: x[:, :27]),
    "with channel axis": changed("x_test", lambda x: x[:, None]),
    "fewer labels": changed("y_train", lambda y: y[:-1]),
    "one-hot labels": changed("y_train", lambda y: np.eye(10, dtype=np.uint8)[y]),
    "label 10": changed("y_test", lambda y: y + np.uint8(1)),
    "label -1": changed("y_test", lambda y: y.astype(np.int8) - np.int8(1)),
    "labels in letters": changed("y_test", lambda y: np.array(["seven"] * len(y))),
    "pickled labels": changed("y_test", lambda y: y.astype(object)),
    "no images": packed({key: array[:0] for key, array in arrays().items()}),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_file_is_said_so_and_replaced(
    data: Path, content: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "mnist.npz").write_bytes(content)

    def download(name: str) -> Path:
        assert not npz_path(name).exists()
        write_npz(name, arrays())
        return npz_path(name)

    monkeypatch.setattr(downloads, "download", download)
    assert len(load_dataset("mnist").train) == 20
    said = capsys.readouterr().err
    assert "mnist.npz is damaged" in said
    assert said.count("\n") == 1


WHOLE = {True: packed(arrays(), np.savez_compressed), False: packed(arrays())}


@settings(deadline=None, max_examples=200, database=None)
@given(
    st.booleans(),
    st.lists(st.tuples(st.integers(-1500, 60_000), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_any_damage(compressed: bool, changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(WHOLE[compressed])
    for place, value in changes:
        damaged[place % len(damaged)] = value
    npz_path("mnist").write_bytes(damaged)
    assert is_ready("mnist") in (True, False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(downloads, "download", lambda name: write_npz(name, arrays()))
        assert load_dataset("mnist").train.images.shape == (20, 1, 28, 28)


def test_ready_means_there_and_whole(data: Path) -> None:
    assert not is_available("mnist")
    (data / "mnist.npz").write_bytes(packed(arrays()))
    assert is_available("mnist")
    for key in ("cut", "text", "empty", "an array missing", "a single array"):
        (data / "mnist.npz").write_bytes(DAMAGED[key])
        assert not is_available("mnist")


def test_written_all_or_nothing(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_npz("mnist", arrays())

    def full(file: io.BufferedWriter, **_: np.ndarray) -> None:
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space"):
        write_npz("mnist", {})
    assert [path.name for path in data.iterdir()] == ["mnist.npz"]
    assert len(read_npz("mnist").train) == 20


def test_damaged_file_that_cannot_be_removed_is_one_sentence(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def download(name: str) -> Path:
        raise DataError("MNIST could not be downloaded.")

    monkeypatch.setattr(downloads, "download", download)
    (data / "mnist.npz").mkdir()
    with pytest.raises(DataError, match=SENTENCE):
        load_dataset("mnist")
