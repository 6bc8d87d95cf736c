"""How fast the pages answer on which one sets up layers, in headless Chromium: ``python benchmarks/interaction_latency.py``."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Locator, Page

from benchmarks.harness import App, browser
from benchmarks.report import report

# From the key that changes a control to the frame in which the component has drawn the answer.
_CONTROL = """
async (drawn) => {
  const root = () => {
    for (const host of document.querySelectorAll('*'))
      if (host.shadowRoot && host.shadowRoot.querySelector(drawn)) return host.shadowRoot.querySelector(drawn);
  };
  const before = root().dataset.drawn;
  window.answered = new Promise((resolve) => {
    window.addEventListener('keydown', () => {
      const start = performance.now();
      const look = () => {
        const now = root();
        if (now && now.dataset.drawn !== before) resolve(performance.now() - start);
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    }, { capture: true, once: true });
  });
}
"""

# From a pointer event to the end of the frame that shows its effect, waiting for the screen left out.
_HOVER = """
async (moves) => {
  let canvas;
  for (const host of document.querySelectorAll('*'))
    canvas ||= host.shadowRoot && host.shadowRoot.querySelector('.output .over, .card .over');
  const box = canvas.getBoundingClientRect();
  const formula = canvas.getRootNode().querySelector('[data-role=formula]');
  const times = [];
  for (let i = 0; i < moves; i++) {
    await new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
    const at = { clientX: box.left + Math.random() * box.width, clientY: box.top + Math.random() * box.height, bubbles: true };
    const start = performance.now();
    canvas.dispatchEvent(new PointerEvent('pointermove', at));
    formula.getBoundingClientRect();  // the new text laid out
    canvas.getContext('2d').getImageData(0, 0, 1, 1);  // the new frames drawn
    times.push(performance.now() - start);
  }
  return times;
}
"""

# The largest input that has a budget: 64×64×3; 32 filters of 5×5.
HOVERED = {
    "all channels": "convolution?image=shape&size=64&kernel_size=5&filters=32",
    "one channel": "convolution?image=shape&size=64&kernel_size=5&filters=32&at=0",
    "one window": "convolution?image=shape&size=64&kernel_size=5&filters=32&at=0.5.5",
    "all pooled channels": "pooling?image=shape&size=64&kernel_size=5&stride=1",
    "one pooled window": "pooling?image=shape&size=64&kernel_size=5&stride=1&at=0.5.5",
}

SLIDERS = {
    "convolution?at=0.12.12": ("Stride", "Padding", "Dilation", "Kernel size", "Filters"),
    "pooling?at=0.5.5&kernel_size=4&padding=1": ("Stride", "Padding", "Dilation", "Kernel size"),
}

FIELDS = {
    "builder?architecture=lenet5": ("kernel_size", "padding", "out_channels"),
    "builder?architecture=resnet18_cifar": ("padding", "out_channels"),
}
"""Of the first layer of a network."""


def first_page(home: Path) -> tuple[App, float]:
    """The app, and the seconds from its start to a home page that answers to the mouse."""
    with browser() as chromium:  # started before the clock, as a user's browser is
        page = chromium.new_page()
        start = time.perf_counter()
        app = App(home)
        app.wait()
        page.goto(app.url)
        page.locator(".explorer[data-drawn]").wait_for()
        return app, time.perf_counter() - start


def controls(page: Page, url: str, address: str, rounds: int) -> list[float]:
    page.goto(f"{url}/{address}")
    page.locator("[data-drawn]").first.wait_for()
    page.wait_for_timeout(3000)  # libraries load behind the first page's back
    found = [page.get_by_role("slider", name=label) for label in SLIDERS.get(address, ())]
    if address in FIELDS:
        page.locator("[data-name='row:0']").click()
        found = [page.locator(f"[data-name='field:{name}']") for name in FIELDS[address]]
    return [answer(page, control, "ArrowDown" if i % 2 else "ArrowUp") for i in range(rounds) for control in found]


def answer(page: Page, control: Locator, key: str, drawn: str = "[data-drawn]") -> float:
    """Milliseconds from a key on a control to the frame in which ``drawn`` has drawn the answer."""
    control.focus()
    page.wait_for_timeout(150)
    page.evaluate(_CONTROL, drawn)
    page.keyboard.press(key)
    took = float(page.evaluate("() => window.answered"))
    page.wait_for_timeout(150)
    return took


def hover(page: Page, url: str, address: str) -> list[float]:
    """Milliseconds for each of many moves."""
    page.goto(f"{url}/{address}")
    page.locator(".explorer[data-drawn]").wait_for()
    page.wait_for_timeout(1000)
    times: list[float] = page.evaluate(_HOVER, 200)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--rounds", type=int, default=8)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app, seconds = first_page(Path(folder))
        try:
            with browser() as chromium:
                page = chromium.new_page(viewport={"width": 1400, "height": 900})
                changed = {
                    address.split("&")[0]: controls(page, app.url, address, arguments.rounds)
                    for address in (*SLIDERS, *FIELDS)
                }
                hovered = {level: hover(page, app.url, address) for level, address in HOVERED.items()}
        finally:
            app.kill()

    def percentile(times: list[float]) -> float:
        return statistics.quantiles(times, n=20)[-1]

    report(
        [
            *(
                (f"{what}, {where}, {name}", figure(times), "ms")
                for what, found in (("control to updated picture", changed), ("hover to repaint", hovered))
                for where, times in found.items()
                for name, figure in (("median", statistics.median), ("95th percentile", percentile))
            ),
            ("start to first usable page", seconds, "s"),
        ],
        {
            "control_median_ms": max(statistics.median(times) for times in changed.values()),
            "control_p95_ms": max(percentile(times) for times in changed.values()),
            "hover_p95_ms": max(percentile(times) for times in hovered.values()),
            "first_page_s": seconds,
        },
        arguments.json,
    )


if __name__ == "__main__":
    main()
