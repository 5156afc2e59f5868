"""Downloads of artifacts: for their owner (or an administrator), as a file, never as a page."""

from __future__ import annotations

from flask import Blueprint, Response, request, send_file

from pages.server.context import actor, services

routes = Blueprint("files", __name__)

SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@routes.get("/artifacts/<artifact_id>")
def artifact(artifact_id: str) -> Response:
    """Stream one artifact; somebody else's reads as not found."""
    found = services().jobs.open_artifact(actor(), artifact_id)
    response = send_file(
        found.path,
        mimetype=found.media_type,
        as_attachment=True,
        download_name=found.name,
        conditional=False,
        etag=False,
    )
    response.set_etag(found.sha256)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.make_conditional(request, accept_ranges=True, complete_length=found.size)
    return response
