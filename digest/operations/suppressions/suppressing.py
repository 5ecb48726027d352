"""Suppressing addresses: those that SendGrid itself mails no more, read from its lists before each freeze."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digest.domain.issues.lifecycle import BEFORE_SENDING
from digest.domain.shared.tokens import fingerprint
from digest.mail.outgoing.deadline import ticking
from digest.mail.outgoing.interface import ListMark, ListPage, SuppressionList, Transport, UnreadList
from digest.operations.guard.journal import Parting, note_parting
from digest.operations.shared.context import Context, Work
from digest.storage.base.database import Database
from digest.storage.base.database_file import DatabaseFileGone
from digest.storage.issues.history import last_noted_by, note
from digest.storage.issues.issues import issue_for_change
from digest.storage.readers.subscribers import known_addresses, lock_subscribers
from digest.storage.suppressions.lists_read import lists_read, note_lists_read
from digest.storage.suppressions.suppressions import Ban, SuppressionReason, suppress_many

THE_LISTS = "SendGrid’s own lists"
"""Who, in an issue's history."""

PULL_SECONDS = 60.0
"""How long all lists may take together; then the send goes on without the rest, which the next reading begins with."""

OVERLAP = timedelta(hours=48)
"""Of a list that was read to its end, this much is read again, since SendGrid may enter an address late."""

_ONCE_WITHIN = timedelta(minutes=15)

_REASONS: Mapping[SuppressionList, SuppressionReason] = {
    SuppressionList.BOUNCES: SuppressionReason.BOUNCE,
    SuppressionList.SPAM_REPORTS: SuppressionReason.COMPLAINT,
    SuppressionList.INVALID_EMAILS: SuppressionReason.INVALID,
}

log = logging.getLogger(__name__)


@dataclass
class Pulled:
    """What the lists brought: readers newly suppressed by reason, and in words what could not be read."""

    added: Counter[SuppressionReason] = field(default_factory=Counter)
    troubles: list[UnreadList] = field(default_factory=list)
    pages: int = 0


def suppress_in(work: Work, bans: Sequence[Ban], source: str) -> list[str]:
    """Suppress these addresses in the caller's transaction, and in the journal; returns the hashes that are new."""
    added = suppress_many(work.session, bans, source)
    reasons = {ban.address_hash: ban.reason for ban in bans}
    for reason in sorted({reasons[address_hash] for address_hash in added}):
        note_parting(
            work.settings, work.now, Parting.SUPPRESSED, [one for one in added if reasons[one] == reason], reason
        )
    return added


def pull_before_freeze(context: Context, transport: Transport, issue_id: int, seconds: float = PULL_SECONDS) -> None:
    """Suppress the readers whom SendGrid has on its lists, so that an issue about to be frozen is not for them.

    It never keeps an issue from going: what can't be read within these seconds is told in the issue's history. Asked
    again within a quarter of an hour, for example by a second clock, it does nothing.
    """
    try:
        if _is_called_for(context.db, context.now, issue_id):
            pulled = pull_lists(context, transport, seconds)
            if pulled.pages or pulled.troubles:
                _tell(context.db, context.now, issue_id, pulled)
    except DatabaseFileGone:
        raise
    except Exception:  # an issue that waits for this would be worse than one that bounces
        log.exception("issue %s: SendGrid’s suppression lists could not be taken over; the send goes on", issue_id)


def pull_lists(context: Context, transport: Transport, seconds: float = PULL_SECONDS) -> Pulled:
    """Take over SendGrid's lists for those who are our subscribers; a page in memory and in a transaction at a time.

    Goes on in each list from where the last reading got to, but from 48 hours before that reading at the latest; the
    first time from the list's beginning.
    """
    with context.db.reading() as session:
        since = {name: ListMark(*how_far) for name, how_far in lists_read(session).items()}
    pulled, marks = Pulled(), dict[str, ListMark]()
    for part in transport.suppressed(since, context.now, ticking() + seconds):
        if isinstance(part, UnreadList):
            pulled.troubles.append(part)
        else:
            pulled.pages += 1
            pulled.added[_REASONS[part.of]] += _take_over(context, part)
            if part.mark:
                marks[part.of] = min(part.mark, ListMark(context.now - OVERLAP), key=lambda mark: mark.read_to)
    if marks:
        with context.db.writing() as session:
            lock_subscribers(session)
            note_lists_read(session, marks)
    return pulled


def _take_over(context: Context, page: ListPage) -> int:
    """How many readers are suppressed by this page who were not before."""
    since = {entry.address: entry.since or context.now for entry in page.entries}
    if not since:
        return 0
    with context.db.writing() as session:
        lock_subscribers(session)
        bans = [
            Ban(fingerprint(address, context.settings.suppression_key), _REASONS[page.of], since[address])
            for address in sorted(known_addresses(session, list(since)))
        ]
        return len(suppress_in(context.within(session), bans, f"SendGrid’s list of {_name(page.of)}"))


def _is_called_for(db: Database, now: datetime, issue_id: int) -> bool:
    with db.reading() as session:
        told = last_noted_by(session, issue_id, THE_LISTS)
        return told is None or now - told >= _ONCE_WITHIN


def _tell(db: Database, now: datetime, issue_id: int, pulled: Pulled) -> None:
    with db.writing() as session:
        issue = issue_for_change(session, issue_id)
        told = last_noted_by(session, issue_id, THE_LISTS)
        if issue.state in BEFORE_SENDING and (told is None or now - told >= _ONCE_WITHIN):
            note(session, issue_id, now, THE_LISTS, _in_words(pulled))


def _in_words(pulled: Pulled) -> str:
    total = pulled.added.total()
    kinds = ", ".join(f"{count:,} {_WORDS[reason]}" for reason, count in sorted(pulled.added.items()) if count)
    readers = "1 reader" if total == 1 else f"{total:,} readers"
    found = f"{readers} suppressed ({kinds})" if total else "nobody new to suppress"
    if not pulled.troubles:
        return f"were read before the send: {found}"
    if not pulled.pages:
        return f"could not be read before the send, not one of them; it goes on: {_what_was_wrong(pulled.troubles)}"
    return f"could not all be read before the send, which goes on: {_what_was_wrong(pulled.troubles)}. Read: {found}"


def _what_was_wrong(troubles: Sequence[UnreadList]) -> str:
    lists: dict[str, list[str]] = {}
    for trouble in troubles:
        lists.setdefault(trouble.why, []).append(_name(trouble.of))
    return "; ".join(f"{', '.join(names)}: {why}" for why, names in lists.items())


def _name(of: SuppressionList) -> str:
    return of.replace("_", " ")


_WORDS: Mapping[SuppressionReason, str] = {
    SuppressionReason.BOUNCE: "bounced",
    SuppressionReason.COMPLAINT: "complained",
    SuppressionReason.INVALID: "invalid",
}
