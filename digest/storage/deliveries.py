"""Deliveries: one subscriber's copy of one issue each. They outlive the subscriber, without name or address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import (
    ForeignKey,
    Integer,
    String,
    UniqueConstraint,
    case,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base import Base, BigKey
from digest.storage.batches import Batch, BatchState
from digest.storage.issues import Issue
from digest.storage.subscribers import Subscriber, SubscriberState, audience
from digest.storage.suppressions import Suppression


class Outcome(StrEnum):
    """What became of one delivery where that differs from its batch."""

    FAILED = "failed"
    SKIPPED = "skipped"


class Fate(StrEnum):
    """What SendGrid reports of one copy after the 202, from the least to the most telling."""

    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BLOCKED = "blocked"
    DROPPED = "dropped"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class Delivery(Base):
    """One copy. Without an outcome of its own it has its batch's."""

    __tablename__ = "deliveries"
    __table_args__ = (UniqueConstraint("issue_id", "subscriber_id"), UniqueConstraint("issue_id", "address"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"))
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"), index=True)
    subscriber_id: Mapped[int | None] = mapped_column(Integer)
    """Deliberately no foreign key: erasing a reader leaves the account of past issues whole."""
    address: Mapped[str | None] = mapped_column(String(254))
    outcome: Mapped[str | None] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(500))
    fate: Mapped[str | None] = mapped_column(String(12))
    """What SendGrid's events say became of it after it was accepted."""
    fate_at: Mapped[datetime | None]
    fate_reason: Mapped[str | None] = mapped_column(String(500))


class Copy(NamedTuple):
    """What one personalization needs to know of its reader. A plain tuple, because a send makes one for each."""

    delivery_id: int
    address: str
    link_key: str
    confirmed_on: date | None
    """The date of the confirmation, in UTC."""


@dataclass(frozen=True)
class Account:
    """Where every reader's copy of an issue is. The seven parts add up to the audience."""

    audience: int
    accepted: int
    failed: int
    skipped: int
    unknown: int
    held: int
    waiting: int

    @property
    def difference(self) -> int:
        """What the parts lack to the audience that was frozen; anything but zero is a fault."""
        parts = self.accepted + self.failed + self.skipped + self.unknown + self.held + self.waiting
        return self.audience - parts


def deliver_to_audience(session: Session, issue_id: int, topics: Sequence[str], batch_ids: Sequence[int]) -> None:
    """Give each of the audience that made one of these choices of topics a delivery, spread evenly over the batches."""
    readers = (
        audience()
        .with_only_columns(
            Subscriber.id,
            Subscriber.address,
            func.ntile(len(batch_ids)).over(order_by=Subscriber.id).label("tile"),
        )
        .where(Subscriber.topics.in_(topics))
        .subquery()
    )
    batch_of_tile = case(dict(enumerate(batch_ids, start=1)), value=readers.c.tile)
    if batch_ids == list(range(batch_ids[0], batch_ids[0] + len(batch_ids))):
        batch_of_tile = readers.c.tile + (batch_ids[0] - 1)
    session.execute(
        insert(Delivery).from_select(
            ["issue_id", "batch_id", "subscriber_id", "address"],
            select(literal(issue_id), batch_of_tile, readers.c.id, readers.c.address).order_by(readers.c.id),
        )
    )


@dataclass(frozen=True)
class BatchCount:
    """How many copies a batch says it has, and how many there are."""

    size: int
    copies: int


def count_by_batch(session: Session, issue_id: int) -> list[BatchCount]:
    """The issue's batches counted."""
    rows = session.execute(
        select(Batch.size, func.count(Delivery.id))
        .outerjoin(Delivery, Delivery.batch_id == Batch.id)
        .where(Batch.issue_id == issue_id)
        .group_by(Batch.id, Batch.size)
    )
    return [BatchCount(size, copies) for size, copies in rows]


def skip_whole_batch(session: Session, batch_id: int, reason: str) -> None:
    """Mark every copy of a batch as skipped."""
    session.execute(
        update(Delivery).where(Delivery.batch_id == batch_id).values(outcome=Outcome.SKIPPED, reason=reason)
    )


def copies_in(session: Session, batch_id: int) -> tuple[list[Copy], dict[int, str]]:
    """The batch's copies that have no outcome yet, in the order of their deliveries: those whose readers are still
    there to be mailed, and for the others the reason why not, by delivery.
    """
    rows = session.execute(
        select(
            Delivery.id,
            Delivery.address,
            Subscriber.link_key,
            Subscriber.confirmed_at,
            Subscriber.state,
            Suppression.address_hash.is_not(None),
        )
        .outerjoin(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .outerjoin(Suppression, Suppression.address_hash == Subscriber.address_hash)
        .where(Delivery.batch_id == batch_id, Delivery.outcome.is_(None))
        .order_by(Delivery.id)
    )
    copies: list[Copy] = []
    gone: dict[int, str] = {}
    for key, address, link_key, confirmed_at, state, suppressed in rows:
        if state == SubscriberState.CONFIRMED and not suppressed and address:
            copies.append(Copy(key, address, link_key, confirmed_at.date() if confirmed_at else None))
        else:
            gone[key] = _why_gone(state, suppressed)
    return copies, gone


def _why_gone(state: str | None, suppressed: bool) -> str:
    if not state:
        return "erased before it was sent"
    return "suppressed before it was sent" if suppressed else "unsubscribed before it was sent"


def end_copies(session: Session, outcome: Outcome, reasons: Mapping[int, str]) -> None:
    """Give copies an outcome of their own, each with its reason."""
    for delivery_id, reason in reasons.items():
        session.execute(update(Delivery).where(Delivery.id == delivery_id).values(outcome=outcome, reason=reason[:500]))


def move_copies(session: Session, delivery_ids: Sequence[int], batch_id: int) -> None:
    """Put copies into another batch: a refused batch goes on as its children."""
    session.execute(update(Delivery).where(Delivery.id.in_(delivery_ids)).values(batch_id=batch_id))


def copies_received(session: Session, subscriber_id: int) -> int:
    """How many issues the subscriber has a copy of."""
    return session.execute(
        select(func.count()).select_from(Delivery).where(Delivery.subscriber_id == subscriber_id)
    ).scalar_one()


def forget_reader(session: Session, address: str) -> None:
    """Take a reader out of every copy; the copies stay, so that past accounts still add up."""
    session.execute(
        update(Delivery)
        .where(Delivery.address == address)
        .values(
            subscriber_id=None,
            address=None,
            reason=func.replace(Delivery.reason, address, "(erased)"),  # SendGrid's words may name the address
        )
    )


def account_of(session: Session, issue: Issue) -> Account:
    """The issue's account, counted from the copies themselves."""
    rows = session.execute(
        select(Batch.state, Delivery.outcome, func.count())
        .join(Batch, Batch.id == Delivery.batch_id)
        .where(Delivery.issue_id == issue.id)
        .group_by(Batch.state, Delivery.outcome)
    )
    parts = dict.fromkeys(_PARTS, 0)
    for batch_state, outcome, count in rows:
        parts[outcome or PART_OF[BatchState(batch_state)]] += count
    return Account(audience=issue.audience, **parts)


def accounts_by_counters(session: Session, issues: Sequence[Issue]) -> dict[int, Account]:
    """The accounts of these issues by their ids, from the batches' counters: quick, for lists."""
    rows = session.execute(
        select(Batch.issue_id, Batch.state, func.sum(Batch.size), func.sum(Batch.failed), func.sum(Batch.skipped))
        .where(Batch.issue_id.in_([issue.id for issue in issues]))
        .group_by(Batch.issue_id, Batch.state)
    )
    parts = {issue.id: dict.fromkeys(_PARTS, 0) for issue in issues}
    for issue_id, state, size, failed, skipped in rows:
        parts[issue_id]["failed"] += int(failed)
        parts[issue_id]["skipped"] += int(skipped)
        parts[issue_id][PART_OF[BatchState(state)]] += int(size - failed - skipped)
    return {issue.id: Account(audience=issue.audience, **parts[issue.id]) for issue in issues}


_PARTS = ("accepted", "failed", "skipped", "unknown", "held", "waiting")
PART_OF = {
    BatchState.PENDING: "waiting",
    BatchState.CLAIMED: "waiting",
    BatchState.ACCEPTED: "accepted",
    BatchState.UNKNOWN: "unknown",
    BatchState.HELD: "held",
    BatchState.FAILED: "failed",
    BatchState.SKIPPED: "skipped",
}
"""In which part of the account a copy without an outcome of its own is counted, by its batch's state."""
