"""How fast the activations page shows a network at a glance: ``python benchmarks/network_overview.py``.

On two threads: the overview's maps and links on the server for every architecture, and the size of its message. In
headless Chromium: from another image to the drawn overview, and from a move of the mouse to its repaint.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Page

from benchmarks.harness import App, browser
from benchmarks.interaction_latency import answer
from benchmarks.report import report

SHOWN = {"lenet5": "activations?model=lenet5-mnist", "resnet18_cifar": "activations?model=resnet18_cifar"}

# Moves over the drawing; each ends when its frames are drawn.
_HOVER = """
async (moves) => {
  let view;
  for (const host of document.querySelectorAll('*')) view ||= host.shadowRoot && host.shadowRoot.querySelector('.network .scroll');
  const root = view.getRootNode(), box = view.getBoundingClientRect(), over = root.querySelector('.network .over');
  const times = [];
  while (times.length < moves) {
    await new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
    const at = { clientX: box.left + Math.random() * box.width, clientY: box.top + Math.random() * box.height, bubbles: true };
    const start = performance.now();
    view.dispatchEvent(new PointerEvent('pointermove', at));
    root.querySelector('[data-role=what]').getBoundingClientRect();
    over.getContext('2d').getImageData(0, 0, 1, 1);
    times.push(performance.now() - start);
  }
  return times;
}
"""


def on_the_server(key: str) -> tuple[float, float]:
    """Seconds for the overview, the best of up to three, and megabytes of its message."""
    import torch

    import cnnviz.components.network_map as face
    from cnnviz.networks import architecture
    from cnnviz.networks.graph import graph
    from cnnviz.ui.inside.network_maps import _Follower

    network = architecture(key)
    torch.manual_seed(0)
    module, x = network.module().eval(), torch.randn(1, *network.input_shape)
    classes = tuple(f"class {i}" for i in range(network.shapes[-1][0]))
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        found = _Follower(graph(network), module, x, classes).overview()
        best = min(best, time.perf_counter() - start)
        if best > 2:
            break
    sent: dict[str, Any] = {}
    face._mount = lambda data, **_: sent.update(data)
    face.network_map(found.columns, network=key, on_look=lambda _: None)
    return best, len(json.dumps(sent)) / 1e6


def in_the_browser(page: Page, url: str, address: str, rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds from the key that asks for another example to the drawn overview, and of each move of the mouse."""
    page.goto(f"{url}/{address}")
    page.locator(".network[data-drawn]").wait_for()
    page.wait_for_timeout(4000)  # libraries load behind the first page's back
    example = page.get_by_role("spinbutton", name="Example")
    # each example is new: what the server has seen it remembers
    shown = [answer(page, example, "ArrowUp", ".network[data-drawn]") for _ in range(rounds)]
    page.wait_for_timeout(500)
    return shown, page.evaluate(_HOVER, 200)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--all", action="store_true", help="every architecture on the server, not only the two with a budget"
    )
    arguments = parser.parse_args()
    import torch

    from cnnviz.networks import architectures

    torch.set_num_threads(2)
    server = {key: on_the_server(key) for key in (architectures() if arguments.all else SHOWN)}
    with tempfile.TemporaryDirectory() as folder:
        app = App(Path(folder))
        try:
            app.wait()
            with browser() as chromium:
                page = chromium.new_page(viewport={"width": 1400, "height": 900})
                seen = {key: in_the_browser(page, app.url, at, arguments.rounds) for key, at in SHOWN.items()}
        finally:
            app.kill()
    hover = [took for _, moves in seen.values() for took in moves]
    waits = {key: (statistics.median(shown), statistics.quantiles(shown, n=20)[-1]) for key, (shown, _) in seen.items()}
    report(
        [
            *((f"overview on the server, {key}", seconds * 1000, "ms") for key, (seconds, _) in server.items()),
            *((f"its message, {key}", size, "MB") for key, (_, size) in server.items()),
            *((f"another image to the drawn overview, {key}, median", wait[0], "ms") for key, wait in waits.items()),
            *(
                (f"another image to the drawn overview, {key}, 95th percentile", wait[1], "ms")
                for key, wait in waits.items()
            ),
            ("hover to repaint, 95th percentile", statistics.quantiles(hover, n=20)[-1], "ms"),
        ],
        {
            **{f"overview_{key}_ms": wait[0] for key, wait in waits.items()},
            "overview_hover_p95_ms": statistics.quantiles(hover, n=20)[-1],
            "largest_message_mb": max(size for _, size in server.values()),
        },
        arguments.json,
    )


if __name__ == "__main__":
    main()
