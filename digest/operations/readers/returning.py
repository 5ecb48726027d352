"""Leaving undone by one button: whoever left a moment ago is a reader again, without a message to confirm."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.shared.addresses import Address
from digest.domain.shared.tokens import Purpose, seal, unseal
from digest.mail.message.identity import identity_of
from digest.mail.message.rendering import render_returned
from digest.operations.messages import signup_caps
from digest.operations.messages.outgoing_events import EventKind, note_reader
from digest.operations.messages.queue import RETURNED, post
from digest.operations.readers import consent_wordings
from digest.operations.readers.consent_wordings import record
from digest.operations.readers.subscribing import UNDONE_WITHIN
from digest.operations.shared.context import Context, Work
from digest.operations.shared.links import preferences_url, unsubscribe_url
from digest.storage.messages.messages import Turn
from digest.storage.readers.consents import ConsentStep
from digest.storage.readers.subscribers import Subscriber, SubscriberState, lock_subscribers, subscriber_with_link_key
from digest.storage.suppressions.suppressions import is_suppressed


def mark_of(settings: Settings, link_key: str, left_at: datetime) -> str:
    """What the button that undoes this one leaving carries: only the answer to whoever left has it.

    A forwarded digest has the reader's link, and would keep them subscribed by it for ever.
    """
    return seal(Purpose.UNDO, _of_one_leaving(link_key, left_at), settings.secret_key)


def _of_one_leaving(link_key: str, left_at: datetime) -> str:
    return sha256(f"{link_key} {left_at.astimezone(UTC).isoformat()}".encode()).hexdigest()[:32]


def _may_return(session: Session, now: datetime, subscriber: Subscriber, mark: str, settings: Settings) -> bool:
    left = subscriber.unsubscribed_at
    return (
        subscriber.state == SubscriberState.UNSUBSCRIBED
        and subscriber.confirmed_at is not None
        and left is not None
        and now - left <= UNDONE_WITHIN
        and unseal(Purpose.UNDO, mark, settings.signing_keys) == _of_one_leaving(subscriber.link_key, left)
        and not is_suppressed(session, subscriber.address_hash)
    )


def undo_leaving(context: Context, link_key: str, mark: str, place: str) -> bool:
    """Let who left a moment ago be a reader again; False if the mark isn't of that leaving, if it is too late or came
    too often, and nothing has changed.

    The mailbox is told, since the link may be in other hands. When they confirmed, and a pause, stay as they were. The
    journal has the leaving; the consent record of this moment is the later word (`running.replaying`).
    """
    with context.db.writing() as session:
        work = context.within(session)
        lock_subscribers(session)
        subscriber = subscriber_with_link_key(session, link_key)
        if subscriber is None or not _may_return(session, context.now, subscriber, mark, context.settings):
            return False
        turn = signup_caps.turn_to_return(work, Address(subscriber.email, subscriber.address))
        if not signup_caps.may_mail(session, turn):
            return False
        subscriber.state = SubscriberState.CONFIRMED
        subscriber.unsubscribed_at = None
        wording = consent_wordings.undoing(context.settings)
        record(work, subscriber.id, ConsentStep.RETURNED, wording, place, "left by mistake")
        note_reader(work, EventKind.CONFIRMED, subscriber.id)
        _tell(work, subscriber, turn)
        return True


def _tell(work: Work, subscriber: Subscriber, turn: Turn) -> None:
    key = subscriber.link_key
    rendered = render_returned(
        identity_of(work.settings), preferences_url(work.settings, key), unsubscribe_url(work.settings, key)
    )
    post(work.session, work.now, RETURNED, subscriber.address, rendered, subscriber_id=subscriber.id, turn=turn)
