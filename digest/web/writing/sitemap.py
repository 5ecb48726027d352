"""The sitemap: every page that search engines may show. Its addresses come from SITE_URL alone.

An archive has tens of thousands, and whoever likes may ask for it, sixty times at once. So each process keeps a copy,
and asks the database only whether it still holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date
from hashlib import sha256
from itertools import islice
from threading import Lock
from xml.sax.saxutils import escape

from flask import Blueprint, Flask, Response, current_app
from sqlalchemy.orm import Session
from werkzeug.urls import iri_to_uri

from digest.config import Settings
from digest.operations.shared.links import summary_path
from digest.storage.issues.issues import past_issue_dates
from digest.storage.issues.public_pages import PublicPages, public_pages
from digest.storage.writing.summaries import published_addresses
from digest.web.shared.caching import keep_for_a_minute
from digest.web.shared.context import reading, site
from digest.web.shared.security import csrf

_LIMIT = 50_000  # sitemaps.org, "Sitemap file limits"
_EXTENSION = "digest-sitemap"
_PLAIN = re.compile(r"[\w./-]*", re.ASCII)
_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'

_sitemap = Blueprint("sitemap", __name__)
csrf.exempt(_sitemap)
_sitemap.after_request(keep_for_a_minute)


def hang_up(app: Flask) -> None:
    """Register the sitemap."""
    app.extensions[_EXTENSION] = Kept()
    app.register_blueprint(_sitemap)


@_sitemap.get("/sitemap.xml")
def sitemap() -> Response:
    """The copy that holds."""
    kept: Kept = current_app.extensions[_EXTENSION]
    session, ours = reading(), site().settings
    pages = public_pages(session)
    copy = kept.copy_of(pages, lambda: "".join(_lines(session, ours)).encode())
    response = Response(copy.content, mimetype="application/xml")
    response.set_etag(copy.etag)
    if copy.pages.changed_at:
        response.last_modified = copy.pages.changed_at.astimezone(UTC)
    return response


@dataclass(frozen=True)
class Copy:
    """A sitemap, and of which state of the public pages it is one."""

    pages: PublicPages
    content: bytes
    etag: str


class Kept:
    """The last copy that this process made. Safe to share between threads."""

    def __init__(self) -> None:
        self._copy: Copy | None = None
        self._making = Lock()

    def copy_of(self, pages: PublicPages, make: Callable[[], bytes]) -> Copy:
        """The copy of this state. One thread makes it; meanwhile others get the last, or wait if there is none."""
        last = self._copy
        if last and last.pages == pages:
            return last
        if not self._making.acquire(blocking=last is None) and last:
            return last
        try:
            if self._copy is last or self._copy is None:
                content = make()
                self._copy = Copy(pages, content, sha256(content).hexdigest())
            return self._copy
        finally:
            self._making.release()


def _lines(session: Session, site: Settings) -> Iterator[str]:
    yield _HEAD
    root = escape(iri_to_uri(site.site_url))
    for path, changed in islice(_paths(session), _LIMIT):
        url = root + path if _PLAIN.fullmatch(path) else escape(iri_to_uri(site.site_url + path))
        lastmod = f"<lastmod>{changed.isoformat()}</lastmod>" if changed else ""
        yield f"<url><loc>{url}</loc>{lastmod}</url>\n"
    yield "</urlset>\n"


def _paths(session: Session) -> Iterator[tuple[str, date | None]]:
    for path in ("/", "/news", "/issues", "/privacy"):
        yield path, None
    for day in past_issue_dates(session):
        yield f"/issues/{day.isoformat()}", day
    for found in published_addresses(session, _LIMIT):
        yield summary_path(found.publication_slug, found.slug, found.summary_id), found.updated_at.date()
