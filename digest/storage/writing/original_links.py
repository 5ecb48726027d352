"""Source links of published summaries as what is looked at each month: what is due, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Select, bindparam, func, select, update
from sqlalchemy.orm import Session, selectinload

from digest.storage.base.model import table_of
from digest.storage.writing.summaries import SourceLink, Summary

_PUBLISHED = select(Summary.id).where(Summary.published_at.is_not(None))


def links_without_a_day(session: Session, most: int) -> list[tuple[int, str]]:
    """Id and address of links that are looked at on no day yet."""
    asked = select(SourceLink.id, SourceLink.url).where(
        SourceLink.check_at.is_(None), SourceLink.summary_id.in_(_PUBLISHED)
    )
    return [(key, url) for key, url in session.execute(asked.order_by(SourceLink.id).limit(most))]


def give_days(session: Session, days: Mapping[int, datetime]) -> None:
    """Say from when each of these links is to be looked at."""
    table = table_of(SourceLink)
    statement = update(table).where(table.c.id == bindparam("which")).values(check_at=bindparam("day"))
    if days:
        values = [{"which": key, "day": day} for key, day in days.items()]
        session.connection().execute(statement, values)


def links_due(session: Session, now: datetime, most: int) -> list[tuple[int, str]]:
    """Id and address of links that are to be looked at by now, the longest due first."""
    asked = select(SourceLink.id, SourceLink.url).where(
        SourceLink.check_at <= now, SourceLink.summary_id.in_(_PUBLISHED)
    )
    return [(key, url) for key, url in session.execute(asked.order_by(SourceLink.check_at, SourceLink.id).limit(most))]


def links_alike(session: Session, link_id: int) -> list[SourceLink]:
    """The link and all others with its very address: they are looked at as one."""
    link = session.get(SourceLink, link_id)
    if link is None or link.canonical is None:
        return [link] if link else []
    asked = select(SourceLink).where(SourceLink.canonical == link.canonical, SourceLink.url == link.url)
    return list(session.execute(asked).scalars())


def unwell_counts(session: Session) -> dict[str, int]:
    """How many links of published summaries are in each state; empty stands for those that nobody looked at yet."""
    asked = select(SourceLink.health, func.count()).where(SourceLink.summary_id.in_(_PUBLISHED))
    return dict(session.execute(asked.group_by(SourceLink.health)).all())


def links_in(session: Session, health: str, number: int, size: int) -> tuple[list[tuple[SourceLink, Summary]], int]:
    """One page of the links in that state, those without a copy first, each with its summary; and how many in all."""
    asked = _with_summaries().where(SourceLink.health == health, Summary.published_at.is_not(None))
    total = session.execute(select(func.count()).select_from(asked.subquery())).scalar_one()
    page = asked.order_by(SourceLink.archived_url != "", SourceLink.checked_at.desc(), SourceLink.id.desc())
    rows = session.execute(page.limit(size).offset((number - 1) * size))
    return [(row[0], row[1]) for row in rows], total


def links_of(session: Session, summary_id: int) -> list[tuple[SourceLink, Summary]]:
    """The links of one summary, each with it."""
    asked = _with_summaries().where(SourceLink.summary_id == summary_id).order_by(SourceLink.position)
    return [(row[0], row[1]) for row in session.execute(asked)]


def _with_summaries() -> Select[SourceLink, Summary]:
    return (
        select(SourceLink, Summary)
        .join(Summary, Summary.id == SourceLink.summary_id)
        .options(selectinload(Summary.topics))
    )
