"""What is forgotten with time: who got an old issue, readers who are out for long. A little at a time, by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from digest.mail.folder.outbox_files import erase_receipts
from digest.operations.readers.privacy import erase_in
from digest.operations.running.housekeeping import AT_ONCE
from digest.operations.shared.context import Context
from digest.operations.shared.wakeups import pause
from digest.operations.writing.shelving import GAP
from digest.storage.issues.issues import issue_for_change, issues_to_forget_readers_of
from digest.storage.readers.reader_links import dead_reader_links, forget_reader_links
from digest.storage.readers.subscribers import is_out_before, lock_subscribers, out_before, subscriber_by_id
from digest.storage.sending.batches import batch_ids_of
from digest.storage.sending.deliveries import forget_readers_of

SOURCE = "its age: they left, or were suppressed, long ago"

RECEIPTS_KEPT = timedelta(hours=1)


def forget_in_time(context: Context) -> None:
    """Erase readers who left or were suppressed RETENTION_CONSENTS ago, and take their readers out of copies of
    RETENTION_DELIVERIES ago.

    Cut short, the next time goes on. Links to readers' own pages go as soon as they are dead, receipts of erasures
    leave the outbox folder after an hour.
    """
    _forget_links(context)
    _forget_who_is_out(context)
    erase_receipts(context.settings.outbox_path, context.now - RECEIPTS_KEPT)
    with context.db.reading() as session:
        issues = issues_to_forget_readers_of(session, context.now - context.settings.deliveries_kept)
        batches = {issue_id: batch_ids_of(session, issue_id) for issue_id in issues}
    for issue_id, batch_ids in batches.items():
        for batch_id in batch_ids:
            with context.db.writing() as session:
                forget_readers_of(session, batch_id)
            pause(GAP)
        with context.db.writing() as session:
            issue_for_change(session, issue_id).readers_forgotten_at = context.now


def _forget_links(context: Context) -> None:
    with context.db.reading() as session:
        dead = dead_reader_links(session, context.now)
    for start in range(0, len(dead), AT_ONCE):
        with context.db.writing() as session:
            lock_subscribers(session)
            forget_reader_links(session, dead[start : start + AT_ONCE])


def _forget_who_is_out(context: Context) -> None:
    before = context.now - context.settings.consents_kept
    with context.db.reading() as session:
        out = out_before(session, before)
    for subscriber_id in out:
        with context.db.writing() as session:
            lock_subscribers(session)
            _erase_if_still(context, session, subscriber_id, before)
        pause(GAP)


def _erase_if_still(context: Context, session: Session, subscriber_id: int, before: datetime) -> None:
    """Erase them, unless they have come back since they were looked for."""
    reader = subscriber_by_id(session, subscriber_id)
    if reader and is_out_before(session, subscriber_id, before):
        erase_in(context.within(session), reader.address, reader.address_hash, reader, SOURCE)
