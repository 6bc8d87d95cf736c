"""Take the README's picture from the real app: ``make picture``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.harness import browser, running_app


def main(path: Path) -> None:
    with tempfile.TemporaryDirectory() as home, running_app(Path(home)) as app, browser() as chromium:
        page = chromium.new_page(viewport={"width": 1400, "height": 900}, color_scheme="light")
        page.goto(f"{app.url}/convolution?digit=3&padding=1&filters=6&at=0.12.17")
        page.locator(".explorer[data-drawn]").wait_for()
        page.locator(".output .over").hover(position={"x": 190, "y": 120})
        page.wait_for_timeout(1500)  # until the fonts are there and nothing moves
        page.screenshot(path=path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
