"""Rate limits: counted attempts, so that a limit holds over all processes. Keys are hashes, never an address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Index, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.model import Base


class CountedAttempt(Base):
    """One counted attempt."""

    __tablename__ = "tallies"
    __table_args__ = (Index(None, "kind", "key", "at"), Index(None, "kind", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    key: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


def count_one(session: Session, kind: str, key: str, now: datetime) -> None:
    """Count one attempt."""
    session.add(CountedAttempt(kind=kind, key=key, at=now))
    session.flush()


def counted(session: Session, kind: str, since: datetime, key: str) -> int:
    """How many attempts of this kind and key were counted after `since`."""
    asked = (
        select(func.count())
        .select_from(CountedAttempt)
        .where(CountedAttempt.kind == kind, CountedAttempt.key == key, CountedAttempt.at > since)
    )
    return session.execute(asked).scalar_one()


def moment_of(session: Session, kind: str, key: str, number: int = 1) -> datetime | None:
    """The moment of the latest attempt of this kind and key, the second latest and so on; None if there is none."""
    latest = (
        select(CountedAttempt.at)
        .where(CountedAttempt.kind == kind, CountedAttempt.key == key)
        .order_by(CountedAttempt.at.desc())
    )
    return session.execute(latest.limit(1).offset(number - 1)).scalar_one_or_none()


def keys_counted(session: Session, kind: str, since: datetime) -> int:
    """How many keys had an attempt of this kind after `since`."""
    asked = select(func.count(CountedAttempt.key.distinct())).where(
        CountedAttempt.kind == kind, CountedAttempt.at > since
    )
    return session.execute(asked).scalar_one()


def forget(session: Session, kind: str, key: str) -> None:
    """Drop what was counted for one key."""
    session.execute(delete(CountedAttempt).where(CountedAttempt.kind == kind, CountedAttempt.key == key))


def counts_before(session: Session, moment: datetime) -> Sequence[int]:
    """The ids of what was counted before that moment."""
    return session.scalars(select(CountedAttempt.id).where(CountedAttempt.at < moment)).all()


def forget_counts(session: Session, ids: Sequence[int]) -> None:
    """Drop these."""
    session.execute(
        delete(CountedAttempt).where(CountedAttempt.id.in_(ids)).execution_options(synchronize_session=False)
    )
