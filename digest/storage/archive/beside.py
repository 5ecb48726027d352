"""What a published summary's page leads to: the ones before and after it, and others by their ids."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, func, literal_column, select
from sqlalchemy.orm import Session

from digest.storage.writing.publications import Publication
from digest.storage.writing.revisions import Revision, RevisionKind
from digest.storage.writing.summaries import Summary, Withdrawal

_AT_ONCE = 500


@dataclass(frozen=True)
class SummaryLine:
    """A published summary as a link shows it."""

    id: int
    title: str
    slug: str
    publication_slug: str
    publication: str
    published_on: date
    updated_at: datetime


def lines_beside(session: Session, summary: Summary) -> tuple[SummaryLine | None, SummaryLine | None]:
    """The published summaries just before and just after this one in the archive's order, where there are any."""
    day, key = summary.published_on, summary.id
    same_day, down, up = Summary.published_on == day, Summary.id.desc(), Summary.id.asc()
    # Two questions each: SQLite reads all of a day for one that compares both.
    before = _first(session, same_day, Summary.id < key, order=(down,))
    after = _first(session, same_day, Summary.id > key, order=(up,))
    return (
        before or _first(session, Summary.published_on < day, order=(Summary.published_on.desc(), down)),
        after or _first(session, Summary.published_on > day, order=(Summary.published_on.asc(), up)),
    )


def _first(session: Session, *where: ColumnElement[bool], order: Sequence[ColumnElement[Any]]) -> SummaryLine | None:
    return next(_read(session, _lines().where(*where).order_by(*order).limit(1)), None)


def lines_of(session: Session, ids: Sequence[int]) -> list[SummaryLine]:
    """Those of these summaries that are published, in the order asked for."""
    found = {line.id: line for line in _read(session, _lines().where(Summary.id.in_(ids)))}
    return [found[key] for key in ids if key in found]


def published_among(session: Session, ids: Collection[int]) -> set[int]:
    """Those of these summaries that readers may see."""
    wanted, found = sorted(ids), set[int]()
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        asked = select(Summary.id).where(Summary.id.in_(some), Summary.published_at.is_not(None))
        found |= set(session.execute(asked).scalars())
    return found


def published_on_desk(session: Session, ids: Collection[int]) -> set[int]:
    """Those of these summaries that an editor published here; the others came in a file, with dates of their own."""
    asked = select(Revision.summary_id).where(
        Revision.summary_id.in_(ids), Revision.kind == RevisionKind.PUBLISHED, Revision.who != ""
    )
    return set(session.execute(asked).scalars())


def last_gone(session: Session) -> datetime | None:
    """When a summary last left the archive: others may have led to it."""
    withdrawn = session.execute(select(func.max(Withdrawal.at))).scalar_one()
    # Written out, since a partial index serves only a statement that shows its condition.
    taken_back = Revision.kind == literal_column(f"'{RevisionKind.TAKEN_BACK}'", String)
    back = select(func.max(Revision.at)).where(taken_back)
    return max(filter(None, (withdrawn, session.execute(back).scalar_one())), default=None)


def _lines() -> Select[int, str, str, str, str, date, datetime]:
    return (
        select(
            Summary.id,
            Summary.title,
            Summary.slug,
            Publication.slug,
            Publication.name,
            Summary.published_on,
            Summary.updated_at,
        )
        .join(Publication, Publication.id == Summary.publication_id)
        .where(Summary.published_at.is_not(None))
    )


def _read(session: Session, asked: Select[int, str, str, str, str, date, datetime]) -> Iterator[SummaryLine]:
    return (SummaryLine(*row) for row in session.execute(asked))
