"""Form mail: the messages that the form caused, each with its mailbox's hash and the moment it may leave from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from digest.storage.messages import Message, MessageState, claim_first

_FORMS = Message.not_before.is_not(None)
_UNFINISHED = Message.state.in_((MessageState.WAITING, MessageState.CLAIMED))


@dataclass(frozen=True)
class PutOff:
    """Messages of the form whose moment is yet to come: how many, and when the first and the last may leave."""

    messages: int
    first: datetime | None
    last: datetime | None


def mail_to_mailbox(session: Session, mailbox: str, after: datetime, before: datetime) -> int:
    """How many messages of the form have left for this mailbox, or are to leave, between these moments."""
    left = and_(Message.finished_at > after, Message.finished_at < before)
    waits = and_(Message.finished_at.is_(None), Message.not_before > after, Message.not_before < before)
    asked = select(func.count(Message.id)).where(Message.mailbox == mailbox, or_(left, waits))
    return session.execute(asked).scalar_one()


def form_mail_since(session: Session, since: datetime) -> int:
    """How many messages of the form have left after that moment or are being handed over.

    In one statement: between two, one that is in somebody's hands could leave and be in neither count.
    """
    counts = or_(Message.finished_at > since, Message.state == MessageState.CLAIMED)
    return session.execute(select(func.count()).select_from(Message).where(_FORMS, counts)).scalar_one()


def form_mail_due(session: Session, now: datetime) -> int:
    """How many messages of the form wait although their moment has come."""
    due = (Message.state == MessageState.WAITING, Message.not_before <= now)
    return session.execute(select(func.count()).select_from(Message).where(*due)).scalar_one()


def form_mail_put_off(session: Session, now: datetime) -> PutOff:
    """The messages of the form whose moment is yet to come."""
    later = (Message.state == MessageState.WAITING, Message.not_before > now)
    asked = select(func.count(), func.min(Message.not_before), func.max(Message.not_before)).where(*later)
    return PutOff(*session.execute(asked).one())


def claim_form_mail(
    session: Session, owner: str, database_now: float, lease: float, now: datetime, since: datetime
) -> Message | None:
    """As `claim_message`, the first of the form whose moment has come, and whose mailbox had none after `since`."""
    another = aliased(Message)
    just_had_one = (
        select(another.id)
        .where(
            another.mailbox == Message.mailbox,
            Message.mailbox != "",
            another.id != Message.id,
            or_(another.finished_at > since, another.state == MessageState.CLAIMED),
        )
        .correlate(Message)
        .exists()
    )
    due = (_UNFINISHED, Message.not_before <= now, ~just_had_one)
    return claim_first(session, owner, database_now, lease, due, (Message.not_before, Message.id))


def forget_mailbox(session: Session, mailbox: str) -> None:
    """Count no more what left for this mailbox."""
    session.execute(
        update(Message)
        .where(Message.mailbox == mailbox)
        .values(mailbox="")
        .execution_options(synchronize_session=False)
    )
