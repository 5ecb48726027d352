"""What may go on an issue: what was published since the last one, and by search anything that ever was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import request
from sqlalchemy.orm import Session

from digest.domain.issues.lifecycle import BEFORE_SENDING
from digest.domain.issues.undoing import from_json, taken_off_lately
from digest.operations.archive.browsing import Asking, Order, browse
from digest.storage.archive.published import ArchiveQuestion
from digest.storage.issues.issues import Issue, latest_frozen_issue
from digest.storage.issues.selections import candidate_count, candidates, issues_by_summary, selected_ids
from digest.storage.writing.names import PUBLICATIONS, BriefName, brief_names
from digest.storage.writing.summaries import Summary, published_by_ids

_FIRST_WEEKS = timedelta(weeks=6)
"""How far back one looks before any issue went."""
_PAGE = 40
_LONGEST = 200


@dataclass(frozen=True)
class LookingFor:
    """What an editor looks for among what is not on the issue; empty fields ask nothing."""

    text: str = ""
    publication: str = ""
    since: str = ""
    until: str = ""
    left: bool = False
    """What no issue ever had, however old."""
    page: int = 1

    @property
    def searches(self) -> bool:
        """Whether all that was ever published is looked through."""
        return bool(self.text or self.publication or self.since or self.until)

    def as_query(self) -> dict[str, str]:
        """The same as the query of an address."""
        fields = {"q": self.text, "by": self.publication, "from": self.since, "to": self.until}
        asked = {name: value for name, value in fields.items() if value}
        return asked | ({"left": "1"} if self.left else {}) | ({"page": str(self.page)} if self.page > 1 else {})


@dataclass(frozen=True)
class NotOnIt:
    """One page of what is not on the issue (of a search: also of what is), with where each is already."""

    asked: LookingFor
    summaries: Sequence[Summary]
    taken_off: Sequence[Summary]
    """What was taken off this issue lately, the last first; it stands before all else."""
    total: int
    on_it: frozenset[int]
    issues: Mapping[int, Issue]
    since: datetime | None
    """When the last issue went, where that is what counts."""
    publications: Sequence[tuple[str, str]] = ()
    """Slugs and names to choose from."""

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // _PAGE))


def asked_for() -> LookingFor:
    """What the address of this request asks for."""
    given = request.args
    return LookingFor(
        text=given.get("q", "").replace("\0", "").strip()[:_LONGEST],
        publication=given.get("by", "").replace("\0", "")[:_LONGEST],
        since=_iso(given.get("from", "")),
        until=_iso(given.get("to", "")),
        left="left" in given,
        page=min(max(1, given.get("page", 1, int)), 1_000_000),
    )


def not_on_it(session: Session, issue: Issue, asked: LookingFor, now: datetime) -> NotOnIt:
    """What may go on the issue, as asked for."""
    on_it = frozenset(selected_ids(session, issue.id))
    if issue.state not in BEFORE_SENDING:
        return NotOnIt(asked, (), (), 0, on_it, {}, None)
    named = brief_names(session, PUBLICATIONS)
    publications = [(publication.slug, publication.name) for publication in named]
    if asked.searches:
        return _found(session, asked, on_it, named)
    last = latest_frozen_issue(session)
    since = None if asked.left else last.frozen_at if last and last.frozen_at else now - _FIRST_WEEKS
    off = _taken_off(session, issue, on_it)
    listed = candidates(session, since, _PAGE, (asked.page - 1) * _PAGE, [summary.id for summary in off])
    total = candidate_count(session, since, [summary.id for summary in off])
    where = issues_by_summary(session, [summary.id for summary in off])
    return NotOnIt(
        asked, listed, off if asked.page == 1 else (), total, on_it, where,
        since if last else None, publications,
    )  # fmt: skip


def _found(session: Session, asked: LookingFor, on_it: frozenset[int], named: Sequence[BriefName]) -> NotOnIt:
    question = ArchiveQuestion(
        text=asked.text, publication=asked.publication, since=_day(asked.since), until=_day(asked.until)
    )
    by = next((each for each in named if each.slug == asked.publication), None)
    publications = [(publication.slug, publication.name) for publication in named]
    if asked.publication and by is None:
        return NotOnIt(asked, (), (), 0, on_it, {}, None, publications)
    page = browse(session, Asking(question, publication=by, order=Order.RELEVANCE), asked.page, _PAGE)
    where = issues_by_summary(session, [summary.id for summary in page.summaries])
    return NotOnIt(asked, page.summaries, (), page.total, on_it, where, None, publications)


def _taken_off(session: Session, issue: Issue, on_it: frozenset[int]) -> list[Summary]:
    keys = taken_off_lately(from_json(issue.acts), sorted(on_it))
    return published_by_ids(session, keys)


def _iso(text: str) -> str:
    day = _day(text)
    return day.isoformat() if day else ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
