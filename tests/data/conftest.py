"""MNIST, Fashion-MNIST and CIFAR-10 in small but in their real formats, on a web server of this machine."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import pickle
import struct
import tarfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from cnnviz.torchvision_guard import torchvision


def small(shape: tuple[int, ...], train: int = 30, test: int = 10) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.integers(0, 256, (train, *shape), np.uint8),
        "y_train": np.arange(train, dtype=np.uint8) % 10,
        "x_test": rng.integers(0, 256, (test, *shape), np.uint8),
        "y_test": np.arange(test, dtype=np.uint8)[::-1] % 10,
    }


def idx(array: np.ndarray) -> bytes:
    """Yann LeCun's format: the type (8 is uint8), the number of axes, their lengths, the values."""
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return gzip.compress(head + array.tobytes(), mtime=0)


def idx_files(arrays: dict[str, np.ndarray]) -> dict[str, bytes]:
    names = {
        "x_train": "train-images-idx3",
        "y_train": "train-labels-idx1",
        "x_test": "t10k-images-idx3",
        "y_test": "t10k-labels-idx1",
    }
    return {f"{names[key]}-ubyte.gz": idx(array) for key, array in arrays.items()}


def cifar_batches(arrays: dict[str, np.ndarray]) -> dict[str, bytes]:
    """Six pickled batches of rows of 3,072 values, red before green before blue, and the names of the classes."""

    def batch(label: str, images: np.ndarray, labels: np.ndarray) -> bytes:
        rows = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
        names = [f"{i}.png" for i in range(len(rows))]
        return pickle.dumps({"batch_label": label, "labels": labels.tolist(), "data": rows, "filenames": names}, 2)

    parts = zip(np.split(arrays["x_train"], 5), np.split(arrays["y_train"], 5), strict=True)
    files = {f"data_batch_{i}": batch(f"training batch {i} of 5", *part) for i, part in enumerate(parts, 1)}
    files["test_batch"] = batch("testing batch 1 of 1", arrays["x_test"], arrays["y_test"])
    names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    files["batches.meta"] = pickle.dumps({"num_cases_per_batch": 6, "label_names": names, "num_vis": 3072}, 2)
    return files


def tar_gz(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


class Site:
    """The server: what it has, what it was asked for, and what is wrong with it."""

    def __init__(self) -> None:
        self.arrays = {
            "mnist": small((28, 28)),
            "fashion_mnist": small((28, 28), 40, 20),
            "cifar10": small((32, 32, 3)),
        }
        self.batches = cifar_batches(self.arrays["cifar10"])
        self.files = {
            **{f"/mnist/{name}": content for name, content in idx_files(self.arrays["mnist"]).items()},
            **{f"/fashion_mnist/{name}": content for name, content in idx_files(self.arrays["fashion_mnist"]).items()},
            "/cifar10/cifar-10-python.tar.gz": tar_gz(self.batches),
        }
        self.requests: list[str] = []
        self.trouble: dict[str, str] = {}
        """By path: "cut", "cut chunks", "wrong", "missing", "no HTTP" or "silent"."""
        self.on_request: Callable[[], None] = lambda: None
        self.closing = threading.Event()
        self.url = ""

    def size(self, name: str) -> int:
        return sum(len(content) for path, content in self.files.items() if path.startswith(f"/{name}/"))

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        path, trouble = handler.path, self.trouble.get(handler.path)
        self.requests.append(path)
        self.on_request()
        content = self.files[path]
        if trouble == "silent":
            self.closing.wait()
        elif trouble == "no HTTP":
            handler.wfile.write(b"<html>Please log in</html>\r\n\r\n")
        elif trouble == "missing":
            handler.send_error(404)
        elif trouble == "cut chunks":
            handler.send_response(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            handler.wfile.write(f"{len(content):x}\r\n".encode() + content[: len(content) // 2])
        else:
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            if trouble == "cut":
                content = content[: len(content) // 2]
            elif trouble == "wrong":
                content = content[::-1]
            handler.wfile.write(content)

    @property
    def handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.close_connection = True
                with contextlib.suppress(
                    ConnectionError
                ):  # torchvision asks once only to follow redirects and hangs up
                    site.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The server is where torchvision looks for the three datasets."""
    site = Site()
    with ThreadingHTTPServer(("127.0.0.1", 0), site.handler) as server:
        site.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        datasets = torchvision().datasets
        for name, mnist in (("mnist", datasets.MNIST), ("fashion_mnist", datasets.FashionMNIST)):
            files = {path: content for path, content in site.files.items() if path.startswith(f"/{name}/")}
            monkeypatch.setattr(mnist, "mirrors", [f"{site.url}/{name}/"])
            monkeypatch.setattr(
                mnist, "resources", [(path.split("/")[2], md5(content)) for path, content in files.items()]
            )
        cifar = datasets.CIFAR10
        monkeypatch.setattr(cifar, "url", f"{site.url}/cifar10/cifar-10-python.tar.gz")
        monkeypatch.setattr(cifar, "tgz_md5", md5(site.files["/cifar10/cifar-10-python.tar.gz"]))
        checked = {name: [name, md5(content)] for name, content in site.batches.items()}
        monkeypatch.setattr(cifar, "train_list", [checked[f"data_batch_{i}"] for i in range(1, 6)])
        monkeypatch.setattr(cifar, "test_list", [checked["test_batch"]])
        monkeypatch.setattr(cifar, "meta", {**cifar.meta, "md5": checked["batches.meta"][1]})
        yield site
        site.closing.set()
        server.shutdown()
        thread.join()
