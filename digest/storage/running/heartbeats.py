"""Heartbeats: when each clock last ticked, by the database's time, so that a dead clock shows.

Also since when some clock has ticked all the time, so that time in which nothing here was up shows too.
"""

from __future__ import annotations

from sqlalchemy import String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.domain.running.uptime import LastBeat, up_since
from digest.storage.base.model import Base

_FORGOTTEN_AFTER = 7 * 86_400


class Heartbeat(Base):
    """One clock."""

    __tablename__ = "heartbeats"

    owner: Mapped[str] = mapped_column(String(200), primary_key=True)
    at: Mapped[float]
    """Seconds since 1970 by the database's clock."""
    since: Mapped[float | None]
    """Since when there had been no gap between the beats of all clocks together, by the same clock."""


def beat(session: Session, owner: str, database_now: float) -> None:
    """Note that this clock is alive; clocks not heard of for a week are forgotten."""
    session.merge(Heartbeat(owner=owner, at=database_now, since=ticking_since(session, database_now)))
    session.execute(delete(Heartbeat).where(Heartbeat.at < database_now - _FORGOTTEN_AFTER))


def another_host_is_alive(session: Session, host: str, since: float) -> bool:
    """Whether a clock on a host other than this one has ticked since then."""
    elsewhere = select(Heartbeat.owner).where(
        Heartbeat.at >= since, ~Heartbeat.owner.startswith(f"{host}:", autoescape=True)
    )
    return session.execute(elsewhere.limit(1)).scalar_one_or_none() is not None


def ticking_since(session: Session, database_now: float) -> float:
    """Since when any clock of the installation has ticked without a gap, as of now; now itself if none does."""
    latest = session.execute(select(Heartbeat.at, Heartbeat.since).order_by(Heartbeat.at.desc()).limit(1)).one_or_none()
    return up_since(LastBeat(*latest) if latest else None, database_now)


def last_beat(session: Session) -> float | None:
    """When any clock last ticked."""
    return session.execute(select(func.max(Heartbeat.at))).scalar_one()
