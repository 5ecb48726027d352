"""Replaying the journal: who left comes back as one who left, whatever backup the database was restored from.

The database remembers how far it has read the journal, so a restored one notices by itself what it lacks. In ordinary
weeks the lines read are of partings that it knows, and nothing changes. A chunk is one transaction, which moves the
mark; a crash repeats a chunk, and that changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.operations.guard.intentions import OUTCOMES, settle_in
from digest.operations.guard.journal import JournalEntry, Parting, Passage, journal_name, journal_path, read_passage
from digest.operations.messages.queue import tell_editors
from digest.operations.readers import consent_wordings
from digest.operations.readers.privacy import erase_in
from digest.operations.shared.context import Context, Work
from digest.storage.base.database import Database
from digest.storage.guard.journals import bytes_read, note_bytes_read
from digest.storage.messages.messages import forget_waiting_messages
from digest.storage.readers.consents import ConsentStep, came_back_at, record_consents
from digest.storage.readers.subscribers import Subscriber, SubscriberState, lock_subscribers, subscribers_with_hashes
from digest.storage.suppressions.suppressions import AFTER_ERASING, SuppressionReason, lift, suppress_all

SOURCE = "the journal"
_CHUNK = 1_000

log = logging.getLogger(__name__)


def replay(context: Context) -> int:
    """Let every line of the journal that this database has not seen hold in it; returns how many readers it changed."""
    changed = 0
    open_intentions: dict[str, JournalEntry] = {}
    while passage := _unseen(context.db, context.settings):
        with context.db.writing() as session:
            lock_subscribers(session)
            changed += _apply(context.within(session), passage.lines)
            open_intentions = _left_open(open_intentions, passage.lines)
            if passage.end == journal_path(context.settings).stat().st_size:
                for intention in open_intentions.values():
                    settle_in(context.within(session), intention)
            _name_unreadable(context.within(session), passage.unreadable)
            note_bytes_read(session, passage.journal, passage.end)
    if changed:
        log.warning("the journal: %s readers had left, and this database did not know", changed)
    return changed


def _left_open(so_far: Mapping[str, JournalEntry], lines: Sequence[JournalEntry]) -> dict[str, JournalEntry]:
    """By address what was about to happen, and of which the lines since say nothing: a crash came between."""
    last = {line.address_hash: line for line in lines if line.what is not Parting.UNSUBSCRIBED}
    return {key: line for key, line in {**so_far, **last}.items() if line.what in OUTCOMES}


def _unseen(db: Database, settings: Settings) -> Passage | None:
    journal = journal_name(settings)
    if journal is None:
        return None
    with db.reading() as session:
        start = bytes_read(session, journal)
    if start == journal_path(settings).stat().st_size:
        return None
    passage = read_passage(settings, journal, start, _CHUNK)
    return passage if passage.end != start else None


def _apply(work: Work, lines: Sequence[JournalEntry]) -> int:
    known = {
        found.address_hash: found for found in subscribers_with_hashes(work.session, [x.address_hash for x in lines])
    }
    back = came_back_at(work.session, [reader.id for reader in known.values()])
    erased_at = {line.address_hash: line.at for line in lines if line.what is Parting.ERASED}
    erased = {key for key in erased_at if key not in known or not _came_back(known[key], back, erased_at[key])}
    bans = {line.address_hash: line for line in lines if line.what in (Parting.SUPPRESSED, Parting.LIFTED)}
    reasons = {key: _reason(line) for key, line in bans.items() if line.what is Parting.SUPPRESSED}
    reasons |= {key: AFTER_ERASING.get(reason, reason) for key, reason in reasons.items() if key in erased}
    lift(work.session, [key for key, line in bans.items() if line.what is Parting.LIFTED])
    changed = suppress_all(work.session, dict.fromkeys(erased, SuppressionReason.ERASURE) | reasons, work.now, SOURCE)
    for address_hash in erased & known.keys():
        if known[address_hash].created_at > erased_at[address_hash]:
            continue  # asked again since, and may confirm
        found = known.pop(address_hash)
        erase_in(work, found.address, address_hash, found, SOURCE)
    left = {line.address_hash: line for line in lines if line.what is Parting.UNSUBSCRIBED}
    gone = [(known[key], left[key]) for key in left if key in known and _is_news(known[key], back, left[key])]
    return changed + _leave_again(work.session, work.now, gone)


def _leave_again(session: Session, now: datetime, gone: Sequence[tuple[Subscriber, JournalEntry]]) -> int:
    for subscriber, line in gone:
        subscriber.state = SubscriberState.UNSUBSCRIBED
        subscriber.unsubscribed_at = line.at
    if gone:
        session.flush()
        answers = [(subscriber.id, f"left on {line.at:%Y-%m-%d %H:%M} UTC") for subscriber, line in gone]
        wording = consent_wordings.from_the_journal().keep(session)
        record_consents(session, answers, ConsentStep.UNSUBSCRIBED, wording, now, SOURCE)
        forget_waiting_messages(session, [subscriber.address for subscriber, _ in gone])
    return len(gone)


def _came_back(subscriber: Subscriber, back: Mapping[int, datetime], erased_at: datetime) -> bool:
    """Whether they confirmed, or moved to that address, after it was erased: then they are readers like any other."""
    words = (subscriber.confirmed_at, back.get(subscriber.id))
    return any(word is not None and word > erased_at for word in words)


def _is_news(subscriber: Subscriber, back: Mapping[int, datetime], line: JournalEntry) -> bool:
    """Whether they left, and did not come back after that; at the same moment, leaving is the later word."""
    since = subscriber.confirmed_at or subscriber.created_at
    return subscriber.state != SubscriberState.UNSUBSCRIBED and line.at >= max(since, back.get(subscriber.id, since))


def _reason(line: JournalEntry) -> SuppressionReason:
    """Why it was suppressed; where the journal does not say, as an objection, which is the strictest reading."""
    known = line.reason in SuppressionReason.__members__.values()
    return SuppressionReason(line.reason) if known else SuppressionReason.OBJECTION


def _name_unreadable(work: Work, starts: Sequence[int]) -> None:
    """Someone may have left in a line that can't be read: people must look, since nothing here can."""
    if not starts:
        return
    path = journal_path(work.settings)
    places = ", ".join(f"{start:,}" for start in starts[:20])
    log.error("%s: %s lines can't be read, at byte %s", path, len(starts), places)
    tell_editors(
        work, "The journal has lines that can’t be read",
        [f"In {path}, at byte {places}. Each may say that a reader left. All other lines were read."],
    )  # fmt: skip
