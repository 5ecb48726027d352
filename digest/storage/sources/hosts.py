"""Hosts of sources: when one may be asked again, whoever asks."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import String, delete, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.model import Base


class FeedHost(Base):
    """A host; what it asked for (429, 503 with `Retry-After`) holds for all its sources."""

    __tablename__ = "feed_hosts"

    host: Mapped[str] = mapped_column(String(260), primary_key=True)
    """With its port where that is not the scheme's own."""
    asked_at: Mapped[datetime | None]
    """The last request to it."""
    not_before: Mapped[datetime | None]
    refusals: Mapped[int] = mapped_column(default=0)
    """In a row without a `Retry-After`: each doubles the wait."""


class HostVisit(Base):
    """A request that is under way for somebody who waits for it; the poller's are the leases of its sources."""

    __tablename__ = "host_visits"

    id: Mapped[int] = mapped_column(primary_key=True)
    host: Mapped[str] = mapped_column(String(260), index=True)
    until: Mapped[datetime]
    """When it has ended, should its process die of it."""


def begin_visit(session: Session, host: str, until: datetime) -> int:
    """Write that a request is about to leave; its number."""
    visit = HostVisit(host=host[:260], until=until)
    session.add(visit)
    session.flush()
    return visit.id


def end_visit(session: Session, visit_id: int, now: datetime) -> None:
    """Write that a request has ended, and forget those whose processes died."""
    session.execute(delete(HostVisit).where(or_(HostVisit.id == visit_id, HostVisit.until <= now)))


def visits_under_way(session: Session, now: datetime) -> Counter[str]:
    """How many such requests are under way, by host."""
    return Counter(session.execute(select(HostVisit.host).where(HostVisit.until > now)).scalars())
