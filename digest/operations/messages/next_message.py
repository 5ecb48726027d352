"""The next single message that may leave, claimed; and what ends before it, because it may not leave any more."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from digest.domain.shared.tokens import new_key
from digest.mail.message.rendering import Rendered
from digest.operations.messages.next_form_mail import claim_next_form_mail
from digest.operations.messages.queue import COPY, LEAVES_NO_TRACE, WELCOME
from digest.operations.messages.taking_back import NOBODY_KNOWS, lock_batch_of, take_back, tell_of_unknown
from digest.operations.shared.context import Context, Work
from digest.storage.base.database import database_now
from digest.storage.guard.installations import Count, count_claims
from digest.storage.messages.messages import (
    Message,
    MessageState,
    abandoned_messages,
    claim_message,
    finish_message,
    forget_messages,
    give_up_message,
    waiting_for_those_who_left,
)

LEASE_SECONDS = 60.0
MOST_TRIES = 30
_LEFT = "its reader left before it was sent"
_NO_REPORT = f"it was tried {MOST_TRIES} times, and its senders did not report back"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Claimed:
    """A message in our hands, as plain values."""

    message_id: int
    owner: str
    tries: int
    kind: str
    recipient: str
    rendered: Rendered
    headers: str
    """As stored: JSON."""
    queued_at: datetime
    delivery_id: int | None
    """Of a reader's copy that is sent again: which."""
    detail: str
    """Why the try before this one failed; empty at the first."""
    mailbox: str
    """Of one that the form caused: a keyed hash of the mailbox that it fills, if it counts for that."""
    not_before: datetime | None
    """Likewise: from when on it could leave."""
    claims: Count | None
    """Of a copy of an issue, which counts as a claim: how many those are with it."""


def claim_next(context: Context) -> Claimed | None:
    """Claim the next message that may leave; None if there is none."""
    with context.db.writing() as session:
        owner, at = new_key(), database_now(session)
        _end_lost_copies(context.within(session), at)
        message = _claimable(context.within(session), owner, at)
        return _as_values(session, message, owner) if message else None


def _end_lost_copies(work: Work, at: float) -> None:
    """Copies of which nobody can know whether they left, and those whose readers have left, go no more."""
    for lost in abandoned_messages(work.session, COPY, at):
        lock_batch_of(work.session, lost.delivery_id)
        if give_up_message(work.session, lost, work.now, NOBODY_KNOWS):
            tell_of_unknown(work, lost.delivery_id, "whoever sent it did not report back")
    for left in waiting_for_those_who_left(work.session, COPY):
        lock_batch_of(work.session, left.delivery_id)
        if give_up_message(work.session, left, work.now, _LEFT):
            take_back(work.session, work.now, left.id, _LEFT)
    if gone := waiting_for_those_who_left(work.session, WELCOME):
        forget_messages(work.session, [message.id for message in gone])


def _claimable(work: Work, owner: str, at: float) -> Message | None:
    """The next message, claimed. One that was claimed too often without a word of what came of it ends here: whatever
    keeps its senders from reporting back may well be the message.
    """
    while message := _next(work, owner, at):
        if message.tries <= MOST_TRIES:
            return message
        log.warning("message %s: %s", message.id, _NO_REPORT)
        finish_message(
            work.session, message.id, owner, state=MessageState.FAILED, finished_at=work.now, detail=_NO_REPORT
        )
        if message.kind in LEAVES_NO_TRACE:
            forget_messages(work.session, [message.id])
    return None


def _next(work: Work, owner: str, at: float) -> Message | None:
    message = claim_message(work.session, owner, at, LEASE_SECONDS)
    return message or claim_next_form_mail(work, owner, at, LEASE_SECONDS)


def _as_values(session: Session, message: Message, owner: str) -> Claimed:
    return Claimed(
        message.id,
        owner,
        message.tries,
        message.kind,
        message.recipient,
        Rendered(message.subject, message.text, message.html),
        message.headers,
        message.created_at,
        message.delivery_id,
        message.detail,
        message.mailbox,
        message.not_before,
        count_claims(session, 1) if message.kind == COPY else None,
    )
