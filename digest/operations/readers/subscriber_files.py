"""Subscribers as a CSV file: brought in with the consent they gave elsewhere, and taken along.

Rows are read one by one and written by the thousand, each thousand in a transaction of its own: a million of them need
no more memory than one, and never keep the site waiting. Cut short, an import is simply run again.

The file is gone through for those who left before anybody else is added: so whoever has left by any row of it has left,
also where an earlier row says otherwise and the import was cut short between the two. Faulty rows, whatever they say,
wait for the second time, so that they are told in the file's order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from digest.domain.shared.tokens import fingerprint, new_key
from digest.operations.guard.journal import Parting, note_parting
from digest.operations.readers import consent_wordings
from digest.operations.readers.subscriber_rows import COLUMNS, LONGEST, Row, read_row, says_left
from digest.operations.shared.context import Context, Work
from digest.operations.shared.csv_cells import as_csv
from digest.operations.shared.csv_rows import CsvRow, Refusal, Table, in_batches, read_table
from digest.operations.suppressions.suppressing import suppress_in
from digest.storage.base.database import Database
from digest.storage.readers.consents import ConsentStep, record_consents
from digest.storage.readers.subscribers import (
    SubscriberState,
    add_subscribers,
    known_states,
    lock_subscribers,
    subscribers_and_bans,
)
from digest.storage.suppressions.suppressions import Ban, suppressed_among
from digest.storage.writing.names import TOPICS, slugs_now

EXPORTED = (*COLUMNS, "suppressed")
"""With the reason for which an address gets no mail: where the file is imported, it gets none either."""

_BATCH = 1_000


@dataclass(frozen=True)
class ImportedSubscribers:
    """What became of some rows; the parts add up to `rows`."""

    rows: int
    added: Mapping[str, int]
    """How many, by the state they were added in."""
    banned: Mapping[str, int]
    """How many addresses are suppressed, too, by reason: of those added, and of those there who are not confirmed."""
    already_there: int
    stated_otherwise: int
    """Of those already there: how many have another state in the file than here. They keep the one here."""
    suppressed: int
    refused: tuple[Refusal, ...]
    undated: tuple[int, ...]
    """Lines of rows of those who left, of now, since the date can't be read."""


def subscriber_table(path: Path, ignored: Collection[str] = ()) -> Table:
    """The file, read once to be sure that all of it can be read, since half an import is worse than none.

    `ignored` names columns to leave out. Raises Refused, with the remedy, for a file that can't be imported.
    """
    return read_table(path, COLUMNS, ignored)


def import_subscribers(context: Context, table: Table, consent: str) -> Iterator[ImportedSubscribers]:
    """Add the table's rows, a thousand at a time; `consent` is the wording that these readers agreed to.

    Nobody who is known here is changed, so nobody who left comes back. Who left there is added as unsubscribed; who
    bounced or complained there by any row is suppressed, too, unless they were confirmed here before.
    """
    source = f"import of {table.file.name}"[:LONGEST]
    if table.may_say_left:
        for batch in in_batches(table.rows(), says_left, _BATCH):
            yield _import_batch(context, batch, consent, source)
    for batch in in_batches(table.rows(), lambda row: not says_left(row), _BATCH):
        yield _import_batch(context, batch, consent, source)


def export_subscribers(db: Database, state: str = "") -> Iterator[str]:
    """The header, then every subscriber (of one state, or of all) by address, each as a line of CSV."""
    yield from as_csv(_exported(db, state))


def _exported(db: Database, state: str) -> Iterator[tuple[str, ...]]:
    yield EXPORTED
    with db.reading() as session:
        for found, ban in subscribers_and_bans(session, state):
            cells = (found.email, found.name, found.state, found.topics.replace(",", ";"))
            moments = (_iso(found.confirmed_at), _iso(found.unsubscribed_at))
            yield (*cells, *moments, found.source, _iso(found.paused_until), ban)


def _import_batch(
    context: Context,
    batch: Sequence[CsvRow],
    consent: str,
    source: str,
) -> ImportedSubscribers:
    good: list[Row] = []
    refused: list[Refusal] = []
    undated: list[int] = []
    for row in batch:
        try:
            good.append(read_row(row, context.now, source))
            undated += [row.line] if good[-1].undated else []
        except ValueError as error:
            refused.append(Refusal(row.line, str(error)))
    hashes = {row.address.key: fingerprint(row.address.key, context.settings.suppression_key) for row in good}
    with context.db.writing() as session:
        lock_subscribers(session)
        suppressed = suppressed_among(session, list(hashes.values()))
        states = known_states(session, list(hashes))
        allowed = [row for row in good if hashes[row.address.key] not in suppressed]
        fresh = {row.address.key: row for row in reversed(allowed) if row.address.key not in states}
        _add(context.within(session), list(reversed(fresh.values())), hashes, consent, source)
        to_ban = [row for row in allowed if states.get(row.address.key) != SubscriberState.CONFIRMED]
        banned = _ban(context.within(session), to_ban, hashes, source)
    states |= {key: row.state for key, row in fresh.items()}
    return ImportedSubscribers(
        rows=len(batch),
        added=Counter(row.state.value for row in fresh.values()),
        banned=banned,
        already_there=len(allowed) - len(fresh),
        stated_otherwise=sum(row.states_it and row.state != states[row.address.key] for row in allowed),
        suppressed=len(good) - len(allowed),
        refused=tuple(refused),
        undated=tuple(undated),
    )


def _add(
    work: Work,
    rows: Sequence[Row],
    hashes: dict[str, str],
    consent: str,
    source: str,
) -> None:
    if not rows:
        return
    rows = _with_topics_of_today(work, rows)
    added = add_subscribers(work.session, [_values(row, work.now, hashes[row.address.key]) for row in rows])
    answers = [(added[row.address.key], f"imported as {row.state}") for row in rows]
    wording = consent_wordings.imported(consent).keep(work.session)
    record_consents(work.session, answers, ConsentStep.IMPORTED, wording, work.now, source)
    left = (hashes[row.address.key] for row in rows if row.state is SubscriberState.UNSUBSCRIBED)
    note_parting(work.settings, work.now, Parting.UNSUBSCRIBED, left)


def _with_topics_of_today(work: Work, rows: Sequence[Row]) -> list[Row]:
    """A file may name a topic by another of its names, or by the one it had."""
    slugs = {slug for row in rows for slug in row.topics.split(",") if slug}
    now = slugs_now(work.session, TOPICS, slugs) if slugs else {}
    return [
        replace(row, topics=",".join(sorted({now.get(slug, slug) for slug in row.topics.split(",")}))) if now else row
        for row in rows
    ]


def _ban(
    work: Work,
    rows: Sequence[Row],
    hashes: dict[str, str],
    source: str,
) -> Counter[str]:
    """Suppress those of the rows that are never to be mailed; returns how many, by reason."""
    bans = {
        hashes[row.address.key]: Ban(hashes[row.address.key], row.ban, row.unsubscribed_at or work.now)
        for row in reversed(rows)
        if row.ban
    }
    added = suppress_in(work, list(bans.values()), source)
    return Counter(bans[one].reason.value for one in added)


def _values(row: Row, now: datetime, address_hash: str) -> dict[str, object]:
    return {
        "email": row.address.shown,
        "address": row.address.key,
        "address_hash": address_hash,
        "name": row.name,
        "state": row.state.value,
        "link_key": new_key(),
        "topics": row.topics,
        "source": row.source,
        "created_at": now,
        "confirmed_at": row.confirmed_at,
        "unsubscribed_at": row.unsubscribed_at,
        "paused_until": row.paused_until,
    }


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
