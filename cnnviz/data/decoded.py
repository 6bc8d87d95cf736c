"""Files decoded once: the images that were read last, and what was cut of them, are kept by the digest of the file."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Generic, NamedTuple, TypeVar

from cnnviz.data.dataset import Images
from cnnviz.data.images import MAX_PIXELS, ImageError, TooLittleMemory, Upload, cut, read_image

T = TypeVar("T")


class Recent(Generic[T]):
    """What was used last, bounded in number and in bytes; what is larger than all that may be kept is not."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self.most, self.most_bytes, self.bytes = most, most_bytes, 0
        self._kept: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable) -> T | None:
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def put(self, key: Hashable, value: T, size: int) -> None:
        with self._lock:
            if size > self.most_bytes or key in self._kept:
                return
            self._kept[key] = value, size
            self.bytes += size
            while len(self._kept) > self.most or self.bytes > self.most_bytes:
                _, (_, freed) = self._kept.popitem(last=False)
                self.bytes -= freed


class Facts(NamedTuple):
    """What was done to a file, how large its image is, and how many of its 16 bits it uses where these are few."""

    note: str
    size: tuple[int, int]
    """Height and width."""
    used: int = 0


WHOLE: Recent[Upload | ImageError] = Recent(8, 3 * MAX_PIXELS)
"""Of all visitors, 120 MB: one image as large as may be, or three photographs of 12 million pixels."""
FACTS: Recent[Facts] = Recent(256, 1)
"""They outlive their images."""
CUTS: Recent[Images] = Recent(64, 32_000_000)
_READING = threading.Lock()  # one at a time: a decoder needs several times the memory of its image


@dataclass(frozen=True)
class File:
    """The content of a file that is an image, and its digest."""

    content: bytes
    digest: str
    stretch: bool = False
    """Whether the few bits that it uses of 16 are taken for all."""

    @classmethod
    def of(cls, content: bytes) -> File:
        return cls(content, hashlib.blake2b(content, digest_size=16).hexdigest())

    def stretched(self) -> File:
        return replace(self, digest=f"{self.digest} stretched", stretch=True)

    def upload(self) -> Upload:
        """The whole image. Raises ImageError."""
        outcome = WHOLE.get(self.digest)
        if outcome is None:
            with _READING:
                outcome = WHOLE.get(self.digest) or self._read()
        if isinstance(outcome, ImageError):
            raise ImageError(*outcome.args)
        return outcome

    def _read(self) -> Upload | ImageError:
        try:
            upload = read_image(self.content, self.stretch)
        except TooLittleMemory as error:
            return error
        except ImageError as error:
            WHOLE.put(self.digest, error, 0)
            return error
        upload.pixels.flags.writeable = False
        WHOLE.put(self.digest, upload, upload.pixels.nbytes)
        FACTS.put(self.digest, _facts(upload), 0)
        return upload

    def facts(self) -> Facts:
        """Raises ImageError."""
        return FACTS.get(self.digest) or _facts(self.upload())

    def within(self, height: int, width: int) -> Images:
        """Reduced, where it is larger, so that it fits. Raises ImageError."""
        key = self.digest, height, width
        pixels = CUTS.get(key)
        if pixels is None:
            pixels = cut(self.upload().pixels, height, width)
            pixels.flags.writeable = False
            CUTS.put(key, pixels, pixels.nbytes)
        return pixels


def _facts(upload: Upload) -> Facts:
    return Facts(upload.note, (upload.pixels.shape[1], upload.pixels.shape[2]), upload.used)
