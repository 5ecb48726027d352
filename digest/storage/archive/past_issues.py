"""Past issues: those that went or are going, with what went, as readers look them up."""

from __future__ import annotations

from datetime import date

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from digest.domain.issues.lifecycle import FROZEN
from digest.storage.issues.issues import Closing, Issue


def past_issues(session: Session) -> list[Issue]:
    """Issues that went or are going, the newest date first: what readers can look up."""
    rows = session.execute(select(Issue).where(Issue.state.in_(FROZEN)).order_by(Issue.send_date.desc()))
    return list(rows.scalars())


def past_issue_dates(session: Session) -> list[date]:
    """The dates of the past issues, the newest first."""
    rows = session.execute(select(Issue.send_date).where(_TO_BE_READ).order_by(Issue.send_date.desc()))
    return list(rows.scalars())


def latest_past_date(session: Session) -> date | None:
    """The date of the newest issue that readers can look up."""
    return session.execute(select(func.max(Issue.send_date)).where(_TO_BE_READ)).scalar_one()


def past_issue_count(session: Session) -> int:
    """How many past digests readers can look up."""
    return session.execute(select(func.count()).select_from(Issue).where(_TO_BE_READ)).scalar_one()


def past_contents(session: Session, number: int, size: int) -> list[tuple[date, str]]:
    """The dates and stored contents of one page of past issues, the newest first; `number` counts from 1."""
    last = select(func.max(Closing.id)).group_by(Closing.issue_id)
    rows = session.execute(
        select(Issue.send_date, Closing.content)
        .join(Issue, Issue.id == Closing.issue_id)
        .where(Issue.state.in_(FROZEN), Closing.id.in_(last))
        .order_by(Issue.send_date.desc())
        .limit(size)
        .offset((number - 1) * size)
    )
    return [(send_date, content) for send_date, content in rows]


def closings_of_past(session: Session) -> list[tuple[Issue, str]]:
    """Every past issue that has a page with its stored content, the earliest first."""
    last = select(func.max(Closing.id)).group_by(Closing.issue_id)
    rows = session.execute(
        select(Issue, Closing.content)
        .join(Closing, Closing.issue_id == Issue.id)
        .where(Issue.state.in_(FROZEN), Closing.id.in_(last))
        .order_by(Issue.send_date)
    )
    return [(row[0], row[1]) for row in rows]


def issues_beside(session: Session, issue: Issue) -> tuple[date | None, date | None]:
    """The dates of the past issues just before and just after this one, where there are any."""
    earlier = select(func.max(Issue.send_date)).where(_TO_BE_READ, Issue.send_date < issue.send_date)
    later = select(func.min(Issue.send_date)).where(_TO_BE_READ, Issue.send_date > issue.send_date)
    return session.execute(earlier).scalar_one(), session.execute(later).scalar_one()


_TO_BE_READ = and_(Issue.state.in_(FROZEN), Issue.id.in_(select(Closing.issue_id)))
"""Past issues that have a page: they went, and what went is kept."""
