"""A site of a few lines that tells what it was asked."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

LARGE = 5_000_000


def site(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Method, path, the length that was said, and the body's beginning; `/large` is large, `/slow` takes a second.

    `/brief` takes a twentieth; `/catches` tells of errors itself.
    """
    path = environ["PATH_INFO"]
    if path == "/large":
        start_response("200 OK", [("Content-Length", str(LARGE))])
        return (b"x" * 100_000 for _ in range(LARGE // 100_000))
    time.sleep({"/slow": 1, "/brief": 0.05}.get(path, 0))
    if path == "/catches":
        return _catching(environ, start_response)
    body = b"" if path == "/unread" else environ["wsgi.input"].read()
    words = f"{environ['REQUEST_METHOD']} {path} {environ.get('CONTENT_LENGTH', '-')} {len(body)} ".encode() + body[:20]
    start_response("200 OK", [("Content-Length", str(len(words)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [words]


def _catching(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    try:
        environ["wsgi.input"].read()
    except Exception:  # noqa: BLE001 - as Flask does
        start_response("500 Internal Server Error", [("Content-Length", "0")])
        return []
    start_response("204 No Content", [])
    return []
