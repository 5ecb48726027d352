"""The installation itself: one row that tells this database from an older copy of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base import Base

_ONLY = 1


class Installation(Base):
    """The one row, made by the migration."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(primary_key=True)
    epoch: Mapped[str] = mapped_column(String(32))
    """Random, made with the database; a copy of the database has the same."""
    claims: Mapped[int] = mapped_column(default=0)
    """Counts every freeze and every claim, in their own transactions."""
    lists_read_at: Mapped[datetime | None]
    """Up to when SendGrid's own suppression lists were read."""


def installation(session: Session) -> Installation:
    """The one row."""
    return session.get_one(Installation, _ONLY)


def count_claims(session: Session, how_many: int) -> int:
    """Count so many more, in the caller's transaction; returns how many there are now."""
    return session.execute(
        update(Installation)
        .where(Installation.id == _ONLY)
        .values(claims=Installation.claims + how_many)
        .returning(Installation.claims)
        .execution_options(synchronize_session=False)
    ).scalar_one()


def note_lists_read(session: Session, now: datetime) -> None:
    """Remember that SendGrid's suppression lists were read up to now; never goes back."""
    session.execute(
        update(Installation)
        .where(Installation.id == _ONLY, (Installation.lists_read_at < now) | Installation.lists_read_at.is_(None))
        .values(lists_read_at=now)
        .execution_options(synchronize_session=False)
    )
