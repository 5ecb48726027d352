"""History: what happened to an issue, when, and by whose word."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.model import Base


class HistoryEntry(Base):
    """One line of an issue's history. `who` is an editor's address, `the clock` or `the command`."""

    __tablename__ = "history"

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(254))
    what: Mapped[str] = mapped_column(Text)


def note(session: Session, issue_id: int, now: datetime, who: str, what: str) -> None:
    """Write one line."""
    session.add(HistoryEntry(issue_id=issue_id, at=now, who=who, what=what))


def history_of(session: Session, issue_id: int) -> list[HistoryEntry]:
    """The issue's lines, the newest first."""
    rows = session.execute(
        select(HistoryEntry).where(HistoryEntry.issue_id == issue_id).order_by(HistoryEntry.id.desc())
    )
    return list(rows.scalars())


def last_noted_by(session: Session, issue_id: int, who: str) -> datetime | None:
    """When this one last wrote a line about the issue."""
    lines = select(func.max(HistoryEntry.at)).where(HistoryEntry.issue_id == issue_id, HistoryEntry.who == who)
    return session.execute(lines).scalar_one()


def last_line_beginning(session: Session, issue_id: int, who: str, beginning: str) -> HistoryEntry | None:
    """The last line about the issue that this one wrote with these words at its beginning."""
    lines = select(HistoryEntry).where(
        HistoryEntry.issue_id == issue_id,
        HistoryEntry.who == who,
        HistoryEntry.what.startswith(beginning, autoescape=True),
    )
    return session.execute(lines.order_by(HistoryEntry.id.desc()).limit(1)).scalar_one_or_none()
