"""Heartbeats: when each clock last ticked, by the database's time, so that a dead clock shows."""

from __future__ import annotations

from sqlalchemy import String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base import Base

_FORGOTTEN_AFTER = 7 * 86_400


class Heartbeat(Base):
    """One clock."""

    __tablename__ = "heartbeats"

    owner: Mapped[str] = mapped_column(String(200), primary_key=True)
    at: Mapped[float]
    """Seconds since 1970 by the database's clock."""


def beat(session: Session, owner: str, database_now: float) -> None:
    """Note that this clock is alive; clocks not heard of for a week are forgotten."""
    session.merge(Heartbeat(owner=owner, at=database_now))
    session.execute(delete(Heartbeat).where(Heartbeat.at < database_now - _FORGOTTEN_AFTER))


def another_host_is_alive(session: Session, host: str, since: float) -> bool:
    """Whether a clock on a host other than this one has ticked since then."""
    elsewhere = select(Heartbeat.owner).where(
        Heartbeat.at >= since, ~Heartbeat.owner.startswith(f"{host}:", autoescape=True)
    )
    return session.execute(elsewhere.limit(1)).scalar_one_or_none() is not None


def last_beat(session: Session) -> float | None:
    """When any clock last ticked."""
    return session.execute(select(func.max(Heartbeat.at))).scalar_one()
