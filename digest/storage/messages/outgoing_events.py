"""Outgoing events: what the operator's own service is to be told, committed with the change that it tells of.

No address stands here: it is looked up when the event leaves. A row goes when it was taken, given up, or its reader was
erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.model import Base, BigKey
from digest.storage.readers.subscribers import Subscriber


class OutgoingEvent(Base):
    """One event that is still to be told. Its claim's lease, or its wait, ends at `retry_at`."""

    __tablename__ = "outgoing_events"
    __table_args__ = (Index(None, "retry_at"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    """What the other side knows it by, however often it comes."""
    kind: Mapped[str] = mapped_column(String(30))
    at: Mapped[datetime]
    subscriber_id: Mapped[int | None] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), index=True)
    issue_date: Mapped[date | None]
    owner: Mapped[str] = mapped_column(String(32), default="")
    retry_at: Mapped[float] = mapped_column(default=0.0)
    """Seconds since 1970 by the database's clock."""
    tries: Mapped[int] = mapped_column(default=0)


@dataclass(frozen=True)
class ClaimedEvent:
    """One in our hands, as plain values. `email` as its reader has it now; empty where it is of none."""

    id: int
    key: str
    kind: str
    at: datetime
    email: str
    issue_date: date | None
    tries: int


def queue_event(
    session: Session, key: str, kind: str, at: datetime, subscriber_id: int | None = None, issue: date | None = None
) -> None:
    """Put one in the queue."""
    session.add(OutgoingEvent(key=key, kind=kind, at=at, subscriber_id=subscriber_id, issue_date=issue))
    session.flush()


def events_of(session: Session, subscriber_id: int) -> Sequence[OutgoingEvent]:
    """What is still to be told of a reader, the oldest first."""
    found = select(OutgoingEvent).where(OutgoingEvent.subscriber_id == subscriber_id).order_by(OutgoingEvent.id)
    return session.scalars(found).all()


def events_since(session: Session, moment: datetime) -> int:
    """How many of before that moment are still to be told."""
    return session.execute(select(func.count()).where(OutgoingEvent.at < moment)).scalar_one()


def claim_event(session: Session, owner: str, database_now: float, lease: float) -> ClaimedEvent | None:
    """The event that has been due longest, claimed for `lease` seconds; None if none is due."""
    due = select(OutgoingEvent).where(OutgoingEvent.retry_at <= database_now)
    first = due.order_by(OutgoingEvent.retry_at, OutgoingEvent.id).limit(1).with_for_update(skip_locked=True)
    event = session.execute(first).scalar_one_or_none()
    if event is None:
        return None
    event.owner, event.retry_at, event.tries = owner, database_now + lease, event.tries + 1
    whose = session.get(Subscriber, event.subscriber_id) if event.subscriber_id else None
    email = whose.email if whose else ""
    return ClaimedEvent(event.id, event.key, event.kind, event.at, email, event.issue_date, event.tries)


def event_ended(session: Session, event_id: int, owner: str) -> None:
    """It was taken, or is given up by whoever has claimed it: nothing is left of it."""
    session.execute(delete(OutgoingEvent).where(OutgoingEvent.id == event_id, OutgoingEvent.owner == owner))


def put_event_off(session: Session, event_id: int, owner: str, retry_at: float) -> None:
    """It is tried again then, by the database's clock."""
    ours = (OutgoingEvent.id == event_id, OutgoingEvent.owner == owner)
    session.execute(update(OutgoingEvent).where(*ours).values(retry_at=retry_at))


def forget_events(session: Session, before: datetime) -> None:
    """Drop those of before that moment: nobody takes them."""
    session.execute(delete(OutgoingEvent).where(OutgoingEvent.at < before))
