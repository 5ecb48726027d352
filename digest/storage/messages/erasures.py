"""Erasures: rows of the queue that are no mail, but an address that SendGrid is to erase, too."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session, aliased

from digest.storage.messages.messages import ERASURE, UNFINISHED, Message, MessageState

_WAITING = (Message.kind == ERASURE, Message.state.in_(UNFINISHED))
_REFUSED = (*_WAITING, Message.tries > 0, Message.detail != "")


def claim_erasures(session: Session, owner: str, database_now: float, lease: float, most: int) -> Sequence[Message]:
    """Up to `most` addresses to be erased elsewhere, the oldest first, claimed; none that mail still goes to."""
    mail = aliased(Message)
    on_its_way = select(mail.id).where(
        mail.recipient == Message.recipient,
        mail.kind != ERASURE,
        mail.state.in_(UNFINISHED),
        mail.not_before.is_(None),
    )
    found = session.scalars(
        select(Message)
        .where(*_WAITING, Message.retry_at <= database_now, ~on_its_way.correlate(Message).exists())
        .order_by(Message.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    for message in found:
        message.state, message.owner, message.retry_at = MessageState.CLAIMED, owner, database_now + lease
        message.tries += 1
    return found


def renew_claim_of_erasures(session: Session, owner: str, until: float) -> None:
    """What is left of this claim stays ours until that moment, by the database's clock."""
    session.execute(
        update(Message).where(*_claimed_by(owner)).values(retry_at=until).execution_options(synchronize_session=False)
    )


def erasures_taken_on(session: Session, owner: str, addresses: Sequence[str]) -> None:
    """Those of this claim that are of these addresses are done: nothing here names them any more."""
    session.execute(
        delete(Message)
        .where(*_claimed_by(owner), Message.recipient.in_(addresses))
        .execution_options(synchronize_session=False)
    )


def put_erasures_off(session: Session, owner: str, addresses: Sequence[str], retry_at: float, detail: str) -> None:
    """Those of this claim that are of these addresses are tried again at `retry_at`, by the database's clock."""
    session.execute(
        update(Message)
        .where(*_claimed_by(owner), Message.recipient.in_(addresses))
        .values(state=MessageState.WAITING, retry_at=retry_at, detail=detail[:1000])
        .execution_options(synchronize_session=False)
    )


def _claimed_by(owner: str) -> tuple[ColumnElement[bool], ...]:
    return Message.kind == ERASURE, Message.owner == owner, Message.state == MessageState.CLAIMED


def refused_erasures(session: Session, most: int | None = None) -> Sequence[Message]:
    """Those that were tried and not taken on, the oldest first."""
    return session.scalars(select(Message).where(*_REFUSED).order_by(Message.id).limit(most)).all()


def count_refused_erasures(session: Session) -> int:
    """How many addresses they are of."""
    return session.execute(select(func.count(Message.recipient.distinct())).where(*_REFUSED)).scalar_one()


def forget_erasures_of(session: Session, address: str) -> None:
    """Delete every erasure of this address: somebody has seen to it."""
    session.execute(
        delete(Message)
        .where(Message.kind == ERASURE, Message.recipient == address)
        .execution_options(synchronize_session=False)
    )
