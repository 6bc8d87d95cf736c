"""The route that serves the components' modules, asked as a server asks it."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from starlette.applications import Starlette

from cnnviz.components import assets
from cnnviz.components.assets import FILES, MODULES, VERSION
from cnnviz.ui.server.routes import routes


def asked(path: str, query: str = "") -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer to a request for ``path``."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": []}
    app = Starlette(routes=routes())
    with ThreadPoolExecutor(1) as thread:  # a browser in this process has a loop of its own in this one
        thread.submit(asyncio.run, app(scope, receive, send)).result()  # type: ignore[arg-type]
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_served_and_may_be_kept_for_good(name: str) -> None:
    status, headers, body = asked(f"/{MODULES}/{VERSION}/{name}")
    assert (status, body) == (200, FILES[name])
    kind = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}[Path(name).suffix]
    assert headers["content-type"] == f"{kind}; charset=utf-8"
    assert headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "path",
    [
        "0123456789ab/shared/maps.js",  # another version's
        f"{VERSION}/",
        f"{VERSION}/shared",
        f"{VERSION}/assets.py",
        f"{VERSION}/window_explorer/__init__.py",
        f"{VERSION}/../assets.py",
        f"{VERSION}/shared/../shared/maps.js",
        f"{VERSION}/..%2fassets.py",
        f"{VERSION}//etc/passwd",
    ],
)
def test_nothing_else_is_served(path: str) -> None:
    status, headers, _ = asked(f"/{MODULES}/{path}")
    assert status == 404
    assert "cache-control" not in headers


def test_they_are_served_beneath_the_path_that_the_server_stands_at(monkeypatch: pytest.MonkeyPatch) -> None:
    for base in ("class", "/class/", "a/b"):
        monkeypatch.setattr(st, "get_option", {"server.baseUrlPath": base}.get)
        assert asked(f"/{base.strip('/')}/{MODULES}/{VERSION}/shared/maps.js")[0] == 200


def test_every_import_is_of_a_file_that_is_served() -> None:
    for name, text in FILES.items():
        for other in re.findall(r'from "(\.[^"]+)"', text.decode()):
            path = (Path("/") / name).parent.joinpath(other)
            assert str(Path(*path.parts[1:])) in FILES or path.resolve().relative_to("/").as_posix() in FILES, (
                name,
                other,
            )


def test_what_goes_over_with_every_message_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: dict[str, str] = {}
    monkeypatch.setattr(st.components.v2, "component", lambda _, **texts: sent.update(texts))
    assets.register("window_explorer")
    assert set(sent) == {"js"}
    assert len(sent["js"].encode()) < 2000
    assert "\n" in sent["js"]  # a text on one line is taken for the name of a file
