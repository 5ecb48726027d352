"""The public archive: every published summary at its permanent address, and past digests as pages.

Sets no cookie, reads only, and may be kept for a minute by anyone between us and the reader.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import urlsplit

from flask import Blueprint, Flask, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from digest.domain.issues import edition
from digest.domain.issues.crediting import credited
from digest.domain.issues.lifecycle import FROZEN
from digest.domain.shared.stored import UnreadableRecord
from digest.domain.shared.urls import safe_url
from digest.domain.writing import cells
from digest.domain.writing.markup import sanitised
from digest.operations.shared.fault_log import FaultLog
from digest.operations.shared.links import summary_path
from digest.storage.issues import issues
from digest.storage.issues.selections import issue_carrying
from digest.storage.writing.revisions import corrections_of
from digest.storage.writing.summaries import (
    Summary,
    published_summary,
    withdrawal_of,
    withdrawals_of,
)
from digest.storage.writing.supersedings import supersedings_of
from digest.web.shared.caching import keep_for_a_minute
from digest.web.shared.context import reading
from digest.web.shared.security import csrf
from digest.web.writing import news, syndication
from digest.web.writing.asking import page_number

_ISSUES_A_PAGE = 26  # half a year
_OPENING = 220
_LARGEST_ID = 2**31 - 1  # what a key holds on PostgreSQL

_fault_log = FaultLog()
"""Past digests that can’t be read: each is said once, however often the list is asked for."""

archive = Blueprint("archive", __name__)
csrf.exempt(archive)
archive.after_request(keep_for_a_minute)


def hang_up(app: Flask) -> None:
    """Register the archive, its filters and its feeds."""
    app.jinja_env.filters |= {"prose": prose, "opening": opening, "vetted": vetted, "path": path_of}
    app.register_blueprint(archive)
    news.hang_up(app)
    syndication.hang_up(app)


@archive.get(f"/news/<publication_slug>/<slug>/<int(max={_LARGEST_ID}):summary_id>", strict_slashes=False)
def summary(publication_slug: str, slug: str, summary_id: int) -> ResponseReturnValue:
    """One summary at its permanent address."""
    found = published_summary(reading(), summary_id)
    if found is None:
        return _withdrawn(summary_id)
    if (publication_slug, slug) != (found.publication.slug, found.slug):
        return redirect(path_of(found), 301)
    issue = issue_carrying(reading(), found.id)
    return render_template(
        "writing/archive/summary.html",
        summary=found,
        path=path_of(found),
        sources=credited(
            [edition.Source(link.url, link.title, link.publication) for link in found.sources], found.publication.name
        ),
        issue=issue if issue and issue.state in FROZEN else None,
        corrections=corrections_of(reading(), [found.id]).get(found.id, []),
        superseding=supersedings_of(reading(), [found.id]).get(found.id),
    )


def _withdrawn(summary_id: int) -> ResponseReturnValue:
    withdrawal = withdrawal_of(reading(), summary_id) or abort(404)
    return render_template("writing/archive/withdrawn.html", withdrawal=withdrawal), 410


@archive.get("/issues", strict_slashes=False)
def past_issues() -> ResponseReturnValue:
    """Past digests, newest first."""
    number = page_number(request.args) or 1
    total = issues.past_issue_count(reading())
    pages = max(1, -(-total // _ISSUES_A_PAGE))
    stored = issues.past_contents(reading(), number, _ISSUES_A_PAGE)
    digests = [digest for day, content in stored if (digest := _readable(day, content))]
    gone = frozenset(withdrawals_of(reading(), [item.summary_id for digest in digests for item in digest.items]))
    body = render_template(
        "writing/archive/issues.html",
        digests=[_without(digest, gone) for digest in digests],
        total=total,
        number=number,
        pages=pages,
    )
    return body, 404 if number > pages else 200


@archive.get("/issues/<iso_date>", strict_slashes=False)
def past_issue(iso_date: str) -> ResponseReturnValue:
    """One past digest: what was stored when it closed, which is what was sent."""
    issue = issues.issue_on(reading(), _day(iso_date))
    closing = issues.last_closing(reading(), issue) if issue and issue.state in FROZEN else None
    if issue is None or closing is None:
        abort(404, "There is no digest of that date. Past issues are listed from the newest to the oldest.")
    earlier, later = issues.issues_beside(reading(), issue)
    content = edition.from_json(closing.content)
    ids = [item.summary_id for item in content.items]
    return render_template(
        "writing/archive/issue.html",
        content=_at_home(_without(content, frozenset(withdrawals_of(reading(), ids)))),
        withdrawn=withdrawals_of(reading(), ids),
        corrections=corrections_of(reading(), ids),
        superseded=supersedings_of(reading(), ids),
        earlier=earlier,
        later=later,
    )


def path_of(found: Summary) -> str:
    """A summary's permanent address on this site."""
    return summary_path(found.publication.slug, found.slug, found.id)


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


def _readable(day: date, content: str) -> edition.Content | None:
    what = f"past issue of {day}"
    try:
        digest = edition.from_json(content)
    except UnreadableRecord as error:
        _fault_log.failed(what, "is left out of the list", error)
        return None
    _fault_log.went_well(what)
    return digest


def _without(content: edition.Content, gone: frozenset[int]) -> edition.Content:
    """The digest without the words of what was withdrawn since; an editor's own subject stays as it was mailed."""
    if not any(item.summary_id in gone for item in content.items):
        return content
    titles, items = [item.title for item in content.items], []
    for item in content.items:
        kept = item.summary_id not in gone
        items.append(item if kept else replace(item, title="Withdrawn", body_html="", sources=(), topics=(), url=""))
    left = [item.title for item in content.items if item.summary_id not in gone]
    own_subject = content.subject != edition.default_subject(titles)
    own_preheader = content.preheader != edition.default_preheader(titles)
    return replace(
        content,
        items=tuple(items),
        subject=content.subject if own_subject else edition.default_subject(left) or "A withdrawn summary",
        preheader=content.preheader if own_preheader else edition.default_preheader(left),
    )


def _day(text: str) -> date:
    # One address a page: date.fromisoformat also takes 20240517 and 2024-W20-5.
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        abort(404)
    try:
        return date.fromisoformat(text)
    except ValueError:
        abort(404)


def _at_home(content: edition.Content) -> edition.Content:
    # The digest names its summaries by SITE_URL as it was then; the site may have moved since.
    items = tuple(replace(item, url=urlsplit(item.url).path) for item in content.items)
    return replace(content, items=items)
