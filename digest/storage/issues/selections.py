"""Selections: a summary's place on an issue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import ForeignKey, Select, UniqueConstraint, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.domain.issues.lifecycle import FROZEN, IssueState
from digest.storage.base.model import Base, table_of
from digest.storage.issues.issues import Issue
from digest.storage.writing.summaries import Summary


class Selection(Base):
    """One summary's place; positions count from 1, gaps mean nothing."""

    __tablename__ = "selections"
    __table_args__ = (UniqueConstraint("issue_id", "summary_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"))
    summary_id: Mapped[int] = mapped_column(ForeignKey("summaries.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]


def selected_summaries(session: Session, issue_id: int) -> list[Summary]:
    """The issue's published summaries in their order."""
    rows = session.execute(
        select(Summary)
        .join(Selection, Selection.summary_id == Summary.id)
        .where(Selection.issue_id == issue_id, Summary.published_at.is_not(None))
        .order_by(Selection.position, Selection.id)
    )
    return list(rows.scalars())


def selected_count(session: Session, issue_id: int) -> int:
    """How many published summaries the issue has."""
    return session.execute(
        select(func.count())
        .select_from(Selection)
        .join(Summary, Summary.id == Selection.summary_id)
        .where(Selection.issue_id == issue_id, Summary.published_at.is_not(None))
    ).scalar_one()


def candidates(
    session: Session, since: datetime | None, count: int, offset: int = 0, but: Sequence[int] = ()
) -> list[Summary]:
    """Summaries published since then, or ever, that no issue has, but for those, the newest first; a skipped issue has
    none.
    """
    # Their keys first: SQLite would sort all of the archive's words with them.
    keys = _candidates(since, but).order_by(Summary.published_on.desc(), Summary.id.desc())
    found = list(session.execute(keys.limit(count).offset(offset)).scalars())
    rows = session.execute(
        select(Summary).where(Summary.id.in_(found)).order_by(Summary.published_on.desc(), Summary.id.desc())
    )
    return list(rows.scalars())


def candidate_count(session: Session, since: datetime | None, but: Sequence[int] = ()) -> int:
    """How many candidates there are in all."""
    return session.execute(select(func.count()).select_from(_candidates(since, but).subquery())).scalar_one()


def _candidates(since: datetime | None, but: Sequence[int]) -> Select[int]:
    on_an_issue = (
        select(Selection.summary_id)
        .join(Issue, Issue.id == Selection.issue_id)
        .where(Issue.state != IssueState.SKIPPED)
    )
    asked = select(Summary.id).where(
        Summary.published_at.is_not(None), Summary.id.not_in(on_an_issue), Summary.id.not_in(but)
    )
    return asked.where(Summary.published_at >= since) if since else asked


def carried_before(session: Session, issue_id: int, summary_ids: Sequence[int]) -> dict[int, date]:
    """Those of these summaries that another issue mailed, or is mailing, with the date of the latest such issue."""
    rows = session.execute(
        select(Selection.summary_id, func.max(Issue.send_date))
        .join(Issue, Issue.id == Selection.issue_id)
        .where(Selection.summary_id.in_(summary_ids), Selection.issue_id != issue_id, Issue.state.in_(FROZEN))
        .group_by(Selection.summary_id)
    )
    return dict(rows.all())


def selected_ids(session: Session, issue_id: int) -> list[int]:
    """The issue's summaries in their order, by their ids; also those that are drafts now."""
    rows = session.execute(
        select(Selection.summary_id).where(Selection.issue_id == issue_id).order_by(Selection.position, Selection.id)
    )
    return list(rows.scalars())


def issue_carrying(session: Session, summary_id: int) -> Issue | None:
    """The issue, not skipped, that has this summary; the latest, should there be several."""
    return session.execute(
        select(Issue)
        .join(Selection, Selection.issue_id == Issue.id)
        .where(Selection.summary_id == summary_id, Issue.state != IssueState.SKIPPED)
        .order_by(Issue.send_date.desc())
        .limit(1)
    ).scalar_one_or_none()


def issues_carrying(session: Session, summary_id: int) -> list[Issue]:
    """Every issue, not skipped, that has this summary."""
    rows = session.execute(
        select(Issue)
        .join(Selection, Selection.issue_id == Issue.id)
        .where(Selection.summary_id == summary_id, Issue.state != IssueState.SKIPPED)
        .order_by(Issue.send_date)
    )
    return list(rows.scalars())


def issues_by_summary(session: Session, summary_ids: Sequence[int]) -> dict[int, Issue]:
    """For each of these summaries that is on an issue, not skipped, that issue; the latest, should there be several."""
    rows = session.execute(
        select(Selection.summary_id, Issue)
        .join(Issue, Selection.issue_id == Issue.id)
        .where(Selection.summary_id.in_(summary_ids), Issue.state != IssueState.SKIPPED)
        .order_by(Issue.send_date)
    )
    return dict(rows.all())


def append_selection(session: Session, issue_id: int, summary_id: int) -> None:
    """Put a summary at the end of an issue; nothing happens if it is on it already."""
    there = select(Selection.id).where(Selection.issue_id == issue_id, Selection.summary_id == summary_id)
    if session.execute(there).scalar_one_or_none() is not None:
        return
    last = session.execute(
        select(func.coalesce(func.max(Selection.position), 0)).where(Selection.issue_id == issue_id)
    ).scalar_one()
    session.add(Selection(issue_id=issue_id, summary_id=summary_id, position=last + 1))
    session.flush()


def append_selections(session: Session, issue_id: int, summary_ids: Iterable[int]) -> None:
    """Put these summaries at the end of an issue in this order; those that are on it already stay where they are."""
    there, last = set(), 0
    for summary_id, position in session.execute(
        select(Selection.summary_id, Selection.position).where(Selection.issue_id == issue_id)
    ):
        there.add(summary_id)
        last = max(last, position)
    new = (summary_id for summary_id in summary_ids if summary_id not in there)
    rows = [
        {"issue_id": issue_id, "summary_id": summary_id, "position": position}
        for position, summary_id in enumerate(new, start=last + 1)
    ]
    if rows:
        session.execute(insert(table_of(Selection)), rows)


def remove_selection(session: Session, issue_id: int, summary_id: int) -> None:
    """Take a summary off an issue."""
    session.execute(delete(Selection).where(Selection.issue_id == issue_id, Selection.summary_id == summary_id))


def put_in_order(session: Session, issue_id: int, summary_ids: Sequence[int]) -> None:
    """Set the order of an issue; summaries that are not named keep their order behind the named ones."""
    present = selected_ids(session, issue_id)
    order = [key for key in dict.fromkeys(summary_ids) if key in present]
    order += [key for key in present if key not in order]
    for position, summary_id in enumerate(order, start=1):
        session.execute(
            update(Selection)
            .where(Selection.issue_id == issue_id, Selection.summary_id == summary_id)
            .values(position=position)
        )
