"""Journals: how far this database has read each journal of partings, so that an older copy notices what it lacks."""

from __future__ import annotations

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.model import Base


class JournalRead(Base):
    """One journal: several hosts on one database keep one each."""

    __tablename__ = "journals_read"

    journal: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The hash of its first line, which no other journal has."""
    bytes: Mapped[int] = mapped_column(BigInteger)
    """What lies before was seen to; whole lines."""


def bytes_read(session: Session, journal: str) -> int:
    """How many bytes of this journal were seen to."""
    found = session.get(JournalRead, journal)
    return found.bytes if found else 0


def note_bytes_read(session: Session, journal: str, count: int) -> None:
    """Remember that so many bytes of this journal were seen to."""
    session.merge(JournalRead(journal=journal, bytes=count))
