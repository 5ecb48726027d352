"""How long others may keep a public page."""

from __future__ import annotations

from flask import Response, request


def keep_for_a_minute(response: Response) -> Response:
    """Let caches keep a good answer for a minute, and answer 304 to whoever has it already."""
    if response.status_code != 200:
        return response
    response.cache_control.public = True
    response.cache_control.max_age = 60
    if not response.is_streamed:
        response.add_etag()
        response.make_conditional(request)
    return response
