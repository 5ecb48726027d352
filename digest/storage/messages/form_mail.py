"""Form mail: the messages that the form caused, each with its mailbox's hash and the moment it may leave from.

What has left is counted in tallies too: a message goes when its reader is forgotten, and must count all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from digest.storage.base.rate_limits import CountedAttempt, count_one, forget
from digest.storage.messages.messages import Message, MessageState, claim_first

_LEFT = "signup-mail"
_FORMS = Message.not_before.is_not(None)
_WAITING = Message.state == MessageState.WAITING


@dataclass(frozen=True)
class PutOff:
    """Messages of the form whose moment is yet to come: how many, and when the first and the last may leave."""

    messages: int
    first: datetime | None
    last: datetime | None


def mail_to_mailbox(session: Session, mailbox: str, after: datetime, before: datetime) -> int:
    """How many messages of the form have left for this mailbox, or are to leave, between these moments.

    Those that wait are counted first: one that leaves between the two statements counts twice rather than not at all.
    """
    unfinished = Message.state.in_((MessageState.WAITING, MessageState.CLAIMED))
    waits = (Message.mailbox == mailbox, unfinished, Message.not_before > after, Message.not_before < before)
    left = (
        CountedAttempt.kind == _LEFT,
        CountedAttempt.key == mailbox,
        CountedAttempt.at > after,
        CountedAttempt.at < before,
    )
    waiting = session.execute(select(func.count(Message.id)).where(*waits)).scalar_one()
    return waiting + session.execute(select(func.count(CountedAttempt.id)).where(*left)).scalar_one()


def mail_waits(session: Session, mailbox: str) -> bool:
    """Whether a message of the form is on its way to this mailbox."""
    unfinished = Message.state.in_((MessageState.WAITING, MessageState.CLAIMED))
    return (
        session.execute(select(Message.id).where(Message.mailbox == mailbox, unfinished).limit(1)).first() is not None
    )


def mail_left(session: Session, mailbox: str, after: datetime | None = None) -> Sequence[datetime]:
    """When messages of the form left for this mailbox (after that moment), the oldest first."""
    theirs = [CountedAttempt.kind == _LEFT, CountedAttempt.key == mailbox]
    theirs += [CountedAttempt.at > after] if after else []
    return session.scalars(select(CountedAttempt.at).where(*theirs).order_by(CountedAttempt.at)).all()


def count_for_mailbox(session: Session, mailbox: str, now: datetime) -> None:
    """A message of the form was handed over: count it for its mailbox, unless that is to count no more."""
    if mailbox:
        count_one(session, _LEFT, mailbox, now)


def form_mail_since(session: Session, since: datetime) -> int:
    """How many messages of the form have left after that moment or are being handed over.

    In one statement: between two, one that is in somebody's hands could leave and be in neither count.
    """
    left = _count(_FORMS, Message.finished_at > since, Message.state != MessageState.CLAIMED)
    held = _count(_FORMS, Message.state == MessageState.CLAIMED)
    return session.execute(select(left + held)).scalar_one()


def _count(*which: ColumnElement[bool]) -> ColumnElement[int]:
    return select(func.count()).select_from(Message).where(*which).scalar_subquery()


def form_mail_due(session: Session, now: datetime) -> int:
    """How many messages of the form wait although their moment has come."""
    return session.execute(select(_count(_WAITING, Message.not_before <= now))).scalar_one()


def form_mail_waiting(session: Session) -> int:
    """How many messages of the form wait in all."""
    return session.execute(select(_count(_WAITING, _FORMS))).scalar_one()


def form_mail_put_off(session: Session, now: datetime) -> PutOff:
    """The messages of the form whose moment is yet to come."""
    later = (_WAITING, Message.not_before > now)
    asked = select(func.count(), func.min(Message.not_before), func.max(Message.not_before)).where(*later)
    return PutOff(*session.execute(asked).one())


def claim_form_mail(
    session: Session, owner: str, database_now: float, lease: float, now: datetime, since: datetime
) -> Message | None:
    """As `claim_message`, the first of the form whose moment has come, and whose mailbox had none after `since`.

    Claims that ran out come first. Each of the two states is read in its index's order, and only as far as needed.
    """
    for state in (MessageState.CLAIMED, MessageState.WAITING):
        due = (Message.state == state, Message.not_before <= now, ~_just_had_one(since))
        if message := claim_first(session, owner, database_now, lease, due, (Message.not_before, Message.id)):
            return message
    return None


def _just_had_one(since: datetime) -> ColumnElement[bool]:
    another = aliased(Message)
    in_somebodys_hands = select(another.id).where(
        another.mailbox == Message.mailbox, another.state == MessageState.CLAIMED, another.id != Message.id
    )
    left = select(CountedAttempt.id).where(
        CountedAttempt.kind == _LEFT, CountedAttempt.key == Message.mailbox, CountedAttempt.at > since
    )
    return and_(
        Message.mailbox != "",
        or_(in_somebodys_hands.correlate(Message).exists(), left.correlate(Message).exists()),
    )


def forget_mailbox(session: Session, mailbox: str) -> None:
    """Count no more what left for this mailbox, or waits."""
    forget(session, _LEFT, mailbox)
    session.execute(
        update(Message)
        .where(Message.mailbox == mailbox)
        .values(mailbox="")
        .execution_options(synchronize_session=False)
    )
