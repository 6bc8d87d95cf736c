"""Serves the components' modules."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from cnnviz.components.assets import FILES, VERSION

_KINDS = {"js": "text/javascript", "css": "text/css", "html": "text/html"}
FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


async def module(request: Request) -> Response:
    """A file of this version; another version's, which an old page may still ask for, is not there any more."""
    name = request.path_params["name"]
    if request.path_params["version"] != VERSION or name not in FILES:
        return PlainTextResponse("Not found", 404)
    return Response(FILES[name], media_type=_KINDS[name.rpartition(".")[2]], headers=FOR_GOOD)
