"""What editors did with leads, so that it can be undone, and who has which one open."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from digest.storage.base.model import NEVER_REUSED, Base


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
