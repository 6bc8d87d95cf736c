"""How fast the pages answer on which one sets up layers, in headless Chromium: ``python benchmarks/interaction_latency.py``.

With ``--against REF`` the same is done with the app as it was at that commit, in turns, and the ratios are printed: what else
the machine does meets both.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Browser, Locator, Page, WebSocket

from benchmarks.harness import PROJECT, App, browser
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
    "convolution?image=shape&size=64&filters=8": ("Stride", "Padding", "Dilation", "Kernel size"),
    "pooling?at=0.5.5&kernel_size=4&padding=1": ("Stride", "Padding", "Dilation", "Kernel size"),
}

FIELDS = {
    "builder?architecture=lenet5": ("kernel_size", "padding", "out_channels"),
    "builder?architecture=resnet18_cifar": ("padding", "out_channels"),
}
"""Of the first layer of a network."""


@dataclass
class Side:
    """One build of the app, with a page in which it is asked."""

    url: str
    page: Page
    sizes: Callable[[bytes], int]
    """Bytes of a message on the line, in the order of the messages."""
    times: dict[str, list[float]] = field(default_factory=dict)
    sent: dict[str, list[int]] = field(default_factory=dict)
    """Bytes that a change has brought to the browser, by the page's address as the times are."""
    received: int = 0

    def count(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._add)

    def _add(self, frame: bytes | str) -> None:
        self.received += self.sizes(frame.encode() if isinstance(frame, str) else frame)

    def open(self, address: str) -> list[Locator]:
        """The controls of a page that has been opened."""
        self.page.bring_to_front()
        self.page.goto(f"{self.url}/{address}")
        self.page.locator("[data-drawn]").first.wait_for()
        self.page.wait_for_timeout(3000)  # libraries load behind the first page's back
        if address not in FIELDS:
            return [self.page.get_by_role("slider", name=label) for label in SLIDERS[address]]
        self.page.locator("[data-name='row:0']").click()
        return [self.page.locator(f"[data-name='field:{name}']") for name in FIELDS[address]]

    def change(self, address: str, control: Locator, key: str) -> None:
        self.received = 0
        self.times.setdefault(address, []).append(answer(self.page, control, key))
        self.page.wait_for_timeout(150)  # what comes after the picture: the server's answer may be later than it
        self.page.locator("[data-test-script-state=notRunning]").wait_for()
        self.page.wait_for_timeout(150)
        self.sent.setdefault(address, []).append(self.received)


@contextmanager
def checked_out(ref: str) -> Iterator[Path]:
    """The project as it was at a commit."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(tree), ref], cwd=PROJECT, check=True)
        try:
            yield tree
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=PROJECT, check=True)


def first_page(home: Path, project: Path) -> tuple[App, float]:
    """The app, and the seconds from its start to a home page that answers to the mouse."""
    with browser() as chromium:  # started before the clock, as a user's browser is
        page = chromium.new_page()
        start = time.perf_counter()
        app = App(home, folder=project)
        app.wait()
        page.goto(app.url)
        page.locator(".explorer[data-drawn]").wait_for()
        return app, time.perf_counter() - start


def take_turns(sides: list[Side], rounds: int) -> None:
    for address in (*SLIDERS, *FIELDS):
        controls = [side.open(address) for side in sides]
        for i in range(rounds):
            for side, found in zip(sides, controls, strict=True):
                side.page.bring_to_front()  # what lies behind is drawn once a second
                for control in found:
                    side.change(address, control, "ArrowDown" if i % 2 else "ArrowUp")


def controls(page: Page, url: str, address: str, rounds: int) -> list[float]:
    """Milliseconds of each change on one page."""
    side = Side(url, page, len)
    found = side.open(address)
    for i in range(rounds):
        for control in found:
            side.change(address, control, "ArrowDown" if i % 2 else "ArrowUp")
    return side.times[address]


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


def percentile(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def compared(now: Side, before: Side) -> list[tuple[str, float, str]]:
    rows = []
    for address in now.times:
        where = address.split("&")[0]
        faster = statistics.median(before.times[address]) / statistics.median(now.times[address])
        less = statistics.median(now.sent[address]) / statistics.median(before.sent[address])
        rows += [(f"before / now, median, {where}", faster, "×"), (f"bytes now / before, {where}", less, "×")]
    return rows


def on_the_line(app: App) -> Callable[[bytes], int]:
    """How long a message is on its way: the browser tells of it unpacked. As the server packs them, RFC 7692."""
    if not app.packs():
        return len
    packer = zlib.compressobj(wbits=-12, memLevel=5)  # uvicorn's
    return lambda message: len(packer.compress(message)) + len(packer.flush(zlib.Z_SYNC_FLUSH)) - 4


def side_of(chromium: Browser, app: App) -> Side:
    page = chromium.new_context(viewport={"width": 1400, "height": 900}).new_page()
    side = Side(app.url, page, on_the_line(app))
    side.page.on("websocket", side.count)
    return side


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--against", metavar="REF")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        trees = [PROJECT]
        if arguments.against:
            trees.append(stack.enter_context(checked_out(arguments.against)))
        started = []
        for tree in trees:
            app, seconds = first_page(Path(stack.enter_context(tempfile.TemporaryDirectory())), tree)
            stack.callback(app.kill)
            started.append((app, seconds))
        chromium = stack.enter_context(browser())
        sides = [side_of(chromium, app) for app, _ in started]
        take_turns(sides, arguments.rounds)
        now, seconds = sides[0], started[0][1]
        now.page.bring_to_front()
        hovered = {level: hover(now.page, now.url, address) for level, address in HOVERED.items()}
    changed = {address.split("&")[0]: times for address, times in now.times.items()}
    sent = {address.split("&")[0]: [float(size) for size in sizes] for address, sizes in now.sent.items()}
    ratios = compared(now, sides[1]) if arguments.against else []
    report(
        [
            *(
                (f"{what}, {where}, {name}", figure(times), "ms")
                for what, found in (("control to updated picture", changed), ("hover to repaint", hovered))
                for where, times in found.items()
                for name, figure in (("median", statistics.median), ("95th percentile", percentile))
            ),
            *(
                (f"sent for a change, {where}, median", statistics.median(sizes), "bytes")
                for where, sizes in sent.items()
            ),
            ("start to first usable page", seconds, "s"),
            *ratios,
            ("load of the machine", os.getloadavg()[0], ""),
        ],
        {
            "control_median_ms": max(statistics.median(times) for times in changed.values()),
            "control_p95_ms": max(percentile(times) for times in changed.values()),
            "hover_p95_ms": max(percentile(times) for times in hovered.values()),
            "first_page_s": seconds,
        }
        | ({"slowest_ratio": min(ratio for what, ratio, _ in ratios if "median" in what)} if ratios else {}),
        arguments.json,
    )


if __name__ == "__main__":
    main()
