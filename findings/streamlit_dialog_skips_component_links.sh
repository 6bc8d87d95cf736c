#!/bin/sh
# One would guess that the keyboard reaches what a component of Streamlit (st.components.v2) draws in a dialog as it does on the
# page: a dialog keeps the focus within itself, and the component is within it.
# In streamlit 1.67.0 Tab goes round between the dialog's own controls and never comes to a link or button of such a component,
# whatever it holds; the same component on the page is reached. The dialog's focus trap lists what can have the focus by walking
# the document, and a component lies in a shadow root of its own, into which that walk does not look; as the trap moves the focus
# itself, the browser's own order, which would go in, never acts. A mouse does not show it, nor does axe-core.
# Seen: "on the page the keyboard came to the component's link True, in a dialog False, to a link of st.html there True".
# Source: the dialog's focus scope (React Aria's FocusScope, with a TreeWalker over the document) handles the Tab key.
# What helps: in a dialog, draw links by st.html, and let a component beside them listen for their clicks.
# Needs python3 with venv, the package registry, and a Chromium (chromium-headless-shell or chromium). Ends with 1 where the
# behaviour has changed.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check streamlit==1.67.0 playwright==1.65.2
cat > "$place/app.py" <<'PYTHON'
import streamlit as st

links = st.components.v2.component("links", html='<a href="#a" id="within">within</a>')


@st.dialog("A dialog")
def dialog():
    st.button("first")
    links(key="in_dialog")
    st.html('<a href="#b" target="_self" id="beside">beside</a>')
    st.button("last")


links(key="on_page")
if st.button("open"):
    dialog()
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

FOCUSED = """() => {
    let at = document.activeElement;
    while (at && at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement;
    return at ? at.id : "";
}"""
here = Path(__file__).parent
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
options = ["--server.port", str(port), "--server.headless", "true", "--browser.gatherUsageStats", "false"]
server = subprocess.Popen([sys.executable, "-m", "streamlit", "run", str(here / "app.py"), *options], stdout=subprocess.DEVNULL)


def reached(page):
    """The links that the focus came to in twenty steps."""
    found = set()
    for _ in range(20):
        page.keyboard.press("Tab")
        page.wait_for_timeout(50)
        found.add(page.evaluate(FOCUSED))
    return found


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
        page.get_by_text("within").wait_for()
        on_page = "within" in reached(page)
        page.get_by_role("button", name="open").click()
        page.get_by_role("dialog").get_by_text("within").wait_for()
        page.get_by_role("dialog").get_by_text("beside").wait_for()
        in_dialog = reached(page)
    seen = (on_page, "within" in in_dialog, "beside" in in_dialog)
    print(f"streamlit {streamlit.__version__}: on the page the keyboard came to the component's link {seen[0]}, "
          f"in a dialog {seen[1]}, to a link of st.html there {seen[2]}")
    if seen != (True, False, True):
        print("The behaviour has changed.")
        sys.exit(1)
finally:
    server.terminate()
PYTHON
"$place/venv/bin/python" "$place/run.py" 2> "$place/log" || { cat "$place/log"; exit 1; }
