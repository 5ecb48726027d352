"""What editors did with leads, so that it can be undone, and who has which one open."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, Text, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.database import one_at_a_time
from digest.storage.base.model import NEVER_REUSED, Base
from digest.storage.people.editors import Editor

ACTS_KEPT = 20
"""How many acts an editor can undo."""
LOOKS_COUNT = timedelta(minutes=1)
"""For how long after a sign of life one counts as being there."""


class LeadAct(Base):
    """One act of one editor on one lead or on many at once, with what there was before."""

    __tablename__ = "lead_acts"
    __table_args__ = (Index(None, "editor_id", "at"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(primary_key=True)
    editor_id: Mapped[int] = mapped_column(ForeignKey("editors.id", ondelete="CASCADE"))
    verb: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    before: Mapped[str] = mapped_column(Text)
    """JSON: by lead, the state, day of snoozing and touch that undoing brings back."""
    undone: Mapped[bool] = mapped_column(default=False)


class LeadLook(Base):
    """That an editor has a lead open; it counts for a minute and locks nothing."""

    __tablename__ = "lead_looks"

    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True)
    editor_id: Mapped[int] = mapped_column(ForeignKey("editors.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]


def keep_act(session: Session, act: LeadAct) -> LeadAct:
    """Store it, and forget what its editor did before the last twenty."""
    session.add(act)
    session.flush()
    kept = select(LeadAct.id).where(LeadAct.editor_id == act.editor_id).order_by(LeadAct.id.desc()).limit(ACTS_KEPT)
    older = set(session.execute(select(LeadAct.id).where(LeadAct.editor_id == act.editor_id)).scalars())
    older -= set(session.execute(kept).scalars())
    session.execute(delete(LeadAct).where(LeadAct.id.in_(older)))
    return act


def last_act(session: Session, editor_id: int) -> LeadAct | None:
    """What this editor did last and has not undone."""
    rows = session.execute(
        select(LeadAct)
        .where(LeadAct.editor_id == editor_id, LeadAct.undone.is_(False))
        .order_by(LeadAct.id.desc())
        .limit(1)
    )
    return rows.scalar_one_or_none()


def note_look(session: Session, lead_id: int, editor_id: int, now: datetime) -> None:
    """Note that this editor has this lead open, and forget looks that no longer count."""
    one_at_a_time(session, "looks")  # an editor may have it open twice
    session.execute(delete(LeadLook).where(LeadLook.at < now - LOOKS_COUNT))
    session.execute(delete(LeadLook).where(LeadLook.editor_id == editor_id))
    session.add(LeadLook(lead_id=lead_id, editor_id=editor_id, at=now))
    session.flush()


def others_at(session: Session, lead_ids: Collection[int], editor_id: int, now: datetime) -> dict[int, list[str]]:
    """By lead, the names of the other editors who have it open."""
    rows = session.execute(
        select(LeadLook.lead_id, Editor.name, Editor.email)
        .join(Editor, Editor.id == LeadLook.editor_id)
        .where(LeadLook.lead_id.in_(lead_ids), LeadLook.editor_id != editor_id, LeadLook.at >= now - LOOKS_COUNT)
        .order_by(Editor.name)
    )
    found: dict[int, list[str]] = {}
    for lead_id, name, email in rows:
        found.setdefault(lead_id, []).append(name or email)
    return found
