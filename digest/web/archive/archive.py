"""The public archive: the list of every published summary, and what the pages behind it share.

Sets no cookie, reads only, and may be kept for a minute by anyone between us and the reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask import Blueprint, Flask
from markupsafe import Markup

from digest.domain.issues import edition
from digest.domain.shared.urls import safe_url
from digest.domain.writing import cells
from digest.domain.writing.markup import sanitised
from digest.web.archive import news, past_issues, summary_page, syndication
from digest.web.archive.summary_page import line_path, path_of
from digest.web.shared.caching import keep_for_a_minute
from digest.web.shared.security import csrf

_OPENING = 220

archive = Blueprint("archive", __name__)
csrf.exempt(archive)
archive.after_request(keep_for_a_minute)


def hang_up(app: Flask) -> None:
    """Register the archive with its summaries and past issues, its filters and its feeds."""
    app.jinja_env.filters |= {
        "prose": prose,
        "opening": opening,
        "vetted": vetted,
        "path": path_of,
        "line_path": line_path,
    }
    app.register_blueprint(archive)
    news.hang_up(app)
    summary_page.hang_up(app)
    past_issues.hang_up(app)
    syndication.hang_up(app)


def prose(html: str) -> Markup:
    """Stored HTML, made safe again on its way to the page: whatever got into the database, nothing runs."""
    return Markup(cells.marked(sanitised(html)))  # noqa: S704 - sanitised one call before


def opening(html: str) -> str:
    """The first paragraph as plain text, cut between words at some 220 characters."""
    first, _, _ = html.partition("</p>")
    text = edition.plain(first)
    if len(text) <= _OPENING:
        return text
    return text[:_OPENING].rpartition(" ")[0].rstrip(",;:–") + "…"


def vetted(sources: Sequence[edition.Source]) -> list[edition.Source]:
    """The sources as a page may link them: what is no web address is left out, its name stays."""
    return [_vetted(source) for source in sources]


def _vetted(source: edition.Source) -> edition.Source:
    try:
        safe_url(source.url)
    except ValueError:
        return replace(source, url="")
    return source
