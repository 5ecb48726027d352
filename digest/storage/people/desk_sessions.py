"""Desk sessions: who is signed in. A row each, so that signing out or deactivating ends it at once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.model import Base
from digest.storage.people.editors import Editor

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=14)


class DeskSession(Base):
    """One signed-in browser; the cookie holds the key, the row its hash."""

    __tablename__ = "desk_sessions"

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    editor_id: Mapped[int] = mapped_column(ForeignKey("editors.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]


def editor_signed_in(session: Session, key_hash: str, now: datetime) -> Editor | None:
    """The active editor whose session this is, unless it idled for 12 hours or is over 14 days old."""
    row = session.get(DeskSession, key_hash)
    if row is None or now - row.seen_at > IDLE or now - row.created_at > LONGEST:
        return None
    editor = session.get(Editor, row.editor_id)
    return editor if editor and editor.is_active else None


def end_session(session: Session, key_hash: str) -> None:
    """End one session."""
    session.execute(delete(DeskSession).where(DeskSession.key_hash == key_hash))


def end_sessions_of(session: Session, editor_id: int) -> None:
    """End all sessions of an editor."""
    session.execute(delete(DeskSession).where(DeskSession.editor_id == editor_id))


def forget_old_sessions(session: Session, now: datetime) -> None:
    """Delete sessions that no longer count."""
    session.execute(
        delete(DeskSession).where((DeskSession.seen_at < now - IDLE) | (DeskSession.created_at < now - LONGEST))
    )
