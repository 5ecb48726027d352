"""Sending one reader's copy of an issue again: an exception that an admin asks for, kept in the issue's history.

It leaves as a message of its own. The copy's outcome and the account stay as they were. If it certainly does not leave,
`operations/messages/taking_back.py` undoes what the copy remembers of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.config.catalogues import speaking
from digest.mail.message.foreign import why_not_to_send
from digest.mail.message.rendering import Rendered, personalise
from digest.mail.outgoing.interface import leave_headers
from digest.operations.issues.composing import tag_values, tags_from_json
from digest.operations.messages.queue import COPY, post
from digest.operations.sending.posting import digest_headers, since
from digest.operations.shared.context import Context
from digest.operations.shared.links import preferences_url, unsubscribe_url
from digest.operations.shared.refusal import Refused
from digest.storage.accounting.reader_copies import ReaderCopy, copy_with_id, mark_sent_again
from digest.storage.issues.history import note
from digest.storage.issues.issues import issue_for_change
from digest.storage.readers.subscribers import Subscriber, SubscriberState, lock_subscribers, subscriber_by_id
from digest.storage.sending.batches import batch_for_change
from digest.storage.sending.editions import Edition
from digest.storage.suppressions.suppressions import is_suppressed

ONCE_WITHIN = timedelta(minutes=1)
"""Asked twice within this time, as by a double click, it goes once."""


class Again(StrEnum):
    """What came of asking."""

    QUEUED = "queued"
    JUST_NOW = "just now"
    """It was asked a moment ago; nothing more is sent."""


def send_copy_again(context: Context, delivery_id: int, who: str, may_double: bool = False) -> Again:
    """Queue the copy for its reader once more: the same edition, with the reader's own links and headers.

    `may_double` is the word of someone who was told that nobody knows whether the first one left. Raises Refused, with
    the remedy, where it can't or must not be.
    """
    with context.db.writing() as session:
        lock_subscribers(session)
        if found := copy_with_id(session, delivery_id):
            issue_for_change(session, found.issue_id)
            batch_for_change(session, found.batch_id)  # nobody claims or settles it meanwhile
        copy = copy_with_id(session, delivery_id)
        reader = reader_of(session, copy)
        if copy is None or reader is None:
            raise Refused("This copy’s reader has been erased: there is nobody to send it to.")
        if words := why_not(session, copy, reader):
            raise Refused(words)
        if may_have_left(copy) and not may_double:
            raise Refused("Meanwhile nobody can know whether the first copy left. Open the page again and read it.")
        if not mark_sent_again(session, copy.delivery_id, context.now, context.now - ONCE_WITHIN):
            return Again.JUST_NOW
        headers = {
            **digest_headers(context.settings, copy.issue_date.isoformat(), context.settings.site_name),
            **_leave(context.settings, reader),
        }
        rendered = _rendered(session, context.settings, copy, reader)
        message = post(session, context.now, COPY, reader.address, rendered, headers, reader.id)
        message.delivery_id, message.again_before = copy.delivery_id, copy.again_at
        note(session, copy.issue_id, context.now, who, f"sent delivery {copy.delivery_id} again, as an exception")
        return Again.QUEUED


def reader_of(session: Session, copy: ReaderCopy | None) -> Subscriber | None:
    """Whose copy it is, unless erased."""
    return subscriber_by_id(session, copy.subscriber_id) if copy and copy.subscriber_id else None


def may_have_left(copy: ReaderCopy) -> bool:
    """Whether nobody can know if the first copy left, so that another may be the reader's second."""
    return copy.where in ("unknown", "held")


def why_not(session: Session, copy: ReaderCopy, reader: Subscriber) -> str:
    """Why this copy can't be sent again, and what to do instead; empty if it can."""
    if is_suppressed(session, reader.address_hash):
        return "This address is suppressed: nothing is mailed to it."
    if reader.state != SubscriberState.CONFIRMED:
        return f"This reader is {reader.state}: only confirmed readers are mailed."
    if copy.where == "waiting":
        return "This copy is still to go: another would double it. Wait until the send has reached it."
    edition = session.get_one(Edition, copy.edition_id)
    if not edition.items:
        return "Nothing on this issue is on the reader’s topics: the copy would be empty."
    digest = Rendered(edition.subject, edition.text, edition.html)
    if words := why_not_to_send(digest, tags_from_json(edition.tags), edition.hash):
        return f"It must not go like this: {words}. Tell the operator."
    return ""


def _rendered(session: Session, settings: Settings, copy: ReaderCopy, reader: Subscriber) -> Rendered:
    edition = session.get_one(Edition, copy.edition_id)
    values = tag_values(
        tags_from_json(edition.tags),
        unsubscribe=unsubscribe_url(settings, reader.link_key),
        preferences=preferences_url(settings, reader.link_key),
        since=since(
            reader.confirmed_at.date().isoformat() if reader.confirmed_at else "",
            speaking(settings.branding.language),
        ),
    )
    return personalise(Rendered(edition.subject, edition.text, edition.html), values)


def _leave(settings: Settings, reader: Subscriber) -> Mapping[str, str]:
    return leave_headers(unsubscribe_url(settings, reader.link_key))
