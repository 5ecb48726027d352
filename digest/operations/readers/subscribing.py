"""Readers come and go: asking for the digest, confirming, choosing topics, leaving."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.shared.addresses import Address
from digest.domain.shared.tokens import fingerprint, new_key
from digest.mail.message.identity import identity_of
from digest.mail.message.rendering import Rendered, render_already_subscribed, render_confirmation
from digest.operations.guard.journal import Parting, note_parting
from digest.operations.messages import signup_caps
from digest.operations.messages.outgoing_events import EventKind, note_reader
from digest.operations.messages.queue import CONFIRMATION, REMINDER, post
from digest.operations.readers import consent_wordings
from digest.operations.readers.consent_wordings import ConsentWording, record
from digest.operations.shared.context import Context, Work
from digest.operations.shared.links import confirm_url, preferences_url, unsubscribe_url
from digest.storage.readers.consents import ConsentStep
from digest.storage.readers.signups import LIFETIME, SignUp, signup_with_key
from digest.storage.readers.subscribers import (
    Subscriber,
    SubscriberState,
    lock_subscribers,
    subscriber_with_address,
    subscriber_with_link_key,
)
from digest.storage.suppressions.suppressions import lift_erasure, never_mailed

EVERYTHING = "everything"
UNDONE_WITHIN = timedelta(minutes=30)
"""Later, only the mailbox's owner starts the mail again: a forwarded digest has the link, too."""


class LinkState(StrEnum):
    """What a confirmation link is good for now."""

    OPEN = "open"
    DONE = "done"
    EXPIRED = "expired"
    BLOCKED = "blocked"
    GONE = "gone"


def ask(context: Context, address: Address, ip: str, place: str) -> None:
    """Someone asks for the digest at this address: it gets at most one message, and the caller learns nothing.

    Every address takes the same work, undone where nothing may come of it, so that the time it takes doesn't tell
    who subscribes either. Only whose network has asked for more than a day can take is turned away early.
    """
    key, spare = new_key(), new_key()
    address_hash = fingerprint(address.key, context.settings.suppression_key)
    with context.db.writing(quietly=True) as session:
        lock_subscribers(session)
        turn = signup_caps.turn(context.within(session), address, ip)
        if turn is None:
            return
        valid_until = signup_caps.expected(session, context.now, turn) + LIFETIME
        confirmation = _confirmation(context.settings, valid_until, key)
        suppressed = never_mailed(session, address_hash)
        known = subscriber_with_address(session, address.key)
        back = signup_caps.turn_to_return(context.within(session), address)
        has_share, may_return = signup_caps.may_mail(session, turn), signup_caps.may_mail(session, back)
        if known and known.state == SubscriberState.UNSUBSCRIBED and may_return and not has_share:
            turn, has_share = replace(turn, mailbox=back.mailbox), True
        may = has_share and not suppressed
        link_key = known.link_key if known else spare
        reminder = _reminder(context.settings, link_key)
        confirmed = known is not None and known.state == SubscriberState.CONFIRMED
        with session.begin_nested() as signing_up:
            subscriber = known or add_pending(context.within(session), address, address_hash, spare, place)
            session.add(SignUp(subscriber_id=subscriber.id, key=key, asked_at=context.now, valid_until=valid_until))
            session.flush()
            record(
                context.within(session),
                subscriber.id,
                ConsentStep.ASKED,
                consent_wordings.signing_up(context.settings),
                place,
                "asked",
            )
            note_reader(context.within(session), EventKind.SUBSCRIBED, subscriber.id)
            post(session, context.now, CONFIRMATION, address.key, confirmation, subscriber_id=subscriber.id, turn=turn)
            if confirmed or not may:
                signing_up.rollback()
        with session.begin_nested() as reminding:
            post(session, context.now, REMINDER, address.key, reminder, turn=turn)
            if not (confirmed and may):
                reminding.rollback()


def link_state(session: Session, now: datetime, key: str) -> tuple[LinkState, Subscriber | None]:
    """What the confirmation link with this key is good for, and whose it is."""
    signup = signup_with_key(session, key)
    subscriber = session.get(Subscriber, signup.subscriber_id) if signup else None
    if signup is None or subscriber is None:
        return LinkState.GONE, None
    if never_mailed(session, subscriber.address_hash):
        return LinkState.BLOCKED, subscriber
    if subscriber.state == SubscriberState.CONFIRMED:
        return LinkState.DONE, subscriber
    # A link from before the reader left must not bring them back: leaving is the later word.
    left_since = subscriber.unsubscribed_at is not None and signup.asked_at < subscriber.unsubscribed_at
    if signup.confirmed_at or left_since or signup.expired(now):
        return LinkState.EXPIRED, subscriber
    return LinkState.OPEN, subscriber


def confirm(context: Context, key: str, place: str) -> tuple[LinkState, Subscriber | None]:
    """Confirm a sign-up. DONE: the reader is subscribed, now or already; anything else changed nothing."""
    with context.db.writing() as session:
        lock_subscribers(session)
        found, subscriber = confirm_in(context.within(session), key, place)
        return (LinkState.DONE if found is LinkState.OPEN else found), subscriber


def confirm_in(work: Work, key: str, place: str) -> tuple[LinkState, Subscriber | None]:
    """The same within the caller's transaction, which has taken its turn: what the link was good for until now.

    OPEN: it has just confirmed. Who was erased before is a reader again.
    """
    found, subscriber = link_state(work.session, work.now, key)
    signup = signup_with_key(work.session, key)
    if found is not LinkState.OPEN or subscriber is None or signup is None:
        return found, subscriber
    signup.confirmed_at = subscriber.confirmed_at = work.now
    subscriber.state = SubscriberState.CONFIRMED
    subscriber.unsubscribed_at = subscriber.paused_until = None
    lift_erasure(work.session, subscriber.address_hash)
    wording = consent_wordings.confirming(work.settings)
    record(work, subscriber.id, ConsentStep.CONFIRMED, wording, place, "confirmed")
    note_reader(work, EventKind.CONFIRMED, subscriber.id)
    return found, subscriber


def leave(context: Context, link_key: str, wording: ConsentWording, place: str) -> datetime | None:
    """Unsubscribe the reader with this key, or leave them unsubscribed. Returns the moment, if it is this one.

    Who says it again while another one could still undo the first time takes that away.
    """
    with context.db.writing() as session:
        lock_subscribers(session)
        subscriber = subscriber_with_link_key(session, link_key)
        if subscriber is None:
            return None
        left = subscriber.unsubscribed_at
        if subscriber.state != SubscriberState.UNSUBSCRIBED:
            leave_in(context.within(session), subscriber, wording, place)
            return context.now
        if left and left < context.now <= left + UNDONE_WITHIN:
            subscriber.unsubscribed_at = context.now
        return None


def leave_in(work: Work, subscriber: Subscriber, wording: ConsentWording, place: str) -> None:
    """The same within the caller's transaction, which has taken its turn. Who has left stays as they are."""
    if subscriber.state == SubscriberState.UNSUBSCRIBED:
        return
    subscriber.state = SubscriberState.UNSUBSCRIBED
    subscriber.unsubscribed_at = work.now
    record(work, subscriber.id, ConsentStep.UNSUBSCRIBED, wording, place, "unsubscribed")
    note_reader(work, EventKind.LEFT, subscriber.id)
    note_parting(work.settings, work.now, Parting.UNSUBSCRIBED, [subscriber.address_hash])


def choose_topics(context: Context, link_key: str, slugs: Sequence[str], place: str) -> Subscriber | None:
    """Remember what the reader wants to read; nothing chosen means everything. None: no reader has this key."""
    topics = ",".join(sorted(set(slugs)))
    with context.db.writing() as session:
        lock_subscribers(session)
        subscriber = subscriber_with_link_key(session, link_key)
        if subscriber is None or subscriber.topics == topics:
            return subscriber
        subscriber.topics = topics
        record(
            context.within(session),
            subscriber.id,
            ConsentStep.TOPICS,
            consent_wordings.choosing_topics(context.settings),
            place,
            topics or EVERYTHING,
        )
        return subscriber


def _confirmation(settings: Settings, valid_until: datetime, key: str) -> Rendered:
    expires = settings.schedule.local(valid_until)
    return render_confirmation(identity_of(settings), confirm_url(settings, key), expires)


def _reminder(settings: Settings, link_key: str) -> Rendered:
    return render_already_subscribed(
        identity_of(settings), preferences_url(settings, link_key), unsubscribe_url(settings, link_key)
    )


def add_pending(work: Work, address: Address, address_hash: str, link_key: str, place: str) -> Subscriber:
    """A row for an address that has none, in the caller's transaction, which has taken its turn."""
    subscriber = Subscriber(
        email=address.shown,
        address=address.key,
        address_hash=address_hash,
        state=SubscriberState.PENDING,
        link_key=link_key,
        source=place,
        created_at=work.now,
    )
    work.session.add(subscriber)
    work.session.flush()
    return subscriber
