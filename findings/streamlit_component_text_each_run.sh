#!/bin/sh
# One would guess that the script of a Streamlit component, which is registered once (st.components.v2.component(name, js=…)),
# reaches the browser once, and that a new value brings the value.
# So it is: streamlit 1.67.0 puts the whole script, style and HTML into the message of the element, at every run of the page. A
# component of 50 kB sends 50 kB for each step of a slider. Only a script that lies in the assets of an installed package,
# declared in its pyproject.toml, is sent as a path (the message's js_source_path).
# Source: streamlit/components/v2/bidi_component/main.py fills js_content, css_content and html_content in at every call.
# What helps: a script of two lines that imports a module, which a route of st.App serves and the browser keeps.
# Needs python3 with venv, and the package registry. Ends with 1 where the behaviour has changed.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check streamlit==1.67.0
cat > "$place/run.py" <<'PYTHON'
import sys

import streamlit
from streamlit.testing.v1 import AppTest


def page():
    import streamlit as st

    mount = st.components.v2.component("one", html="<p></p>", js="// " + "x" * 50_000 + "\nexport default () => {}\n")
    mount(data={"value": st.slider("value", 0, 9)}, key="one")


def leaves(node):
    for child in getattr(node, "children", {}).values():
        yield from leaves(child)
    if not hasattr(node, "children"):
        yield node


print("streamlit", streamlit.__version__)
app = AppTest.from_function(page).run()
sizes = []
for value in (1, 2, 3):
    app.slider[0].set_value(value).run()
    [message] = [one.proto for one in leaves(app._tree) if type(getattr(one, "proto", None)).__name__ == "BidiComponent"]
    sizes.append(message.ByteSize())
    print(f"value {value}: {message.ByteSize()} bytes, {len(message.js_content)} of them the script")
if min(sizes) < 50_000:
    print("The behaviour has changed.")
    sys.exit(1)
PYTHON
"$place/venv/bin/python" "$place/run.py" 2> "$place/log" || { cat "$place/log"; exit 1; }
