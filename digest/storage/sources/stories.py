"""Stories: leads about one event; which stories lie near each other; what editors said of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from digest.storage.base.model import NEVER_REUSED, Base


class Story(Base):
    """Leads that are surely about one event, shown as one."""

    __tablename__ = "stories"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]


class NearStory(Base):
    """Two stories that are likely about one event: listed beside each other, never folded. `score` is from 0 to 1."""

    __tablename__ = "near_stories"

    story_id: Mapped[int] = mapped_column(ForeignKey("stories.id", ondelete="CASCADE"), primary_key=True)
    near_id: Mapped[int] = mapped_column(ForeignKey("stories.id", ondelete="CASCADE"), primary_key=True, index=True)
    score: Mapped[float]


class StoryWord(Base):
    """An editor's word on two leads, the one with the smaller id first: together, or apart."""

    __tablename__ = "story_words"

    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True, index=True)
    likeness: Mapped[str] = mapped_column(String(10))
    editor_id: Mapped[int | None] = mapped_column(ForeignKey("editors.id", ondelete="SET NULL"))
    at: Mapped[datetime]
