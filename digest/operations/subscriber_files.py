"""Subscribers as a CSV file: brought in with the consent they gave elsewhere, and taken along.

Rows are read one by one and written by the thousand, each thousand in a transaction of its own: a million of them need
no more memory than one, and never keep the site waiting. Cut short, an import is simply run again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TextIO

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.tokens import fingerprint, new_key
from digest.operations import wordings
from digest.operations.csv_rows import CsvRow, Refusal, harmless, read_rows
from digest.operations.journal import Parting, note_parting
from digest.operations.subscriber_rows import COLUMNS, LONGEST, Row, read_row
from digest.storage.consents import ConsentStep, record_consents
from digest.storage.database import Database
from digest.storage.subscribers import (
    SubscriberState,
    add_subscribers,
    known_states,
    subscribers_listed,
    take_turns,
)
from digest.storage.suppressions import suppressed_among

_BATCH = 1_000


@dataclass(frozen=True)
class Imported:
    """What became of some rows; the parts add up to `rows`."""

    rows: int
    added: Mapping[str, int]
    """How many, by the state they were added in."""
    already_there: int
    stated_otherwise: int
    """Of those already there: how many have another state in the file than here. They keep the one here."""
    suppressed: int
    refused: tuple[Refusal, ...]


def import_subscribers(
    db: Database, settings: Settings, now: datetime, file: TextIO, consent: str, file_name: str
) -> Iterator[Imported]:
    """Add the file's rows, a thousand at a time; `consent` is the wording that these readers agreed to.

    `file` is opened with newline="" and can be read twice: once to be sure that all of it can be read, since half an
    import is worse than none. Nobody who is known here is changed, so nobody who left comes back. Raises Refused for
    a file without a header that names `email`, UnicodeDecodeError for one that isn't UTF-8; then nothing is added.
    """
    source = f"import of {file_name}"[:LONGEST]
    rows = read_rows(file, COLUMNS)
    while batch := list(islice(rows, _BATCH)):
        yield _import_batch(db, settings, now, batch, consent, source)


def export_subscribers(db: Database, state: str = "") -> Iterator[tuple[str, ...]]:
    """The header, then every subscriber (of one state, or of all) by address; each cell is safe in a spreadsheet."""
    yield COLUMNS
    with db.reading() as session:
        for found in session.scalars(subscribers_listed(state).execution_options(yield_per=_BATCH)):
            cells = (found.email, found.name, found.state, found.topics.replace(",", ";"))
            moments = (_iso(found.confirmed_at), _iso(found.unsubscribed_at))
            yield tuple(harmless(cell) for cell in (*cells, *moments, found.source))


def _import_batch(
    db: Database,
    settings: Settings,
    now: datetime,
    batch: Sequence[CsvRow],
    consent: str,
    source: str,
) -> Imported:
    good: list[Row] = []
    refused: list[Refusal] = []
    for row in batch:
        try:
            good.append(read_row(row.whole(), now, source))
        except ValueError as error:
            refused.append(Refusal(row.line, str(error)))
    hashes = {row.address.key: fingerprint(row.address.key, settings.suppression_key) for row in good}
    with db.writing() as session:
        take_turns(session)
        suppressed = suppressed_among(session, list(hashes.values()))
        states = known_states(session, list(hashes))
        allowed = [row for row in good if hashes[row.address.key] not in suppressed]
        fresh = {row.address.key: row for row in reversed(allowed) if row.address.key not in states}
        _add(session, settings, now, list(reversed(fresh.values())), hashes, consent, source)
    states |= {key: row.state for key, row in fresh.items()}
    return Imported(
        rows=len(batch),
        added=Counter(row.state.value for row in fresh.values()),
        already_there=len(allowed) - len(fresh),
        stated_otherwise=sum(row.states_it and row.state != states[row.address.key] for row in allowed),
        suppressed=len(good) - len(allowed),
        refused=tuple(refused),
    )


def _add(
    session: Session,
    settings: Settings,
    now: datetime,
    rows: Sequence[Row],
    hashes: dict[str, str],
    consent: str,
    source: str,
) -> None:
    if not rows:
        return
    added = add_subscribers(session, [_values(row, now, hashes[row.address.key]) for row in rows])
    answers = [(added[row.address.key], f"imported as {row.state}") for row in rows]
    wording = wordings.imported(consent).keep(session)
    record_consents(session, answers, ConsentStep.IMPORTED, wording, now, source)
    left = (hashes[row.address.key] for row in rows if row.state is SubscriberState.UNSUBSCRIBED)
    note_parting(settings, now, Parting.UNSUBSCRIBED, left)


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
    }


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
