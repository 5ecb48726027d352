"""Erasing a reader: all that names them, and where mail went, too. `personal_data.py` has what we hold about one."""

from __future__ import annotations

from sqlalchemy.orm import Session

from digest.domain.people.acts import Act
from digest.domain.shared.tokens import fingerprint
from digest.mail.message.identity import identity_of
from digest.mail.message.rendering import render_erased
from digest.operations.guard.journal import Parting, note_parting
from digest.operations.messages.queue import CORRECTED, MOVED, RECEIPT, pass_erasure_on, post
from digest.operations.messages.signup_caps import forget_mail
from digest.operations.people import audit
from digest.operations.readers.own_page import owner_of
from digest.operations.readers.recipients import carrier_of
from digest.operations.shared.context import Context, Work
from digest.storage.messages.messages import forget_messages_to, recipients_of_kind
from digest.storage.readers.subscribers import (
    Subscriber,
    known_addresses,
    lock_subscribers,
    subscriber_with_address,
)
from digest.storage.running.demo_marks import unmark
from digest.storage.sending.deliveries import addresses_of_copies, forget_reader
from digest.storage.suppressions.suppressions import never_mailed, suppress_erased


def erase(context: Context, address: str, source: str, by: str = "") -> bool:
    """Remove everything about an address (in its unique form), and keep a hash so that no import brings it back.

    SendGrid is to erase it, too, and the reader gets a receipt. Safe to ask again, and for an address that we don't
    know. `by`, if it is not the reader, is told in the audit log, which names no reader. Returns whether it had a
    subscriber.
    """
    with context.db.writing() as session:
        lock_subscribers(session)
        work = context.within(session)
        subscriber = subscriber_with_address(session, address)
        _erase(work, address, subscriber, source)
        if by:
            audit.note(work, by, Act.ERASED, "and left nothing by which to know them")
        return subscriber is not None


def erase_by_link(context: Context, key: str, source: str) -> bool:
    """`erase` for the reader whose own page this key opens, wherever they have moved; False if it opens none now."""
    with context.db.writing() as session:
        lock_subscribers(session)
        reader = owner_of(session, key, context.now)
        if reader is None:
            return False
        _erase(context.within(session), reader.address, reader, source)
        return True


def _erase(work: Work, address: str, subscriber: Subscriber | None, source: str) -> None:
    session, address_hash = work.session, fingerprint(address, work.settings.suppression_key)
    may_write = subscriber is not None and not never_mailed(session, address_hash)
    addresses = _addresses_of(session, address, subscriber)
    _clear_away(work, address, subscriber)
    suppress_erased(session, address_hash, work.now, source)
    if may_write:
        _write_receipt(work, address)
    pass_erasure_on(work, addresses)
    note_parting(work.settings, work.now, Parting.ERASED, [address_hash])


def erase_in(work: Work, address: str, address_hash: str, subscriber: Subscriber | None, source: str) -> None:
    """`erase` in the caller's transaction, without a receipt and a line in the journal: for what stands in it already,
    and for what went by its age.
    """
    addresses = _addresses_of(work.session, address, subscriber)
    _clear_away(work, address, subscriber)
    pass_erasure_on(work, addresses)
    suppress_erased(work.session, address_hash, work.now, source)


def _addresses_of(session: Session, address: str, subscriber: Subscriber | None) -> list[str]:
    """All that a reader had mail at: who moved had it elsewhere before. What is another reader's by now, stays."""
    if subscriber is None:
        return [address]
    told = (recipients_of_kind(session, kind, subscriber.id) for kind in (MOVED, CORRECTED))
    before = set(addresses_of_copies(session, subscriber.id)).union(*told)
    before -= {address, subscriber.address}
    return sorted({address} | before - known_addresses(session, sorted(before)))


def _clear_away(work: Work, address: str, subscriber: Subscriber | None) -> None:
    """Delete a reader, and all that names them or their address."""
    subscriber_id = subscriber.id if subscriber else None
    if subscriber:
        unmark(work.session, Subscriber.__tablename__, subscriber.id)
        work.session.delete(subscriber)  # sign-ups and consent records go with it, by the database's own rule
    forget_messages_to(work.session, address)
    forget_mail(work.session, work.settings, address)
    forget_reader(work.session, address, subscriber_id)


def _write_receipt(work: Work, address: str) -> None:
    rendered = render_erased(
        identity_of(work.settings),
        work.settings.schedule.local(work.now),
        carrier_of(work.settings),
    )
    post(work.session, work.now, RECEIPT, address, rendered)
