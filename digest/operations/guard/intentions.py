"""What the journal has as about to happen: said to have happened once that is committed, and by nothing else.

Before the commit it is not known, and a line that came true too early would lift a suppression that stands, or erase a
reader who never moved. After the commit alone, a crash between the two would lose it. So an intention is written
before, and its outcome after; where a crash came between, whoever reads the journal next looks in the database.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from digest.operations.guard.journal import JournalEntry, Parting, note_parting
from digest.operations.shared.context import Context, Work
from digest.storage.base.database_file import DatabaseFileGone
from digest.storage.readers.subscribers import lock_subscribers, subscribers_with_hashes
from digest.storage.suppressions.suppressions import is_suppressed

OUTCOMES: Mapping[Parting, Parting] = {Parting.LIFTING: Parting.LIFTED, Parting.MOVING: Parting.ERASED}

log = logging.getLogger(__name__)


def intend(work: Work, what: Parting, address_hash: str) -> JournalEntry:
    """Note in the journal what this transaction is about to do; `settle` it once that is committed."""
    note_parting(work.settings, work.now, what, [address_hash])
    return JournalEntry(work.now, what, address_hash)


def settle(context: Context, intention: JournalEntry) -> None:
    """Note the outcome of what was just committed. Whatever fails here is left to the next reading of the journal."""
    try:
        with context.db.writing() as session:
            lock_subscribers(session)
            settle_in(context.within(session), intention)
    except DatabaseFileGone:
        raise
    except Exception:  # what was asked for is done and committed
        log.exception("the journal: an outcome could not be noted; the next tick does it")


def settle_in(work: Work, intention: JournalEntry) -> None:
    """Note that it happened, if it did. The caller holds the lock of subscribers: no suppression comes between."""
    if _happened(work, intention):
        note_parting(work.settings, intention.at, OUTCOMES[intention.what], [intention.address_hash])


def _happened(work: Work, intention: JournalEntry) -> bool:
    if intention.what is Parting.LIFTING:
        return not is_suppressed(work.session, intention.address_hash)
    return not subscribers_with_hashes(work.session, [intention.address_hash])
