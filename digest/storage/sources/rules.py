"""Rules: words that keep leads of a source out of the inbox, or let only some in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from digest.storage.base.model import NEVER_REUSED, Base


class SourceRule(Base):
    """One rule of one source."""

    __tablename__ = "source_rules"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(15))
    words: Mapped[str] = mapped_column(String(500))
    """As typed: words or quoted phrases, any of which is enough."""
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(254), default="")
