"""Backups: the daily ones by day, who makes one, where it is, and when one was last proven by restoring it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.database import one_at_a_time
from digest.storage.base.model import Base

_LONGEST = 500


class Backup(Base):
    """The backup of one day. Of several hosts one makes it."""

    __tablename__ = "backups"

    day: Mapped[date] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(200))
    begun_at: Mapped[datetime]
    """Of the latest try."""
    made_at: Mapped[datetime | None]
    path: Mapped[str | None] = mapped_column(String(_LONGEST))
    """Where its file is, on the owner's host."""
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    proven_at: Mapped[datetime | None]
    """When it was restored into a scratch place and counted."""
    fault: Mapped[str | None] = mapped_column(String(_LONGEST))
    """Why the latest try, or the proof, came to nothing."""


def claim_backup(session: Session, day: date, owner: str, now: datetime, again_before: datetime) -> bool:
    """Whether this owner is to make the backup of that day: nobody has, and no try began after `again_before`."""
    one_at_a_time(session, "the daily backup")
    backup = session.get(Backup, day)
    if backup is None:
        session.add(Backup(day=day, owner=owner[:200], begun_at=now))
        return True
    if backup.made_at is not None or backup.begun_at > again_before:
        return False
    backup.owner, backup.begun_at = owner[:200], now
    return True


def note_backup(session: Session, day: date, now: datetime, path: str, size: int) -> None:
    """The backup of that day is made."""
    backup = session.get_one(Backup, day)
    backup.made_at, backup.path, backup.bytes, backup.fault = now, path[:_LONGEST], size, None


def note_proof(session: Session, day: date, now: datetime) -> None:
    """The backup of that day was restored and counted."""
    session.get_one(Backup, day).proven_at = now


def note_backup_fault(session: Session, day: date, words: str) -> bool:
    """The backup of that day failed, or its proof; returns whether that is news."""
    backup = session.get_one(Backup, day)
    is_news = backup.fault != words[:_LONGEST]
    backup.fault = words[:_LONGEST]
    return is_news


def last_backup(session: Session) -> Backup | None:
    """The latest one that was made."""
    made = select(Backup).where(Backup.made_at.is_not(None)).order_by(Backup.day.desc()).limit(1)
    return session.execute(made).scalar_one_or_none()


def last_fault(session: Session) -> str | None:
    """What is wrong with the latest one, if anything."""
    return session.execute(select(Backup.fault).order_by(Backup.day.desc()).limit(1)).scalar_one_or_none()


def last_proof(session: Session) -> datetime | None:
    """When a backup was last proven."""
    return session.execute(select(func.max(Backup.proven_at))).scalar_one()
