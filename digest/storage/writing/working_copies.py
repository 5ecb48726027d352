"""Working copies: what an editor has typed and not saved by hand, kept beside the summary it is for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, delete, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from digest.storage.base.model import Base
from digest.storage.people.editors import Editor


class WorkingCopy(Base):
    """One editor's unsaved words. Without a summary they are of a new one, known by the key of its form."""

    __tablename__ = "working_copies"
    __table_args__ = (UniqueConstraint("summary_id", "editor_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    form_key: Mapped[str] = mapped_column(String(32), unique=True)
    summary_id: Mapped[int | None] = mapped_column(ForeignKey("summaries.id", ondelete="CASCADE"))
    editor_id: Mapped[int] = mapped_column(ForeignKey("editors.id", ondelete="CASCADE"))
    version: Mapped[int]
    """The summary's version that they began from; 0 for a new one."""
    typed: Mapped[str] = mapped_column(Text)
    """`domain.issues.manuscript.to_json`: as typed, whether or not it could be stored as a summary."""
    saved_at: Mapped[datetime]

    editor: Mapped[Editor] = relationship(lazy="joined")


def copy_of(session: Session, form_key: str, summary_id: int | None, editor_id: int) -> WorkingCopy | None:
    """The copy that this form goes on with: its own, or the editor's of the same summary."""
    same = WorkingCopy.form_key == form_key
    if summary_id is not None:
        same = or_(same, (WorkingCopy.summary_id == summary_id) & (WorkingCopy.editor_id == editor_id))
    rows = session.execute(select(WorkingCopy).where(same).order_by(WorkingCopy.summary_id.is_(None), WorkingCopy.id))
    return rows.scalars().first()


def copies_beside(session: Session, summary_id: int) -> list[WorkingCopy]:
    """Everybody's unsaved words for this summary, the latest first."""
    rows = session.execute(
        select(WorkingCopy).where(WorkingCopy.summary_id == summary_id).order_by(WorkingCopy.saved_at.desc())
    )
    return list(rows.scalars())


def copy_of_form(session: Session, form_key: str) -> WorkingCopy | None:
    """What was typed into the form with this key."""
    return session.execute(select(WorkingCopy).where(WorkingCopy.form_key == form_key)).scalar_one_or_none()


def unfinished_copies(session: Session) -> list[WorkingCopy]:
    """What was typed into new summaries' forms and is no summary yet, the latest first."""
    rows = session.execute(
        select(WorkingCopy).where(WorkingCopy.summary_id.is_(None)).order_by(WorkingCopy.saved_at.desc())
    )
    return list(rows.scalars())


def forget_copy(session: Session, form_key: str, summary_id: int | None, editor_id: int | None) -> None:
    """What this form has kept is saved, or nobody wants it."""
    session.execute(delete(WorkingCopy).where(WorkingCopy.form_key == form_key))
    if summary_id is not None and editor_id is not None:
        session.execute(
            delete(WorkingCopy).where(WorkingCopy.summary_id == summary_id, WorkingCopy.editor_id == editor_id)
        )


def set_copies_free(session: Session, summary_id: int, editor_id: int | None) -> None:
    """The summary is about to go; what others than this editor have typed for it stays, as of a new one."""
    session.execute(
        update(WorkingCopy)
        .where(WorkingCopy.summary_id == summary_id, WorkingCopy.editor_id != (editor_id or 0))
        .values(summary_id=None, version=0)
        .execution_options(synchronize_session=False)
    )
