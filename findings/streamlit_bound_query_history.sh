#!/bin/sh
# One would guess that a control of Streamlit that is bound to the address (bind="query-params") leaves the browser's history as
# an assignment to st.query_params does: a step for each value, to which Back can come.
# So it is: in streamlit 1.67.0 the browser itself writes the value of a bound control, by history.replaceState, over the address
# that one was at, while what the server writes comes by history.pushState. After three moves of a slider the history has no step
# more, and Back leaves the app; after three clicks that assign to st.query_params it has three. Where a page does both for one
# move, the state before it is lost and the step that is made holds the new value twice.
# Seen: "steps of the history for three moves of a bound slider 0, for three assignments to st.query_params 3".
# Source: in the frontend App.handlePageInfoChanged pushes, and the widget manager's address of bound controls is replaced.
# What helps: wrapping history.replaceState so that the first call after an act of the user becomes a push.
# Needs python3 with venv, the package registry, and a Chromium (chromium-headless-shell or chromium). Ends with 1 where the
# behaviour has changed.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check streamlit==1.67.0 playwright==1.65.2
cat > "$place/app.py" <<'PYTHON'
import streamlit as st

st.slider("bound", 0, 9, key="bound", bind="query-params")
if st.button("assign"):
    st.query_params["assigned"] = str(int(st.query_params.get("assigned", 0)) + 1)
PYTHON
cat > "$place/run.py" <<'PYTHON'
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import streamlit
from playwright.sync_api import sync_playwright

here = Path(__file__).parent
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
options = ["--server.port", str(port), "--server.headless", "true", "--browser.gatherUsageStats", "false"]
server = subprocess.Popen([sys.executable, "-m", "streamlit", "run", str(here / "app.py"), *options], stdout=subprocess.DEVNULL)
try:
    for _ in range(240):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health")
            break
        except OSError:
            time.sleep(0.25)
    chromium = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))))
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"]).new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        slider, button = page.get_by_role("slider"), page.get_by_role("button", name="assign")
        slider.wait_for()
        before = page.evaluate("history.length")
        for value in (1, 2, 3):
            slider.press("ArrowRight")
            page.wait_for_function(f"location.search === '?bound={value}'")
        bound = page.evaluate("history.length") - before
        for value in (1, 2, 3):
            button.click()
            page.wait_for_function(f"location.search.includes('assigned={value}')")
        assigned = page.evaluate("history.length") - before - bound
    print(f"streamlit {streamlit.__version__}: steps of the history for three moves of a bound slider {bound}, "
          f"for three assignments to st.query_params {assigned}")
    if (bound, assigned) != (0, 3):
        print("The behaviour has changed.")
        sys.exit(1)
finally:
    server.terminate()
PYTHON
"$place/venv/bin/python" "$place/run.py" 2> "$place/log" || { cat "$place/log"; exit 1; }
