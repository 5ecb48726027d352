"""Messages: single emails, committed with the change that causes them and drained afterwards."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    and_,
    bindparam,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.database import announce
from digest.storage.base.model import Base, BigKey
from digest.storage.readers.subscribers import Subscriber, SubscriberState
from digest.storage.suppressions.suppressions import Suppression

_ALERT = "alert"
ERASURE = "erasure"
"""The kind of what is no mail: an address that SendGrid is to erase, told until it answers."""


class MessageState(StrEnum):
    """Where a message is."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    FAILED = "failed"


UNFINISHED = (MessageState.WAITING, MessageState.CLAIMED)


class Message(Base):
    """One email to one address. Messages to a subscriber go when the subscriber is erased."""

    __tablename__ = "messages"
    __table_args__ = (
        Index(None, "state", "not_before", "retry_at"),
        Index(None, "state", "tries"),
        Index(None, "finished_at", "not_before"),
        Index(None, "mailbox", "not_before"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    recipient: Mapped[str] = mapped_column(String(254), index=True)
    subscriber_id: Mapped[int | None] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), index=True)
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    headers: Mapped[str] = mapped_column(Text, default="{}")
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default=MessageState.WAITING)
    owner: Mapped[str] = mapped_column(String(32), default="")
    """The claim that holds it; the claim's lease ends at `retry_at`."""
    retry_at: Mapped[float] = mapped_column(default=0.0)
    """Seconds since 1970 by the database's clock."""
    tries: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None]
    detail: Mapped[str] = mapped_column(String(1000), default="")
    delivery_id: Mapped[int | None] = mapped_column(BigKey)
    """Of a copy that is sent again: which. `created_at` is the moment that the copy remembers then."""
    again_before: Mapped[datetime | None]
    """The moment that the copy remembered until then: it is to remember it again if this message never leaves."""
    mailbox: Mapped[str] = mapped_column(String(64), default="", server_default="")
    """Of a message that the form caused: a keyed hash of the mailbox that it fills."""
    not_before: Mapped[datetime | None]
    """Likewise: when it may leave, or be tried again. Any other message may leave at once, and goes first."""


@dataclass(frozen=True)
class Turn:
    """When a message that the form causes may leave, and a keyed hash of the mailbox that it fills."""

    not_before: datetime
    mailbox: str


def queue_message(  # noqa: PLR0913 - the columns of its row
    session: Session,
    now: datetime,
    kind: str,
    recipient: str,
    parts: tuple[str, str, str],
    headers: Mapping[str, str] | None = None,
    subscriber_id: int | None = None,
    turn: Turn | None = None,
) -> Message:
    """Put a message in the queue, and announce it; `parts` are subject, text and HTML.

    `turn`: of one that the form causes.
    """
    subject, text, html = parts
    message = Message(
        kind=kind,
        recipient=recipient,
        subscriber_id=subscriber_id,
        subject=subject,
        text=text,
        html=html,
        headers=json.dumps(dict(headers or {})),
        created_at=now,
        mailbox=turn.mailbox if turn else "",
        not_before=turn.not_before if turn else None,
    )
    session.add(message)
    session.flush()
    announce(session)
    return message


def claim_message(session: Session, owner: str, database_now: float, lease: float) -> Message | None:
    """The oldest message that waits or whose claim ran out, claimed for `lease` seconds; none that the form caused."""
    unfinished = Message.state.in_((MessageState.WAITING, MessageState.CLAIMED))
    any_time = (unfinished, Message.not_before.is_(None), Message.kind != ERASURE)
    return claim_first(session, owner, database_now, lease, any_time, (Message.id,))


def claim_first(
    session: Session,
    owner: str,
    database_now: float,
    lease: float,
    which: Sequence[ColumnElement[bool]],
    order: Sequence[Any],
) -> Message | None:
    """The first of these messages that nobody has claimed, claimed for `lease` seconds."""
    message = session.execute(
        select(Message)
        .where(*which, Message.retry_at <= database_now)
        .order_by(*order)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).scalar_one_or_none()
    if message:
        message.state = MessageState.CLAIMED
        message.owner = owner
        message.retry_at = database_now + lease
        message.tries += 1
    return message


def abandoned_messages(session: Session, kind: str, database_now: float) -> Sequence[Message]:
    """Those of this kind whose claim ran out without a word of what came of them; the oldest first."""
    abandoned = (Message.kind == kind, Message.state == MessageState.CLAIMED, Message.retry_at <= database_now)
    return list(session.scalars(select(Message).where(*abandoned).order_by(Message.id)))


def unfinished_messages(session: Session, kind: str) -> Sequence[Message]:
    """Those of this kind that wait or are claimed; the oldest first."""
    unfinished = Message.state.in_((MessageState.WAITING, MessageState.CLAIMED))
    return list(session.scalars(select(Message).where(Message.kind == kind, unfinished).order_by(Message.id)))


def waiting_for_those_who_left(session: Session, kind: str) -> Sequence[Message]:
    """Waiting messages of this kind, which no form causes, whose reader is no longer confirmed, or is suppressed."""
    there = (
        select(Subscriber.id)
        .outerjoin(Suppression, Suppression.address_hash == Subscriber.address_hash)
        .where(
            Subscriber.id == Message.subscriber_id,
            Subscriber.state == SubscriberState.CONFIRMED,
            Suppression.address_hash.is_(None),
        )
    )
    waiting = (Message.kind == kind, Message.state == MessageState.WAITING, Message.not_before.is_(None))
    return list(
        session.scalars(select(Message).where(*waiting, ~there.correlate(Message).exists()).order_by(Message.id))
    )


def waiting_since(session: Session, moment: datetime) -> tuple[int, datetime | None]:
    """How many messages, no alerts, could have left before that moment and wait, and since when the oldest does."""
    since = func.coalesce(Message.not_before, Message.created_at)
    asked = select(func.count(), func.min(since)).where(
        Message.state == MessageState.WAITING, since < moment, Message.kind.not_in((ERASURE, _ALERT))
    )
    count, oldest = session.execute(asked).one()
    return count, oldest


def alerts_not_taken(session: Session, moment: datetime) -> tuple[int, str]:
    """How many alerts to ALERT_URL of before that moment were tried and still wait, and why the latest try failed."""
    waits = (Message.kind == _ALERT, Message.state == MessageState.WAITING, Message.tries > 0)
    since = (*waits, Message.created_at < moment)
    count = session.execute(select(func.count()).where(*since)).scalar_one()
    why = session.execute(select(Message.detail).where(*since).order_by(Message.id.desc()).limit(1)).scalar()
    return count, why or ""


def give_up_message(session: Session, message: Message, now: datetime, detail: str) -> bool:
    """Fail a message that is as it was read; False if somebody has claimed or finished it meanwhile."""
    as_read = and_(Message.state == message.state, Message.owner == message.owner)
    return _end(
        session, as_read, message.id, {"state": MessageState.FAILED, "finished_at": now, "detail": detail[:1000]}
    )


def finish_message(session: Session, message_id: int, owner: str, **values: object) -> bool:
    """Write what became of a claimed message; False if the claim was lost meanwhile."""
    ours = and_(Message.owner == owner, Message.state == MessageState.CLAIMED)
    return _end(session, ours, message_id, values)


def _end(session: Session, only_if: ColumnElement[bool], message_id: int, values: Mapping[str, object]) -> bool:
    written = session.execute(
        update(Message).where(Message.id == message_id, only_if).values(**values).returning(Message.id)
    )
    return written.scalar_one_or_none() is not None


def never_left(session: Session, delivery_id: int, at: datetime, before: datetime | None) -> None:
    """The message of `at` that carried this copy never left: one queued after it goes back to what was `before`."""
    session.execute(
        update(Message)
        .where(Message.delivery_id == delivery_id, Message.again_before == at)
        .values(again_before=before)
        .execution_options(synchronize_session=False)
    )


def recipients_of(session: Session, message_ids: Collection[int]) -> dict[int, str]:
    """To whom those of these messages went that are still kept, by their ids, which may be any of 64 bits."""
    if not message_ids:
        return {}
    asked = bindparam("asked", sorted(message_ids), BigInteger, expanding=True)  # PostgreSQL refuses more than fits
    return dict(session.execute(select(Message.id, Message.recipient).where(Message.id.in_(asked))).all())


def recipients_of_kind(session: Session, kind: str, subscriber_id: int) -> set[str]:
    """To which addresses those of this kind that are about one reader went."""
    asked = select(Message.recipient).where(Message.subscriber_id == subscriber_id, Message.kind == kind)
    return set(session.scalars(asked))


def others_wait_for(session: Session, message_id: int, detail: str) -> bool:
    """Whether messages other than this one wait since a try that failed for the same reason."""
    tried = (Message.state == MessageState.WAITING, Message.tries > 0)
    same = (*tried, Message.detail == detail, Message.id != message_id)
    return session.execute(select(Message.id).where(*same).limit(1)).scalar_one_or_none() is not None


def messages_before(session: Session, moment: datetime) -> Sequence[int]:
    """The ids of messages that were finished before that moment."""
    return session.scalars(select(Message.id).where(Message.finished_at < moment)).all()


def forget_messages(session: Session, ids: Sequence[int]) -> None:
    """Delete these messages."""
    session.execute(delete(Message).where(Message.id.in_(ids)).execution_options(synchronize_session=False))


def forget_waiting_messages(session: Session, addresses: Sequence[str]) -> None:
    """Delete what has not left yet to these addresses."""
    unfinished = and_(Message.state.in_(UNFINISHED), Message.kind != ERASURE)
    session.execute(
        delete(Message).where(unfinished, Message.recipient.in_(addresses)).execution_options(synchronize_session=False)
    )


def messages_to(session: Session, address: str) -> Sequence[Message]:
    """Every message to that address that is kept, the oldest first."""
    return session.scalars(select(Message).where(Message.recipient == address).order_by(Message.id)).all()


def forget_messages_to(session: Session, address: str) -> None:
    """Delete every message to that address, sent or waiting. What is no mail stays: it is to be erased elsewhere."""
    session.execute(delete(Message).where(Message.recipient == address, Message.kind != ERASURE))
