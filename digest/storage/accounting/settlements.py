"""Settlements: every decision about a batch of which nobody could know, with who, when and on which evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.model import Base
from digest.storage.sending.batches import Batch


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


@dataclass(frozen=True)
class Decision:
    """What was decided at one moment, for one batch or for several alike."""

    at: datetime
    who: str
    verdict: str
    batches: int
    first: int
    last: int
    evidence: str
    """That of one of them; `evidences` says how many differ."""
    evidences: int


def decisions_of(session: Session, issue_id: int, most: int) -> Sequence[Decision]:
    """The last decisions about the issue's batches, the newest first."""
    rows = session.execute(
        select(
            Settlement.at,
            Settlement.who,
            Settlement.verdict,
            func.count(),
            func.min(Settlement.batch_id),
            func.max(Settlement.batch_id),
            func.min(Settlement.evidence),
            func.count(Settlement.evidence.distinct()),
        )
        .join(Batch, Batch.id == Settlement.batch_id)
        .where(Batch.issue_id == issue_id)
        .group_by(Settlement.at, Settlement.who, Settlement.verdict)
        .order_by(func.max(Settlement.id).desc())
        .limit(most)
    )
    return [Decision(*row) for row in rows]


def settlements_of(session: Session, batch_ids: Sequence[int]) -> Mapping[int, Sequence[Settlement]]:
    """Every decision about these batches, the oldest first, by batch."""
    rows = session.execute(select(Settlement).where(Settlement.batch_id.in_(batch_ids)).order_by(Settlement.id))
    found: dict[int, list[Settlement]] = defaultdict(list)
    for settlement in rows.scalars():
        found[settlement.batch_id].append(settlement)
    return found


def last_settlement(session: Session, batch_id: int) -> Settlement | None:
    """The last decision about a batch."""
    return session.execute(
        select(Settlement).where(Settlement.batch_id == batch_id).order_by(Settlement.id.desc()).limit(1)
    ).scalar_one_or_none()


def has_held(session: Session, issue_id: int, who: str) -> bool:
    """Whether this one has left a batch of the issue to a person before."""
    found = session.execute(
        select(Settlement.id)
        .join(Batch, Batch.id == Settlement.batch_id)
        .where(Batch.issue_id == issue_id, Settlement.who == who, Settlement.verdict == Verdict.HOLD)
        .limit(1)
    )
    return found.scalar_one_or_none() is not None
