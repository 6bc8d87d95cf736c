#!/bin/sh
# One would guess that a fragment of Streamlit with run_every, whose timer asks while a run of the page is just ending, is run after
# it, and that the browser gets both.
# So it is not always: in streamlit 1.67.0 what a run sends goes through the event loop, and where the timer's request is handled after
# the script's thread has ended but before the loop has come to what that thread sent (the machine is busy), the request gets a new
# script runner, and all that waits of the old one is thrown away, because it is of "a non-current ScriptRunner". A page that has just
# been redrawn for a new state stays as it was; since the message that begins a run ends all timers in the browser, and those that
# renew them may be among the lost ones, the tab can stand still for good. The source knows it: AppSession.request_rerun says so in a
# comment, and takes care of fragments that are gone, not of those that are still there.
# Seen: "without a request in between: of the first run 3 of 3 messages", "with the timer's request: of the first run 0 of 3 messages".
# What helps: no run_every; a component that sets a trigger value when the page rests (data-test-script-state is notRunning): the
# browser has all of a run then.
# Needs python3 with venv, and the package registry. Ends with 1 where the behaviour has changed.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check streamlit==1.67.0
cat > "$place/app.py" <<'PYTHON'
import streamlit as st

st.text("redrawn")


@st.fragment(run_every=1)
def watched():
    st.text("watched")


watched()
PYTHON
cat > "$place/run.py" <<'PYTHON'
import asyncio
from pathlib import Path

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime import Runtime, RuntimeConfig
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.script_data import ScriptData
from streamlit.runtime.scriptrunner.script_cache import ScriptCache

APP = str(Path(__file__).parent / "app.py")
FULL = ("text of the page", "timer", "block of the fragment", "text of the fragment", "end")
ONLY_FULL = ("text of the page", "timer", "end")


def kinds(messages):
    told = []
    for message in messages:
        kind = message.WhichOneof("type")
        if kind == "auto_rerun":
            told.append("timer")
        elif kind == "script_finished" and message.script_finished == message.FINISHED_SUCCESSFULLY:
            told.append("end")
        elif kind == "delta" and message.delta.WhichOneof("type") == "add_block" and message.delta.fragment_id:
            told.append("block of the fragment")
        elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "text":
            told.append("text of the fragment" if message.delta.fragment_id else "text of the page")
    return told


async def rest(session):
    """Until the script's thread has ended, and the loop has come to what it sent."""
    thread = session._scriptrunner._script_thread
    while thread.is_alive():
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)


async def told(asks):
    session = AppSession(
        ScriptData(APP, False), MemoryUploadedFileManager(""), ScriptCache(), message_enqueued_callback=None, user_info={}
    )
    session.request_rerun(ClientState())
    await rest(session)
    [fragment] = [m.auto_rerun.fragment_id for m in session.flush_browser_queue() if m.WhichOneof("type") == "auto_rerun"]
    session.request_rerun(ClientState())
    session._scriptrunner._script_thread.join()  # the loop is late, as on a busy machine
    if asks:
        session.request_rerun(ClientState(fragment_id=fragment, is_auto_rerun=True))
    await rest(session)
    return kinds(session.flush_browser_queue())


async def main():
    Runtime(RuntimeConfig(APP, None, MemoryMediaFileStorage("/media"), MemoryUploadedFileManager("")))
    alone, beside = await told(asks=False), await told(asks=True)
    for name, got in (("without a request in between", alone), ("with the timer's request", beside)):
        print(f"{name}: of the first run {sum(kind in got for kind in ONLY_FULL)} of 3 messages ({', '.join(got)})")
    assert [kind for kind in FULL if kind in alone] == list(FULL)
    assert "text of the fragment" in beside  # of the second run
    assert not set(ONLY_FULL) & set(beside)


asyncio.run(main())
PYTHON
"$place/venv/bin/python" "$place/run.py" 2> "$place/log" || { cat "$place/log"; exit 1; }
