"""A reader's own page: asked for on the privacy page, opened by a fresh link to the mailbox, for half an hour."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.shared.addresses import Address
from digest.domain.shared.tokens import fingerprint, new_key
from digest.mail.message.identity import identity_of
from digest.mail.message.rendering import Rendered, render_own_page
from digest.operations.messages import signup_caps
from digest.operations.messages.queue import OWN_PAGE, post
from digest.operations.readers.subscribing import add_pending
from digest.operations.shared.context import Context
from digest.operations.shared.links import yours_url
from digest.storage.readers.reader_links import ReaderLink, reader_link_with_key
from digest.storage.readers.subscribers import Subscriber, lock_subscribers, subscriber_with_address
from digest.storage.suppressions.suppressions import never_mailed


def ask_for_own_page(context: Context, address: Address, ip: str) -> None:
    """Someone asks for the page of this address: a reader gets at most one message, and the caller learns nothing.

    Every address takes the same work, undone where nothing may come of it, as in `subscribing.ask`.
    """
    key, spare = new_key(), new_key()
    address_hash = fingerprint(address.key, context.settings.suppression_key)
    with context.db.writing(quietly=True) as session:
        lock_subscribers(session)
        turn = signup_caps.turn(context.within(session), address, ip, signup_caps.OWN_PAGE)
        if turn is None:
            return
        later = signup_caps.put_off(session, turn)
        turn = later or turn
        valid_until = signup_caps.expected(session, context.now, turn) + signup_caps.OWN_PAGE_LIVES
        rendered = _message(context.settings, key, valid_until)
        suppressed = never_mailed(session, address_hash)
        may = later is not None and not suppressed
        known = subscriber_with_address(session, address.key)
        with session.begin_nested() as asking:
            reader = known or add_pending(context.within(session), address, address_hash, spare, "")
            link = ReaderLink(subscriber_id=reader.id, key=key, asked_at=context.now, valid_until=valid_until)
            session.add(link)
            session.flush()
            post(session, context.now, OWN_PAGE, address.key, rendered, subscriber_id=reader.id, turn=turn)
            if known is None or not may:
                asking.rollback()


def owner_of(session: Session, key: str, now: datetime) -> Subscriber | None:
    """The reader whose own page this key opens now."""
    link = reader_link_with_key(session, key, now)
    return session.get(Subscriber, link.subscriber_id) if link and not link.address else None


def _message(settings: Settings, key: str, valid_until: datetime) -> Rendered:
    return render_own_page(identity_of(settings), yours_url(settings, key), settings.schedule.local(valid_until))
