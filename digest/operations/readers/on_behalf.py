"""What an admin does for a reader who asked by another way than the form: each act with who did it, in the consent
records with the words, in the audit log by the reader's number only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy.orm import Session

from digest.domain.people.acts import Act
from digest.domain.shared.addresses import Address, masked
from digest.domain.shared.tokens import fingerprint, new_key
from digest.mail.message.identity import identity_of
from digest.mail.message.rendering import render_confirmation, render_corrected
from digest.operations.messages import signup_caps
from digest.operations.messages.queue import CONFIRMATION, CORRECTED, post
from digest.operations.people import audit
from digest.operations.readers import consent_wordings
from digest.operations.readers.consent_wordings import record
from digest.operations.readers.subscribing import EVERYTHING, add_pending, leave_in
from digest.operations.shared.context import Context, Work
from digest.operations.shared.links import confirm_url, preferences_url, unsubscribe_url
from digest.operations.shared.refusal import Refused
from digest.storage.messages.messages import forget_messages_to
from digest.storage.readers.consents import ConsentStep
from digest.storage.readers.reader_links import forget_links_of
from digest.storage.readers.signups import LIFETIME, SignUp, forget_unconfirmed_signups_of
from digest.storage.readers.subscribers import (
    Subscriber,
    SubscriberState,
    lock_subscribers,
    subscriber_by_id,
    subscriber_with_address,
)
from digest.storage.sending.deliveries import readdress_copies
from digest.storage.suppressions.suppressions import (
    SuppressionReason,
    lift_erasure,
    never_mailed,
    suppress,
    suppression_of,
)

_LONGEST_PLACE = 200
_CORRECTED = "its reader’s address was corrected"
"""Why an address is suppressed that nobody erased: so that no list, imported once more, brings it back."""


def add_reader(context: Context, address: Address, consent: str, place: str, by: str) -> int:
    """Add a confirmed reader who consented offline; returns their number. `consent`: who asked, when, in which words;
    `place`: where that was taken down. Raises Refused for an address that has a reader, or is suppressed.
    """
    with context.db.writing() as session:
        lock_subscribers(session)
        return add_reader_in(context.within(session), address, consent, place, by).id


def add_reader_in(work: Work, address: Address, consent: str, place: str, by: str) -> Subscriber:
    """`add_reader` in the caller's transaction, which holds the lock of subscribers."""
    if not consent:
        raise Refused("How they consented is missing: write down who asked, when, and in which words.")
    session = work.session
    _must_be_mailable(work, address)
    reader = subscriber_with_address(session, address.key)
    if reader and reader.state == SubscriberState.CONFIRMED:
        raise Refused(f"{address.shown} is a reader already.")
    if reader and reader.state == SubscriberState.UNSUBSCRIBED:
        raise Refused(f"{address.shown} has left. Only they can come back, by the form on the site.")
    if reader is None:
        address_hash = fingerprint(address.key, work.settings.suppression_key)
        reader = add_pending(work, address, address_hash, new_key(), _witnessed(place, by))
    reader.state, reader.confirmed_at = SubscriberState.CONFIRMED, work.now
    forget_unconfirmed_signups_of(session, reader.id)
    wording = consent_wordings.offline(consent)
    record(work, reader.id, ConsentStep.ADDED, wording, _witnessed(place, by), f"added by {by} as a witness")
    _log(work, by, Act.ADDED, reader)
    return reader


def correct_address(context: Context, subscriber_id: int, address: Address, reason: str, by: str) -> None:
    """Give a reader the address that was meant. Who has not confirmed is asked at the new one to confirm; who has, is
    told there, and at the old address where that still takes mail; no import brings that one back. Raises Refused where
    it can't be.
    """
    if not reason:
        raise Refused("The reason is missing: write down how you know that the address is wrong.")
    with _reader(context, subscriber_id) as (work, reader):
        if reader.state == SubscriberState.UNSUBSCRIBED:
            raise Refused("They have left, so nothing is mailed to them, and there is nothing to correct.")
        if address.key == reader.address:
            raise Refused(f"{address.shown} is the address that they have.")
        if subscriber_with_address(work.session, address.key):
            raise Refused(f"{address.shown} has a reader of its own.")
        _must_be_mailable(work, address)
        _readdress(work, reader, address, reason, by)
        _log(work, by, Act.READDRESSED, reader)


def choose_topics_for(context: Context, subscriber_id: int, slugs: Sequence[str], by: str) -> None:
    """Have a reader get these topics; none means everything."""
    topics = ",".join(sorted(set(slugs)))
    with _reader(context, subscriber_id) as (work, reader):
        if reader.topics == topics:
            return
        reader.topics = topics
        wording = consent_wordings.by_an_admin()
        record(work, reader.id, ConsentStep.TOPICS, wording, _witnessed("", by), topics or EVERYTHING)
        _log(work, by, Act.CHOSE, reader)


def unsubscribe_reader(context: Context, subscriber_id: int, by: str) -> None:
    """Let a reader leave, as by their own button. Raises Refused for one who has left."""
    with _reader(context, subscriber_id) as (work, reader):
        if reader.state == SubscriberState.UNSUBSCRIBED:
            raise Refused(f"{reader.email} has left already.")
        leave_in(work, reader, consent_wordings.by_an_admin(), _witnessed("", by))
        _log(work, by, Act.UNSUBSCRIBED, reader)


def ask_again(context: Context, subscriber_id: int, by: str) -> None:
    """Mail the link that confirms once more, within what a mailbox may get. Raises Refused with the remedy."""
    with _reader(context, subscriber_id) as (work, reader):
        if reader.state != SubscriberState.PENDING:
            raise Refused(f"{reader.email} has nothing to confirm: they are {reader.state}.")
        if never_mailed(work.session, reader.address_hash):
            raise Refused(f"{reader.email} is suppressed: nothing is mailed there.")
        _ask_to_confirm(work, reader)
        _log(work, by, Act.ASKED_AGAIN, reader)


@contextmanager
def _reader(context: Context, subscriber_id: int) -> Iterator[tuple[Work, Subscriber]]:
    """A transaction that has its turn, with the reader in it."""
    with context.db.writing() as session:
        lock_subscribers(session)
        reader = subscriber_by_id(session, subscriber_id)
        if reader is None:
            raise Refused("This reader is no longer here.")
        yield context.within(session), reader


def _must_be_mailable(work: Work, address: Address) -> None:
    found = suppression_of(work.session, fingerprint(address.key, work.settings.suppression_key))
    if found is None:
        return
    if found.source == _CORRECTED:
        lift_erasure(work.session, found.address_hash)
        return
    if found.reason == SuppressionReason.ERASURE:
        raise Refused(f"{address.shown} was erased. Only its owner can come back, by the form on the site.")
    raise Refused(f"{address.shown} is suppressed ({found.reason}): nothing is mailed there. Lift that first.")


def _readdress(work: Work, reader: Subscriber, address: Address, reason: str, by: str) -> None:
    session, old, old_hash = work.session, reader.address, reader.address_hash
    reader.email, reader.address = address.shown, address.key
    reader.address_hash = fingerprint(address.key, work.settings.suppression_key)
    reader.link_key = new_key()  # links in the other mailbox are in other hands
    forget_links_of(session, reader.id)
    forget_unconfirmed_signups_of(session, reader.id)
    session.flush()
    readdress_copies(session, reader.id, reader.address)
    forget_messages_to(session, old)
    tell_old = suppression_of(session, old_hash) is None
    suppress(session, old_hash, SuppressionReason.ERASURE, work.now, _CORRECTED)
    answer = "corrected before it was confirmed" if reader.state == SubscriberState.PENDING else "corrected, and told"
    wording = consent_wordings.correcting(reason)
    record(work, reader.id, ConsentStep.CORRECTED, wording, _witnessed("", by), answer)
    if reader.state == SubscriberState.PENDING:
        _ask_to_confirm(work, reader)
        return
    _tell_of_correction(work, reader, reader.address, old)
    if tell_old:
        _tell_of_correction(work, reader, old, old)


def _tell_of_correction(work: Work, reader: Subscriber, recipient: str, old: str) -> None:
    """Only the new mailbox gets links: the other one is perhaps a stranger's."""
    links = ("", "")
    if recipient == reader.address:
        key = reader.link_key
        links = (preferences_url(work.settings, key), unsubscribe_url(work.settings, key))
    rendered = render_corrected(identity_of(work.settings), masked(old), masked(reader.address), *links)
    post(work.session, work.now, CORRECTED, recipient, rendered, subscriber_id=reader.id)


def _ask_to_confirm(work: Work, reader: Subscriber) -> None:
    turn = signup_caps.turn_of_the_desk(work, Address(reader.email, reader.address))
    if not signup_caps.may_mail(work.session, turn):
        raise Refused(
            f"{reader.email} had its messages: one an hour, three in 30 days. Wait, or let them ask on the form."
        )
    key, valid_until = new_key(), work.now + LIFETIME
    work.session.add(SignUp(subscriber_id=reader.id, key=key, asked_at=work.now, valid_until=valid_until))
    expires = work.settings.schedule.local(valid_until)
    rendered = render_confirmation(identity_of(work.settings), confirm_url(work.settings, key), expires)
    post(work.session, work.now, CONFIRMATION, reader.address, rendered, subscriber_id=reader.id, turn=turn)


def _witnessed(place: str, by: str) -> str:
    where = f"by {by}" if by == audit.THE_COMMAND else f"the desk, by {by}"
    return f"{place}; {where}"[:_LONGEST_PLACE] if place else where


def _log(work: Work, by: str, act: Act, reader: Subscriber) -> None:
    audit.note(work, by, act, f"reader {reader.id}")


def reader_of(session: Session, address: Address) -> int:
    """The number of the reader at this address. Raises Refused where there is none."""
    found = subscriber_with_address(session, address.key)
    if found is None:
        raise Refused(f"There is no subscriber {address.shown}. `digest subscribers list` lists all there are.")
    return found.id
