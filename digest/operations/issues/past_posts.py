"""Posts from elsewhere made past issues: one a day, with the text that we show and nothing else of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape

from digest.config import Settings
from digest.domain.issues.manuscript import one_line
from digest.domain.writing.markup import from_markdown, sanitised
from digest.operations.issues.foreign_posts import Post
from digest.operations.issues.issue_lines import LONGEST_BODY, IncomingIssue
from digest.operations.issues.wording import LONGEST_LINE


@dataclass(frozen=True)
class PassedOver:
    """A post that becomes no issue, and why."""

    where: str
    why: str


@dataclass(frozen=True)
class _Readable:
    where: str
    title: str
    went_at: datetime
    preheader: str
    html: str


def issues_of(settings: Settings, posts: Iterable[Post]) -> tuple[list[tuple[str, IncomingIssue]], list[PassedOver]]:
    """Past issues, the earliest first, each with what it is of; and what is passed over.

    There is one issue a date. Posts of one day, in the site's time zone, are one issue, in the order in which they
    went, each under its title: to move one to a day on which nothing went would make a false date.
    """
    by_day, passed = dict[date, list[_Readable]](), list[PassedOver]()
    for post in posts:
        found = _readable(post)
        if isinstance(found, PassedOver):
            passed.append(found)
        else:
            by_day.setdefault(settings.schedule.local(found.went_at).date(), []).append(found)
    return [_issue(day, sorted(some, key=lambda each: each.went_at)) for day, some in sorted(by_day.items())], passed


def _readable(post: Post) -> _Readable | PassedOver:
    where = one_line(post.where) or "one without a title"
    if post.fault or post.went_at is None:
        return PassedOver(where, post.fault or "no date says when it went")
    html = sanitised(post.html) if post.html else from_markdown(post.markdown)
    if not html:
        return PassedOver(where, "it has no text")
    if len(html) > LONGEST_BODY:
        return PassedOver(where, f"its text has {len(html):,} characters; {LONGEST_BODY:,} is the most")
    return _Readable(where, _cut(post.title) or where, post.went_at, _cut(post.preheader), html)


def _issue(day: date, some: Sequence[_Readable]) -> tuple[str, IncomingIssue]:
    html = some[0].html if len(some) == 1 else "".join(f"<h3>{escape(each.title)}</h3>{each.html}" for each in some)
    issue = IncomingIssue(
        day=day,
        number=None,
        subject=some[0].title,
        preheader=some[0].preheader,
        introduction="",
        closing_note="",
        by_topic=False,
        summaries=(),
        body_html=html,
    )
    return ", ".join(each.where for each in some), issue


def _cut(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1].rstrip()}…"
