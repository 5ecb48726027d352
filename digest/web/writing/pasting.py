"""What an editor pastes, read: rich text comes back as the Markdown that says the same."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from digest.domain.writing.rewriting import as_markdown
from digest.web.shared.desk import desk

_LONGEST = 300_000
"""Characters of HTML from the clipboard, and of Markdown made of it. Word says a page in some 20,000."""


@desk.post("/paste")
def paste() -> Response:
    """The Markdown of `html`, which a page's script found on the clipboard. Stores nothing.

    413 where that is too long to be read, or would become too long: the script then pastes the plain text.
    """
    html = request.form.get("html", "")
    markdown = as_markdown(html) if len(html) <= _LONGEST else ""
    if max(len(html), len(markdown)) > _LONGEST:
        return Response("This is too long to be read. Paste it in parts.", 413, mimetype="text/plain")
    return Response(markdown, mimetype="text/plain")
