"""Supersedings: a published summary that stays readable, with a link to the one that took its place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from digest.storage.base.model import Base
from digest.storage.writing.summaries import Summary


class Superseding(Base):
    """By which newer summary an older one is superseded."""

    __tablename__ = "supersedings"

    summary_id: Mapped[int] = mapped_column(ForeignKey("summaries.id", ondelete="CASCADE"), primary_key=True)
    newer_id: Mapped[int] = mapped_column(ForeignKey("summaries.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(254))

    newer: Mapped[Summary] = relationship(foreign_keys=[newer_id], lazy="joined")


def superseding_of(session: Session, summary_id: int) -> Superseding | None:
    """By what this summary is superseded."""
    return session.get(Superseding, summary_id)


def supersedings_of(session: Session, summary_ids: Sequence[int]) -> dict[int, Superseding]:
    """Those of these summaries that are superseded by one that readers may see."""
    rows = session.execute(
        select(Superseding)
        .join(Summary, Summary.id == Superseding.newer_id)
        .where(Superseding.summary_id.in_(summary_ids), Summary.published_at.is_not(None))
    )
    return {each.summary_id: each for each in rows.scalars()}
