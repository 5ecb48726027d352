"""Settlements: every decision about a batch of which nobody could know, with who, when and on which evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base import Base
from digest.storage.batches import Batch


class Verdict(StrEnum):
    """What was decided."""

    SENT = "sent"
    RESEND = "resend"
    SKIP = "skip"
    HOLD = "hold"
    """The evidence does not suffice: a person decides."""


class Settlement(Base):
    """One decision. `who` is an editor's address, `the command`, `the clock` or `SendGrid's events`."""

    __tablename__ = "settlements"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(254))
    verdict: Mapped[str] = mapped_column(String(10))
    evidence: Mapped[str] = mapped_column(Text)


def note_settlement(session: Session, batch_id: int, now: datetime, who: str, verdict: Verdict, evidence: str) -> None:
    """Write one decision."""
    session.add(Settlement(batch_id=batch_id, at=now, who=who, verdict=verdict, evidence=evidence))


def settlements_of(session: Session, issue_id: int) -> Sequence[Settlement]:
    """Every decision about the issue's batches, the oldest first."""
    rows = session.execute(
        select(Settlement)
        .join(Batch, Batch.id == Settlement.batch_id)
        .where(Batch.issue_id == issue_id)
        .order_by(Settlement.id)
    )
    return list(rows.scalars())
