"""A reader moves to another address. Both ends confirm: the old one by its fresh link, the new one by its message."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from digest.config import Settings
from digest.domain.shared.addresses import Address, masked
from digest.domain.shared.tokens import fingerprint, new_key
from digest.mail.message.identity import identity_of
from digest.mail.message.rendering import Rendered, render_move, render_moved
from digest.operations.guard.intentions import intend, settle
from digest.operations.guard.journal import JournalEntry, Parting
from digest.operations.messages import signup_caps
from digest.operations.messages.queue import MOVE, MOVED, post
from digest.operations.readers import consent_wordings
from digest.operations.readers.consent_wordings import record
from digest.operations.readers.own_page import owner_of
from digest.operations.shared.context import Context, Work
from digest.operations.shared.links import move_url
from digest.storage.messages.messages import forget_messages_to
from digest.storage.readers.consents import ConsentStep
from digest.storage.readers.reader_links import ReaderLink, forget_links_of, reader_link_with_key
from digest.storage.readers.signups import forget_unconfirmed_signups_of
from digest.storage.readers.subscribers import Subscriber, SubscriberState, lock_subscribers, subscriber_with_address
from digest.storage.running.demo_marks import unmark
from digest.storage.sending.deliveries import readdress_copies
from digest.storage.suppressions.suppressions import SuppressionReason, lift_erasure, never_mailed, suppress

LIFETIME = timedelta(hours=24)


class MoveState(StrEnum):
    """What a link that moves a reader is good for now."""

    OPEN = "open"
    MOVED = "moved"
    DONE = "done"
    """It has moved them, before."""
    TAKEN = "taken"
    """Another reader has that address."""
    LEFT = "left"
    """Another one had it, and left."""
    BLOCKED = "blocked"
    """Mail to it came back since, or is not wanted there."""
    GONE = "gone"


def ask_to_move(context: Context, key: str, address: Address, ip: str) -> bool:
    """Mail a link that moves the reader whose page this key opens, to their new address; False if it opens none now.

    Whether a message left, only the new mailbox learns: an address that is never mailed, or had one a moment ago, gets
    none, and takes the same work.
    """
    with context.db.writing(quietly=True) as session:
        lock_subscribers(session)
        reader = owner_of(session, key, context.now)
        if reader is None:
            return False
        turn = signup_caps.turn(context.within(session), address, ip, signup_caps.MOVE)
        address_hash = fingerprint(address.key, context.settings.suppression_key)
        if turn is None:
            return True
        may = signup_caps.may_mail(session, turn) and not never_mailed(session, address_hash)
        valid_until = signup_caps.expected(session, context.now, turn) + LIFETIME
        link = ReaderLink(
            subscriber_id=reader.id,
            key=new_key(),
            asked_at=context.now,
            valid_until=valid_until,
            email=address.shown,
            address=address.key,
        )
        rendered = _message(context.settings, reader, link)
        with session.begin_nested() as asking:
            session.add(link)
            session.flush()
            post(session, context.now, MOVE, address.key, rendered, subscriber_id=reader.id, turn=turn)
            if not may:
                asking.rollback()
        return True


def look_at_move(work: Work, key: str) -> tuple[MoveState, Subscriber | None, str]:
    """What the link with this key is good for, whom it moves, and where to."""
    link = reader_link_with_key(work.session, key, work.now)
    reader = work.session.get(Subscriber, link.subscriber_id) if link and link.address else None
    if link is None or reader is None:
        return MoveState.GONE, None, ""
    return _state(work, reader, link.address), reader, link.email


def _state(work: Work, reader: Subscriber, address: str) -> MoveState:
    if reader.address == address:
        return MoveState.DONE
    if never_mailed(work.session, fingerprint(address, work.settings.suppression_key)):
        return MoveState.BLOCKED
    there = subscriber_with_address(work.session, address)
    # Anybody can enter any address in the form: one that was never confirmed gives way to whoever has the mailbox.
    if there is None or there.state == SubscriberState.PENDING:
        return MoveState.OPEN
    return MoveState.LEFT if there.state == SubscriberState.UNSUBSCRIBED else MoveState.TAKEN


def move(context: Context, key: str, place: str) -> tuple[MoveState, Subscriber | None, str]:
    """Move the reader. MOVED: just now; anything else changed nothing.

    The old address is told, and kept from imports like an erased one. Copies of past issues keep the address that they
    went to, since SendGrid's events name it; erasing takes them along.
    """
    with context.db.writing() as session:
        lock_subscribers(session)
        found, reader, email = look_at_move(context.within(session), key)
        link = reader_link_with_key(session, key, context.now)
        if found is not MoveState.OPEN or reader is None or link is None:
            return found, reader, email
        intention = _move(context.within(session), reader, link, place)
    settle(context, intention)
    return MoveState.MOVED, reader, email


def _move(work: Work, reader: Subscriber, link: ReaderLink, place: str) -> JournalEntry:
    """Returns what the journal has of it as about to happen."""
    old, old_hash = reader.address, reader.address_hash
    pending = subscriber_with_address(work.session, link.address)
    if pending is not None:
        unmark(work.session, Subscriber.__tablename__, pending.id)
        work.session.delete(pending)
        work.session.flush()
    reader.email, reader.address = link.email, link.address
    reader.address_hash = fingerprint(link.address, work.settings.suppression_key)
    # Links in the old mailbox are in other hands now, perhaps. The one that moved them can still say so.
    forget_links_of(work.session, reader.id, but=link.id)
    forget_unconfirmed_signups_of(work.session, reader.id)
    reader.link_key = new_key()
    work.session.flush()
    readdress_copies(work.session, reader.id, reader.address)
    lift_erasure(work.session, reader.address_hash)
    wording = consent_wordings.moving(work.settings)
    record(work, reader.id, ConsentStep.ADDRESS, wording, place, "confirmed at the new address")
    may_write = not never_mailed(work.session, old_hash)
    forget_messages_to(work.session, old)
    suppress(work.session, old_hash, SuppressionReason.ERASURE, work.now, "its reader moved to another address")
    if may_write:
        told = render_moved(identity_of(work.settings), masked(reader.email), work.settings.schedule.local(work.now))
        post(work.session, work.now, MOVED, old, told, subscriber_id=reader.id)
    return intend(work, Parting.MOVING, old_hash)


def _message(settings: Settings, reader: Subscriber, link: ReaderLink) -> Rendered:
    expires = settings.schedule.local(link.valid_until)
    return render_move(identity_of(settings), masked(reader.email), move_url(settings, link.key), expires)
