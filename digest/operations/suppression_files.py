"""Suppressions as a CSV file: brought in by address, listed by hash.

Rows are read one by one and written by the thousand, each thousand in a transaction of its own: a million of them need
no more memory than one. Cut short, an import is simply run again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TextIO

from digest.config import Settings
from digest.domain.addresses import Address, parse
from digest.domain.tokens import fingerprint
from digest.operations.csv_rows import CsvRow, Refusal, harmless, moment, read_rows
from digest.operations.suppressing import suppress_in
from digest.storage.database import Database
from digest.storage.subscribers import take_turns
from digest.storage.suppressions import Ban, SuppressionReason, all_suppressions, suppression_of

COLUMNS = ("email", "reason", "at")
LISTED = ("hash", "reason", "at", "source")
REASONS = (
    SuppressionReason.BOUNCE,
    SuppressionReason.COMPLAINT,
    SuppressionReason.INVALID,
    SuppressionReason.OBJECTION,
)
"""What a file may say. Erasing is a command of its own, because it does more."""

_BATCH = 1_000
_LONGEST_SOURCE = 200


@dataclass(frozen=True)
class Imported:
    """What became of some rows; the parts add up to `rows`."""

    rows: int
    added: Mapping[str, int]
    """How many, by reason."""
    already_there: int
    refused: tuple[Refusal, ...]


@dataclass(frozen=True)
class Standing:
    """Why an address is suppressed, since when, and by whose word."""

    reason: str
    at: datetime
    source: str


def import_suppressions(
    db: Database, settings: Settings, now: datetime, file: TextIO, file_name: str
) -> Iterator[Imported]:
    """Suppress the file's addresses, a thousand rows at a time. A row without a reason is an objection, without `at` of
    now. Subscribers among them stay as they are, and get no mail.

    `file` is opened with newline="" and can be read twice. Raises Refused for a file without a header that names
    `email`, UnicodeDecodeError for one that isn't UTF-8; then nothing is suppressed.
    """
    source = f"import of {file_name}"[:_LONGEST_SOURCE]
    rows = read_rows(file, COLUMNS)
    while batch := list(islice(rows, _BATCH)):
        yield _import_batch(db, settings, now, batch, source)


def list_suppressions(db: Database) -> Iterator[tuple[str, ...]]:
    """The header, then every suppression, the oldest first; each cell is safe in a spreadsheet."""
    yield LISTED
    with db.reading() as session:
        for found in all_suppressions(session):
            yield found.address_hash, found.reason, found.at.isoformat(), harmless(found.source)


def standing_of(db: Database, settings: Settings, address: Address) -> Standing | None:
    """Why this address is suppressed; None if it isn't."""
    with db.reading() as session:
        found = suppression_of(session, fingerprint(address.key, settings.suppression_key))
        return Standing(found.reason, found.at, found.source) if found else None


def _import_batch(db: Database, settings: Settings, now: datetime, batch: Sequence[CsvRow], source: str) -> Imported:
    bans: dict[str, Ban] = {}
    refused: list[Refusal] = []
    for row in batch:
        try:
            ban = _ban(settings, now, row.whole())
        except ValueError as error:
            refused.append(Refusal(row.line, str(error)))
        else:
            bans.setdefault(ban.address_hash, ban)
    with db.writing() as session:
        take_turns(session)
        added = suppress_in(session, settings, now, list(bans.values()), source)
    there = len(batch) - len(refused) - len(added)
    return Imported(len(batch), Counter(bans[one].reason.value for one in added), there, tuple(refused))


def _ban(settings: Settings, now: datetime, cells: Mapping[str, str]) -> Ban:
    address = parse(cells.get("email", ""))
    reason = _reason(cells.get("reason", ""))
    at = moment("at", cells.get("at", "")) or now
    return Ban(fingerprint(address.key, settings.suppression_key), reason, at)


def _reason(text: str) -> SuppressionReason:
    if not text:
        return SuppressionReason.OBJECTION
    for reason in REASONS:
        if text.lower() == reason:
            return reason
    raise ValueError(f"reason “{text[:40]}”: use {', '.join(REASONS)}, or leave it empty for an objection.")
