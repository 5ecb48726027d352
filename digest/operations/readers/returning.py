"""Leaving undone by one button: whoever left a moment ago is a reader again, without a message to confirm."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from digest.operations.readers import consent_wordings
from digest.operations.readers.consent_wordings import record
from digest.operations.shared.context import Context
from digest.storage.readers.consents import ConsentStep
from digest.storage.readers.subscribers import Subscriber, SubscriberState, lock_subscribers, subscriber_with_link_key
from digest.storage.suppressions.suppressions import is_suppressed

UNDONE_WITHIN = timedelta(minutes=30)
"""Later, only the mailbox's owner starts the mail again: a forwarded digest has the link, too."""


def may_return(session: Session, now: datetime, subscriber: Subscriber) -> bool:
    """Whether this reader left so shortly ago that one button undoes it."""
    left = subscriber.unsubscribed_at
    return (
        subscriber.state == SubscriberState.UNSUBSCRIBED
        and subscriber.confirmed_at is not None
        and left is not None
        and now - left <= UNDONE_WITHIN
        and not is_suppressed(session, subscriber.address_hash)
    )


def undo_leaving(context: Context, link_key: str, place: str) -> bool:
    """Let who left a moment ago be a reader as before; False if it is too late for that, and nothing has changed.

    The moment counts as their confirmation: the journal has the leaving, and the later word must be theirs.
    """
    with context.db.writing() as session:
        lock_subscribers(session)
        subscriber = subscriber_with_link_key(session, link_key)
        if subscriber is None or not may_return(session, context.now, subscriber):
            return False
        subscriber.state = SubscriberState.CONFIRMED
        subscriber.confirmed_at, subscriber.unsubscribed_at = context.now, None
        wording = consent_wordings.undoing(context.settings)
        record(context.within(session), subscriber.id, ConsentStep.RETURNED, wording, place, "left by mistake")
        return True
