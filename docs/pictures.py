"""Take a picture of each page from the real app: ``make pictures``."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.harness import PROJECT, browser, running_app

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOLDER = Path(__file__).resolve().parent / "pictures"
ADDRESSES = {
    "home": "",
    "convolution": "?digit=3&padding=1&filters=6&at=0.12.17",
    "pooling": "?image=digit&digit=5&at=0.6.7",
    "builder": "",
    "models": "?model=resnet18",
    "train": "",
    "compare": "?runs=lenet5_plain-cifar10&runs=lenet5-cifar10",
    "kernels": "?model=lenet5-mnist",
    "activations": "?model=lenet5-mnist",
}
"""What each page shows, by the name of its file in ``pages/``."""

POINTED_AT = {"convolution": ".output .over"}
"""Where the mouse rests."""

RUN = ("train", "--architecture", "lenet5", "--dataset", "digits", "--preset", "fast", "--epochs", "6")
_QUALITY = 80
_BETWEEN = 400  # milliseconds from one look to the next
_ALIKE = 3  # looks in a row that have shown the same
_MOST_LOOKS = 100


def settled(page: Page) -> bytes:
    """A picture of the page once nothing on it moves any more. Raises TimeoutError."""
    page.locator("[data-testid='stApp'][data-test-script-state='notRunning']").wait_for()
    page.evaluate("document.fonts.ready")
    last, alike = b"", 0
    for _ in range(_MOST_LOOKS):
        now = page.screenshot(animations="disabled", caret="hide")
        alike = alike + 1 if now == last and page.get_by_test_id("stSkeleton").count() == 0 else 0
        if alike == _ALIKE:
            return now
        last = now
        page.wait_for_timeout(_BETWEEN)
    raise TimeoutError(f"{page.url} goes on moving")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "CNNVIZ_HOME": home}
        subprocess.run([sys.executable, "-m", "cnnviz", *RUN], cwd=PROJECT, env=environment, check=True)
        with running_app(Path(home)) as app, browser() as chromium:
            page = chromium.new_page(viewport={"width": 1400, "height": 900}, color_scheme="light")
            page.set_default_timeout(60_000)
            for name, address in ADDRESSES.items():
                page.goto(f"{app.url}/{'' if name == 'home' else name}{address}")
                page.locator("h1").wait_for()
                if place := POINTED_AT.get(name):
                    settled(page)
                    page.locator(place).hover(position={"x": 190, "y": 120})
                with Image.open(BytesIO(settled(page))) as picture:
                    picture.convert("RGB").save(FOLDER / f"{name}.webp", quality=_QUALITY, method=6)


if __name__ == "__main__":
    main()
