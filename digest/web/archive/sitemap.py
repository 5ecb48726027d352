"""The sitemap: every page that search engines may show. Its addresses come from SITE_URL alone.

An archive has tens of thousands, and whoever likes may ask for it, sixty times at once. So each process keeps a copy,
in a file without a name, and asks the database only whether it still holds. Written and read a little at a time, it
takes no more memory with more pages. Beyond 50,000 pages the sitemap is an index of others (sitemaps.org).
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date
from functools import partial
from hashlib import sha256
from itertools import islice
from tempfile import TemporaryFile
from threading import Lock
from weakref import finalize
from xml.sax.saxutils import escape

from flask import Blueprint, Flask, Response, abort, current_app, request
from sqlalchemy.orm import Session
from werkzeug.urls import iri_to_uri

from digest.config import Settings
from digest.operations.shared.links import summary_path
from digest.storage.archive.past_issues import past_issue_dates
from digest.storage.archive.public_pages import PublicPages, public_pages
from digest.storage.archive.published import published_addresses
from digest.web.shared.caching import keep_for_a_minute
from digest.web.shared.context import reading, site
from digest.web.shared.security import csrf

LIMIT = 50_000  # sitemaps.org, "Sitemap file limits"
_EXTENSION = "digest-sitemap"
_PLAIN = re.compile(r"[\w./-]*", re.ASCII)
_FIXED = ("/", "/news", "/issues", "/privacy")
_PIECE = 65_536
_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
_INDEX_HEAD = _HEAD.replace("urlset", "sitemapindex")

_sitemap = Blueprint("sitemap", __name__)
csrf.exempt(_sitemap)
_sitemap.after_request(keep_for_a_minute)


def hang_up(app: Flask) -> None:
    """Register the sitemap."""
    app.extensions[_EXTENSION] = defaultdict[int, Kept](Kept)
    app.register_blueprint(_sitemap)


@_sitemap.get("/sitemap.xml")
def sitemap() -> Response:
    """The copy that holds; an index of several, if there are too many pages for one."""
    pages = public_pages(reading())
    parts = -(-_many(pages) // LIMIT)
    if parts == 1:
        return _part(pages, 1)
    urls = (
        f"<sitemap><loc>{_root(site().settings)}/sitemap-{number}.xml</loc></sitemap>\n"
        for number in range(1, parts + 1)
    )
    return Response(_INDEX_HEAD + "".join(urls) + "</sitemapindex>\n", mimetype="application/xml")


@_sitemap.get("/sitemap-<int(min=1, max=9999):number>.xml")
def part_of_sitemap(number: int) -> Response:
    """Fifty thousand of the pages; the first where there are no more than that."""
    pages = public_pages(reading())
    if number > -(-_many(pages) // LIMIT):
        abort(404)
    return _part(pages, number)


def _part(pages: PublicPages, number: int) -> Response:
    kept: dict[int, Kept] = current_app.extensions[_EXTENSION]
    copy = kept[number].copy_of(pages, partial(_lines, reading(), site().settings, number))
    response = Response(copy.read(), mimetype="application/xml")
    response.content_length = copy.size
    response.set_etag(copy.etag)
    if copy.pages.changed_at:
        response.last_modified = copy.pages.changed_at.astimezone(UTC)
    response.make_conditional(request)
    return response


def _many(pages: PublicPages) -> int:
    return len(_FIXED) + pages.issues + pages.published


@dataclass(frozen=True)
class Copy:
    """A sitemap, and of which state of the public pages it is one."""

    pages: PublicPages
    file: int
    size: int
    etag: str

    def read(self) -> Iterator[bytes]:
        """The copy in pieces; several may read at once."""
        for start in range(0, self.size, _PIECE):
            yield os.pread(self.file, _PIECE, start)


class Kept:
    """The last copy that this process made. Safe to share between threads."""

    def __init__(self) -> None:
        self._copy: Copy | None = None
        self._making = Lock()

    def copy_of(self, pages: PublicPages, make: Callable[[], Iterable[str]]) -> Copy:
        """The copy of this state. One thread makes it; meanwhile others get the last, or wait if there is none."""
        last = self._copy
        if last and last.pages == pages:
            return last
        if not self._making.acquire(blocking=last is None) and last:
            return last
        try:
            if self._copy is last or self._copy is None:
                self._copy = _written(pages, make())
            return self._copy
        finally:
            self._making.release()


def _written(pages: PublicPages, lines: Iterable[str]) -> Copy:
    digest = sha256()
    with TemporaryFile() as file:
        for line in lines:
            piece = line.encode()
            file.write(piece)
            digest.update(piece)
        file.flush()
        copy = Copy(pages, os.dup(file.fileno()), file.tell(), digest.hexdigest())
    finalize(copy, os.close, copy.file)  # when nobody reads it any more
    return copy


def _lines(session: Session, site: Settings, number: int) -> Iterator[str]:
    yield _HEAD
    root = _root(site)
    for path, changed in islice(_paths(session), (number - 1) * LIMIT, number * LIMIT):
        url = root + path if _PLAIN.fullmatch(path) else escape(iri_to_uri(site.site_url + path))
        lastmod = f"<lastmod>{changed.isoformat()}</lastmod>" if changed else ""
        yield f"<url><loc>{url}</loc>{lastmod}</url>\n"
    yield "</urlset>\n"


def _root(site: Settings) -> str:
    return escape(iri_to_uri(site.site_url))


def _paths(session: Session) -> Iterator[tuple[str, date | None]]:
    for path in _FIXED:
        yield path, None
    for day in past_issue_dates(session):
        yield f"/issues/{day.isoformat()}", day
    for found in published_addresses(session):
        yield summary_path(found.publication_slug, found.slug, found.summary_id), found.updated_at.date()
