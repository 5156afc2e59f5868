"""Files on their way in: streamed to the person's own folder, never held in memory whole."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from flask import Blueprint, Response, jsonify, request

from pages.server.context import actor, services
from terminal.errors import InputError
from terminal.market.import_job import uploads_of

routes = Blueprint("uploads", __name__)

PIECE = 1024 * 1024
LONGEST_NAME = 200


@routes.post("/uploads")
def upload() -> Response:
    """Keep the request's body under the name in `X-File-Name` (percent-encoded); answers its id."""
    name = unquote(request.headers.get("X-File-Name", "")).strip()
    if not name or len(name) > LONGEST_NAME or "/" in name or "\\" in name:
        raise InputError(
            "The file has no usable name.", field="file", remedy="Rename it and try again."
        )
    kept = uploads_of(services().settings).add(actor(), name, _pieces())
    return jsonify({"id": kept.id, "name": kept.name, "size": kept.size})


def _pieces() -> Iterator[bytes]:
    while piece := request.stream.read(PIECE):
        yield piece
