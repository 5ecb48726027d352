"""Request ids: each answer says its own, and so does each line of the log that was written meanwhile.

One that comes along is taken only where a proxy of ours is known to stand before the site, and only if it looks like
one: whoever asks may write anything there.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.wsgi import ClosingIterator

from digest.operations.shared.log_context import REQUEST

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HEADER = "X-Request-ID"
_WELL_FORMED = re.compile(r"[0-9A-Za-z-]{8,64}", re.ASCII)


class RequestIds:
    """Around the whole application, so that pages, files and errors all have one."""

    def __init__(self, inner: WSGIApplication, trusted_proxies: int) -> None:
        self._inner = inner
        self._believes = trusted_proxies > 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the application does, under an id."""
        request_id = self._given(environ) or secrets.token_hex(8)
        REQUEST.set(request_id)

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, [*headers, (HEADER, request_id)], *rest)

        try:
            answer = self._inner(environ, start)
        except BaseException:
            _end()
            raise
        return ClosingIterator(answer, _end)

    def _given(self, environ: WSGIEnvironment) -> str:
        given = str(environ.get("HTTP_X_REQUEST_ID", "")) if self._believes else ""
        return given if _WELL_FORMED.fullmatch(given) else ""


def _end() -> None:
    REQUEST.set("")


def request_id() -> str:
    """The id of the request that is answered now."""
    return REQUEST.get()
