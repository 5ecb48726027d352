"""Past digests as pages: each as it went, to look up.

What was withdrawn since shows that word alone, what was corrected says so, and nothing leads where nothing is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import date
from urllib.parse import urlsplit

from flask import Blueprint, Flask, abort, render_template, request
from flask.typing import ResponseReturnValue

from digest.domain.issues import edition
from digest.domain.issues.lifecycle import FROZEN
from digest.domain.issues.unlinking import linked_summaries, unlinked
from digest.domain.issues.withdrawing import without_withdrawn
from digest.domain.shared.stored import UnreadableRecord
from digest.domain.sources.hosts import host_of
from digest.operations.archive.feed_ids import feed_root
from digest.operations.issues.composing import has_own_subject
from digest.operations.shared.fault_log import FaultLog
from digest.storage.archive.beside import published_among
from digest.storage.archive.past_issues import issues_beside, past_contents, past_issue_count
from digest.storage.issues import issues
from digest.storage.writing.revisions import corrections_of
from digest.storage.writing.summaries import withdrawals_of
from digest.storage.writing.supersedings import supersedings_of
from digest.web.archive.asking import page_number
from digest.web.shared.caching import keep_for_a_minute
from digest.web.shared.context import reading, settings
from digest.web.shared.languages import language
from digest.web.shared.security import csrf

_ISSUES_A_PAGE = 26  # half a year

_fault_log = FaultLog()
"""Past digests that can’t be read: each is said once, however often the list is asked for."""

_past = Blueprint("past_issues", __name__)
csrf.exempt(_past)
_past.after_request(keep_for_a_minute)


def hang_up(app: Flask) -> None:
    """Register past issues."""
    app.register_blueprint(_past)


@_past.get("/issues", strict_slashes=False)
def past_issues() -> ResponseReturnValue:
    """Past digests, newest first."""
    number = page_number(request.args) or 1
    total = past_issue_count(reading())
    pages = max(1, -(-total // _ISSUES_A_PAGE))
    stored = past_contents(reading(), number, _ISSUES_A_PAGE)
    digests = [digest for day, content in stored if (digest := _readable(day, content))]
    gone = withdrawals_of(reading(), [item.summary_id for digest in digests for item in digest.items])
    body = render_template(
        "archive/issues.html",
        digests=[_without(digest, gone) for digest in digests],
        total=total,
        number=number,
        pages=pages,
    )
    return body, 404 if number > pages else 200


@_past.get("/issues/<iso_date>", strict_slashes=False)
def past_issue(iso_date: str) -> ResponseReturnValue:
    """One past digest: what was stored when it closed, which is what was sent."""
    issue = issues.issue_on(reading(), _day(iso_date))
    closing = issues.last_closing(reading(), issue) if issue and issue.state in FROZEN else None
    if issue is None or closing is None:
        abort(
            404,
            language().gettext(
                "There is no digest of that date. Past issues are listed from the newest to the oldest."
            ),
        )
    earlier, later = issues_beside(reading(), issue)
    content = edition.from_json(closing.content)
    ids = [item.summary_id for item in content.items]
    withdrawn = withdrawals_of(reading(), ids)
    return render_template(
        "archive/issue.html",
        content=_that_lead_somewhere(_at_home(_without(content, withdrawn)), _led_to_us(content)),
        withdrawn=withdrawn,
        corrections=corrections_of(reading(), ids),
        superseded=supersedings_of(reading(), ids),
        earlier=earlier,
        later=later,
    )


def _readable(day: date, content: str) -> edition.Content | None:
    what = f"past issue of {day}"
    try:
        digest = edition.from_json(content)
    except UnreadableRecord as error:
        _fault_log.failed(what, "is left out of the list", error)
        return None
    _fault_log.went_well(what)
    return digest


def _without(content: edition.Content, gone: Collection[int]) -> edition.Content:
    return without_withdrawn(content, gone, has_own_subject(content), language())


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


def _led_to_us(content: edition.Content) -> Callable[[str], bool]:
    """Whether an address led to us: it names no host, or where this site is, was at first, or was at the closing."""
    addresses = (settings().site_url, feed_root(reading(), settings()), *(item.url for item in content.items))
    hosts = {"", *map(host_of, addresses)}
    return lambda address: host_of(address) in hosts


def _that_lead_somewhere(content: edition.Content, is_ours: Callable[[str], bool]) -> edition.Content:
    """The digest without links to summaries that have no page: taken back, deleted, or never brought along."""
    ids = {item.summary_id for item in content.items}
    texts = (content.introduction_html, content.closing_html, *(item.body_html for item in content.items))
    asked = ids | {key for text in texts for key in linked_summaries(text, is_ours)}
    gone = asked - published_among(reading(), asked)
    return replace(
        content,
        items=tuple(
            replace(
                item,
                url="" if item.summary_id in gone else item.url,
                body_html=unlinked(item.body_html, gone, is_ours),
            )
            for item in content.items
        ),
        introduction_html=unlinked(content.introduction_html, gone, is_ours),
        closing_html=unlinked(content.closing_html, gone, is_ours),
    )
