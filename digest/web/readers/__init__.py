"""Readers' pages: what this is, signing up, confirming, topics, leaving, and what we hold.

No session, no cookie, no CSRF token: the token in the path is the authority. GET and HEAD change nothing, since mail
scanners open every link. A POST answers with its page and no redirect: each of them may be sent twice without harm,
a redirect could carry its outcome only in a cookie or in the address, and RFC 8058 forbids one for one-click.
"""

from __future__ import annotations

from flask import Flask

from digest.web.readers.front import front
from digest.web.readers.links import links
from digest.web.readers.yours import yours
from digest.web.shared.security import csrf


def hang_up(app: Flask) -> None:
    """Register readers' pages."""
    for pages in (front, links, yours):
        csrf.exempt(pages)
        app.register_blueprint(pages)
