"""What became of a copy that was to go again to its reader alone, where it was not simply taken.

If it certainly did not leave, what is remembered of it is taken back: otherwise its batch, sent again later by a
person's word, would pass the reader over for a copy that never was. If nobody can know, that is written down.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from digest.domain.issues.calendar import day_and_year
from digest.operations.messages.queue import tell_editors
from digest.operations.shared.context import Work
from digest.operations.shared.links import desk_subscriber_url
from digest.storage.accounting.reader_copies import ReaderCopy, copy_with_id, take_sent_again_back
from digest.storage.issues.history import note
from digest.storage.issues.issues import issue_for_change
from digest.storage.messages.messages import Message, never_left
from digest.storage.sending.batches import batch_for_change

WHO = "the queue"
NOBODY_KNOWS = "nobody can know whether it left"


def lock_batch_of(session: Session, delivery_id: int | None) -> None:
    """Let nobody claim or settle this copy's batch until the transaction ends. Asked before the message is locked,
    because the issue and its batches come first everywhere; None, where the message is no such copy, asks nothing.
    """
    if delivery_id is None:
        return
    if copy := copy_with_id(session, delivery_id):
        issue_for_change(session, copy.issue_id)
        batch_for_change(session, copy.batch_id)


def take_back(session: Session, now: datetime, message_id: int, why: str) -> None:
    """This message certainly did not leave and never will: write so where it was the copy of an issue, sent again.

    The copy remembers what it did before, and the issue's history says `why`.
    """
    message = session.get_one(Message, message_id, populate_existing=True)
    if message.delivery_id is None:
        return
    never_left(session, message.delivery_id, message.created_at, message.again_before)
    take_sent_again_back(session, message.delivery_id, message.created_at, message.again_before)
    if copy := copy_with_id(session, message.delivery_id):
        note(session, copy.issue_id, now, WHO, f"could not send delivery {copy.delivery_id} again: {why}")


def note_unknown(session: Session, now: datetime, delivery_id: int | None, why: str) -> ReaderCopy | None:
    """Write into the issue's history that nobody can know whether this copy left when it went again; returns the copy.
    None where there is none, or where it went with its reader.
    """
    copy = copy_with_id(session, delivery_id) if delivery_id is not None else None
    if copy:
        note(session, copy.issue_id, now, WHO, f"sent delivery {delivery_id} again, and {NOBODY_KNOWS}: {why}")
    return copy


def tell_of_unknown(work: Work, delivery_id: int | None, why: str) -> None:
    """`note_unknown`, and a notice to the editors: somebody has to look."""
    copy = note_unknown(work.session, work.now, delivery_id, why)
    if copy is None or copy.subscriber_id is None:
        return
    tell_editors(
        work, "A copy sent again may not have left",
        [f"Delivery {copy.delivery_id} of the issue of {day_and_year(copy.issue_date)} was sent again to its reader "
         f"alone, and {NOBODY_KNOWS}: {why}.",
         "It does not go again by itself. Look in SendGrid’s Activity; if it did not leave, an admin can send it again "
         "from the reader’s page."],
        ("See the reader’s copies (for admins)", desk_subscriber_url(work.settings, copy.subscriber_id)),
    )  # fmt: skip
