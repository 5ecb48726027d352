"""The installation itself: one row that tells this database from an older copy of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base import Base, table_of

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
    row = table_of(Installation)
    counted: int = (
        session.connection()
        .execute(update(row).where(row.c.id == _ONLY).values(claims=row.c.claims + how_many).returning(row.c.claims))
        .scalar_one()
    )
    return counted
