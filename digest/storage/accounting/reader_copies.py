"""One reader's copies: where each is, and what SendGrid said of it; told from deliveries, batches and attempts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select, update
from sqlalchemy.orm import Session

from digest.storage.accounting.accounts import where_it_is
from digest.storage.issues.issues import Issue
from digest.storage.messages.messages import Message
from digest.storage.sending.batches import Attempt, Batch
from digest.storage.sending.copies_to_send import PASSED_OVER
from digest.storage.sending.deliveries import Delivery, Outcome, every_issue

_ACCEPTED = "accepted"
_FOR_NOTHING = "passed over for a copy to this reader alone, which did not leave"


@dataclass(frozen=True)
class ReaderCopy:
    """One copy of one issue. `where` is one of the parts of an account; the rest is in SendGrid's words."""

    delivery_id: int
    subscriber_id: int | None
    issue_id: int
    batch_id: int
    issue_date: date
    edition_id: int
    where: str
    reason: str
    message_id: str
    """SendGrid's id of the request that it accepted; empty if none was, or if only an event told."""
    fate: str | None
    fate_reason: str
    fate_at: datetime | None
    again_at: datetime | None
    again_state: str | None
    """Of the message that was asked for then: a MessageState; None once it is forgotten."""
    again_detail: str
    address: str = ""
    """Where it went, or is to go."""


def copies_of(session: Session, subscriber_id: int, most: int | None = None) -> Sequence[ReaderCopy]:
    """The subscriber's copies, of the newest issue first."""
    rows = session.execute(copies_asked_for(subscriber_id, most))
    return [_copy(row) for row in rows]


def copies_asked_for(subscriber_id: int, most: int | None = None) -> Select[Any]:
    """The question behind `copies_of`."""
    mine = _asked().where(Delivery.issue_id.in_(every_issue()), Delivery.subscriber_id == subscriber_id)
    return mine.order_by(Issue.send_date.desc()).limit(most)


def copy_with_id(session: Session, delivery_id: int) -> ReaderCopy | None:
    """The copy of that delivery."""
    row = session.execute(_asked().where(Delivery.id == delivery_id)).one_or_none()
    return _copy(row) if row else None


def mark_sent_again(session: Session, delivery_id: int, now: datetime, unless_after: datetime) -> bool:
    """Record that the copy is sent again now; False if that was recorded after the given moment already."""
    marked = session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, or_(Delivery.again_at.is_(None), Delivery.again_at <= unless_after))
        .values(again_at=now)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return marked.scalar_one_or_none() is not None


def take_sent_again_back(session: Session, delivery_id: int, at: datetime, before: datetime | None) -> None:
    """The copy asked for at that moment never left: the reader may get this one with its batch, unless another was sent
    `before`. If the batch has passed the reader over meanwhile, the reason says how that ended.
    """
    passed_over = and_(Delivery.outcome == Outcome.SKIPPED, Delivery.reason == PASSED_OVER)
    session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.again_at == at)
        .values(
            again_at=before,
            reason=Delivery.reason if before else case((passed_over, _FOR_NOTHING), else_=Delivery.reason),
        )
        .execution_options(synchronize_session=False)
    )


def _asked() -> Select[Any]:
    message_id = (
        select(func.max(Attempt.message_id))
        .where(Attempt.batch_id == Batch.id, Attempt.outcome == _ACCEPTED)
        .correlate(Batch)
        .scalar_subquery()
    )
    again = and_(
        Message.subscriber_id == Delivery.subscriber_id,
        Message.delivery_id == Delivery.id,
        Message.created_at == Delivery.again_at,
    )
    return (
        select(
            Delivery, Issue.send_date, Batch.edition_id, Batch.state, Batch.because, message_id, Message.state,
            Message.detail,
        )
        .join(Issue, Issue.id == Delivery.issue_id)
        .join(Batch, Batch.id == Delivery.batch_id)
        .outerjoin(Message, again)
    )  # fmt: skip


def _copy(row: Any) -> ReaderCopy:
    found, issue_date, edition_id, batch_state, because, message_id, again_state, again_detail = row
    where = where_it_is(found.outcome, batch_state)
    return ReaderCopy(
        delivery_id=found.id,
        subscriber_id=found.subscriber_id,
        issue_id=found.issue_id,
        batch_id=found.batch_id,
        issue_date=issue_date,
        edition_id=edition_id,
        where=where,
        reason=(found.reason or "") if found.outcome else because,
        message_id=(message_id or "") if where == _ACCEPTED else "",
        fate=found.fate,
        fate_reason=found.fate_reason or "",
        fate_at=found.fate_at,
        again_at=found.again_at,
        again_state=again_state,
        again_detail=again_detail or "",
        address=found.address or "",
    )
