"""Who has a summary's form open: a moment for each, told anew by the open page, and forgotten a minute later."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.model import Base
from digest.storage.people.editors import Editor

FADES = timedelta(minutes=1)


class WriterSeen(Base):
    """When an editor's browser last said that it shows this summary's form."""

    __tablename__ = "writers_seen"

    summary_id: Mapped[int] = mapped_column(ForeignKey("summaries.id", ondelete="CASCADE"), primary_key=True)
    editor_id: Mapped[int] = mapped_column(ForeignKey("editors.id", ondelete="CASCADE"), primary_key=True)
    seen_at: Mapped[datetime]


def note_writer(session: Session, summary_id: int, editor_id: int, now: datetime) -> None:
    """This editor is here. Whoever was seen over a minute ago is forgotten."""
    session.execute(delete(WriterSeen).where(WriterSeen.seen_at < now - FADES))
    session.merge(WriterSeen(summary_id=summary_id, editor_id=editor_id, seen_at=now))


def other_writers(session: Session, summary_id: int, editor_id: int) -> list[Editor]:
    """The other editors who have this summary's form open, as of the last `note_writer`."""
    rows = session.execute(
        select(Editor)
        .join(WriterSeen, WriterSeen.editor_id == Editor.id)
        .where(WriterSeen.summary_id == summary_id, Editor.id != editor_id)
        .order_by(Editor.name)
    )
    return list(rows.scalars())
