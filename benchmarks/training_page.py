"""How the pages of training answer, in headless Chromium: ``python benchmarks/training_page.py``.

Their controls, and a layer's, first with nothing running, then while a run trains in its own worker process and another tab
watches it. And how long Train and Compare take to show runs that have ended: hours of training beside a minute, from the
navigation within the loaded app to the settled picture.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from playwright.sync_api import BrowserContext, Locator, Page

from benchmarks.harness import App, browser
from benchmarks.interaction_latency import controls
from benchmarks.report import report
from cnnviz.networks import architecture
from cnnviz.runs import Engine, RunStore, Spec
from cnnviz.runs.records import Outcome, outcome_row
from cnnviz.training import Mistake, TrainingConfig

LAYER = "convolution?at=0.12.12"
LONG, SHORT = (100, 50_000), (3, 60)
"""Epochs, and points of the training curve."""
TOGETHER = 4

# From a key to the frame in which it has had its effect on what SEEN finds.
_EFFECT = """
async () => {
  const seen = () => SEEN, before = seen();
  window.answered = new Promise((resolve) => {
    window.addEventListener('keydown', () => {
      const start = performance.now();
      const look = () => {
        if (![before, undefined].includes(seen())) resolve(performance.now() - start);
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    }, { capture: true, once: true });
  });
}
"""
_PRESET = "document.querySelector('input[aria-label=Settings]')?.value"  # other settings are another preset
_AXIS = "document.querySelector('.js-plotly-plot .xtitle')?.textContent"

# From the navigation to the first frame of the picture that then stays; a page that works on is not settled.
_SETTLED = """
([to, charts, epochs]) => new Promise((resolve) => {
  const start = performance.now();
  let since;
  const settled = () => {
    const plots = [...document.querySelectorAll('.js-plotly-plot')];
    return document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'
      && !document.querySelector('[data-stale=true]')
      && plots.length === charts
      && (!charts || (plots.every((plot) => plot.querySelector('.main-svg')) && Math.max(...plots[0].data[0].x) === epochs));
  };
  const look = () => {
    const now = performance.now();
    since = settled() ? (since ?? now) : undefined;
    if (since !== undefined && now - since > 500) resolve(since - start);
    else requestAnimationFrame(look);
  };
  history.pushState({}, '', to);
  window.dispatchEvent(new PopStateEvent('popstate'));
  requestAnimationFrame(() => requestAnimationFrame(look));
})
"""


def spec(epochs: int) -> Spec:
    # large enough for an epoch to last longer than a look at it
    return Spec(network=architecture("lenet5"), dataset="shapes", config=TrainingConfig(epochs=epochs, device="cpu"))


def ended_run(store: RunStore, epochs: int, points: int) -> str:
    """A run with so many epochs and points, without any training."""
    run_id = store.create(spec(epochs), waits=True).id
    rng, now = np.random.default_rng(0), time.time()

    def row(split: str, step: int) -> tuple[Any, ...]:
        loss = 0.05 + 2.2 * float(np.exp(-5 * step / points)) + 0.02 * rng.random()
        return run_id, split, step, epochs * step / points, loss, 1 - loss / 2.5, now - points + step

    mistakes = tuple(Mistake(image, image % 10, (image + 1) % 10, 0.9) for image in range(24))
    outcomes = [Outcome(epoch, rng.integers(0, 40, (10, 10)), mistakes) for epoch in range(epochs + 1)]
    with store.open() as db:
        db.execute("BEGIN")
        for split, step in (("train", 1), ("test", points // epochs)):
            rows = (row(split, at) for at in range(0, points + 1, step))
            db.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        db.executemany("INSERT INTO outcomes VALUES (?, ?, ?, ?)", [(run_id, *outcome_row(one)) for one in outcomes])
        db.execute("COMMIT")
    store.report(run_id, step=points, total_steps=points, epochs_done=epochs, test_accuracy=0.97, started=now - points)
    store.end(run_id, "finished")
    return run_id


@contextmanager
def training(store: RunStore, context: BrowserContext, url: str) -> Iterator[str]:
    """The id of a run that trains and is watched in a tab of its own."""
    run_id = store.create(spec(1000)).id
    Engine(store).launch(run_id)
    tab = context.new_page()
    try:
        tab.goto(f"{url}/train?run={run_id}")
        tab.locator(".curves[data-points]").wait_for(timeout=60_000)
        before = tab.get_by_test_id("stProgress").inner_text()
        yield run_id
        if not store.get(run_id).active or tab.get_by_test_id("stProgress").inner_text() == before:
            raise RuntimeError("the run ended, or nobody watched it")
    finally:
        tab.close()
        store.request_stop(run_id)
        while store.get(run_id).active:
            time.sleep(0.2)


def answer(page: Page, control: Locator, key: str, seen: str) -> float:
    """Milliseconds from a key on a control to another ``seen``, an expression in JavaScript."""
    control.focus()
    page.wait_for_timeout(150)
    page.evaluate(_EFFECT.replace("SEEN", seen))
    page.keyboard.press(key)
    took = float(page.evaluate("() => window.answered"))
    page.wait_for_timeout(300)
    return took


def all_controls(page: Page, url: str, run: str, compared: list[str], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each change, by page."""
    found = {"convolution": controls(page, url, LAYER, rounds), "train": [], "compare": []}
    page.goto(f"{url}/train?run={run}")
    page.locator("input[aria-label=Settings]").wait_for()
    page.wait_for_timeout(2000)
    for _ in range(rounds):
        for name in ("Epochs", "Batch size"):
            control = page.get_by_role("spinbutton", name=name)
            found["train"] += [answer(page, control, key, _PRESET) for key in ("ArrowUp", "ArrowDown")]
    page.goto(f"{url}/compare?runs=" + "&runs=".join(compared))
    page.locator(".js-plotly-plot .xtitle").first.wait_for()
    page.wait_for_timeout(2000)
    for _ in range(rounds):
        for over in ("steps", "epochs"):
            found["compare"].append(answer(page, page.get_by_role("radio", name=over), "Space", _AXIS))
    return found


def shown(page: Page, url: str, store: RunStore, runs: dict[int, list[str]], rounds: int) -> dict[str, float]:
    """The median of milliseconds until Train shows one run and Compare all, by page and epochs; ``runs`` by epochs."""
    found: dict[str, list[float]] = {}
    page.goto(f"{url}/compare")
    page.wait_for_timeout(5000)  # libraries load behind the first page's back
    for number in range(rounds + 1):
        for epochs, some in runs.items():
            for name in some:
                store.describe(name, "", f"round {number}")  # so that the page cannot know it from the last round
            one = some[number % len(some)]
            for where, to in (("train", f"/train?run={one}"), ("compare", "/compare?runs=" + "&runs=".join(some))):
                took = page.evaluate(_SETTLED, [to, 3, epochs])
                page.evaluate(_SETTLED, ["/compare", 0, 0])
                if number:  # the first round loads Plotly
                    found.setdefault(f"{where} {epochs}", []).append(took)
    return {what: statistics.median(times) for what, times in found.items()}


def on_the_server(run_id: str, rounds: int) -> float:
    """The median of milliseconds of computing for the live part of Train, which a page that watches asks for every 0.4 s."""
    from streamlit.testing.v1 import AppTest

    def script(run_id: str) -> None:
        import time

        import streamlit as st

        from cnnviz.runs import RunStore
        from cnnviz.ui.runs.views import run_view

        store = RunStore()
        start = time.thread_time()
        run_view(store, store.get(run_id), enlarged=True)  # drawn as a run that trains is
        st.session_state["took"] = time.thread_time() - start

    app = AppTest.from_function(script, kwargs={"run_id": run_id}, default_timeout=60)
    return 1000 * statistics.median([app.run().session_state["took"] for _ in range(rounds + 1)][1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--rounds", type=int, default=8)
    arguments = parser.parse_args()
    rounds, long, short = arguments.rounds, LONG[0], SHORT[0]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CNNVIZ_HOME"] = folder
        store = RunStore()
        runs = {epochs: [ended_run(store, epochs, points) for _ in range(TOGETHER)] for epochs, points in (LONG, SHORT)}
        server = {epochs: on_the_server(some[0], rounds) for epochs, some in runs.items()}
        app = App(Path(folder))
        try:
            app.wait()
            with browser() as chromium:
                context = chromium.new_context(viewport={"width": 1400, "height": 900})
                page, few = context.new_page(), runs[short]
                waits = shown(page, app.url, store, runs, rounds)
                calm = all_controls(page, app.url, few[0], few, rounds)
                with training(store, context, app.url) as run:
                    page.bring_to_front()  # a browser gives less to what lies behind: nobody clicks there
                    busy = all_controls(page, app.url, run, [run, *few[1:]], rounds)
        finally:
            app.kill()
    figures = {"median": statistics.median, "p95": lambda times: statistics.quantiles(times, n=20)[-1]}
    whens = {"control": calm, "training_control": busy}
    report(
        [
            *((f"{when.replace('_', ', ')} to its effect, {where}, {name}", figure(times), "ms")
              for when, found in whens.items() for where, times in found.items() for name, figure in figures.items()),
            *((f"{what} epochs, to the settled picture", wait, "ms") for what, wait in waits.items()),
            *((f"live part of Train on the server, computing, {epochs} epochs", wait, "ms") for epochs, wait in server.items()),
        ],
        {f"{when}_{name}_ms": max(map(figure, found.values())) for when, found in whens.items() for name, figure in figures.items()}
        | {f"training_ratio_{name}": max(figure(busy[at]) / figure(calm[at]) for at in calm) for name, figure in figures.items()}
        | {
            "long_run_ms": waits[f"train {long}"],
            "short_run_ms": waits[f"train {short}"],
            "long_over_short": waits[f"train {long}"] / waits[f"train {short}"],
            "long_compare_ms": waits[f"compare {long}"],
            "short_compare_ms": waits[f"compare {short}"],
            "compare_long_over_short": waits[f"compare {long}"] / waits[f"compare {short}"],
            "server_long_ms": server[long],
            "server_short_ms": server[short],
        },
        arguments.json,
    )  # fmt: skip


if __name__ == "__main__":
    main()
