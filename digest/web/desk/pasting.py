"""What an editor pastes, read: rich text comes back as the Markdown that says the same."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from digest.domain.rewriting import as_markdown
from digest.web.desk.blueprint import desk


@desk.post("/paste")
def paste() -> Response:
    """The Markdown of `html`, which a page's script found on the clipboard. Stores nothing."""
    return Response(as_markdown(request.form.get("html", "")), mimetype="text/plain")
