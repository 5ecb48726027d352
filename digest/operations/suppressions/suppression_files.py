"""Suppressions as a CSV file: brought in by address, listed by hash.

Rows are read one by one and written by the thousand, each thousand in a transaction of its own: a million of them need
no more memory than one. Cut short, an import is simply run again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest.config import Settings
from digest.domain.shared.addresses import Address
from digest.domain.shared.tokens import fingerprint
from digest.operations.shared.context import Context
from digest.operations.shared.csv_addresses import BANS, address_in
from digest.operations.shared.csv_cells import as_csv
from digest.operations.shared.csv_rows import CsvRow, Refusal, Table, in_batches, read_table
from digest.operations.shared.csv_signs import gravest, signs
from digest.operations.shared.known_columns import Means
from digest.operations.suppressions.suppressing import suppress_in
from digest.storage.base.database import Database
from digest.storage.readers.subscribers import lock_subscribers
from digest.storage.suppressions.suppressions import Ban, SuppressionReason, all_suppressions, suppression_of

COLUMNS = ("email", "reason", "at")
LISTED = ("hash", "reason", "at", "source")
_BATCH = 1_000
_LONGEST_SOURCE = 200


@dataclass(frozen=True)
class ImportedSuppressions:
    """What became of some rows; the parts add up to `rows`."""

    rows: int
    added: Mapping[str, int]
    """How many, by reason."""
    already_there: int
    refused: tuple[Refusal, ...]
    undated: tuple[int, ...]
    """Lines of rows that were taken, of now, since their date can't be read."""


@dataclass(frozen=True)
class WhySuppressed:
    """Why an address is suppressed, since when, and by whose word."""

    reason: str
    at: datetime
    source: str


def suppression_table(path: Path, ignored: Collection[str] = ()) -> Table:
    """The file, read once to be sure that all of it can be read; `ignored` names columns to leave out.

    Raises Refused, with the remedy, for a file that can't be imported.
    """
    return read_table(path, COLUMNS, ignored)


def import_suppressions(context: Context, table: Table) -> Iterator[ImportedSuppressions]:
    """Suppress the table's addresses, a thousand rows at a time. Subscribers among them stay, and get no mail.

    A row without a reason is an objection, one without `at` is of now; so is one whose date can't be read, since a
    wrong date is no reason to mail somebody.
    """
    source = f"import of {table.file.name}"[:_LONGEST_SOURCE]
    for batch in in_batches(table.rows(), lambda _: True, _BATCH):
        yield _import_batch(context, batch, source)


def list_suppressions(db: Database) -> Iterator[str]:
    """The header, then every suppression, the oldest first, each as a line of CSV."""
    yield from as_csv(_listed(db))


def why_suppressed(db: Database, settings: Settings, address: Address) -> WhySuppressed | None:
    """Why this address is suppressed; None if it isn't."""
    with db.reading() as session:
        found = suppression_of(session, fingerprint(address.key, settings.suppression_key))
        return WhySuppressed(found.reason, found.at, found.source) if found else None


def _listed(db: Database) -> Iterator[tuple[str, ...]]:
    yield LISTED
    with db.reading() as session:
        for found in all_suppressions(session):
            yield found.address_hash, found.reason, found.at.isoformat(), found.source


def _import_batch(context: Context, batch: Sequence[CsvRow], source: str) -> ImportedSuppressions:
    bans: dict[str, Ban] = {}
    refused: list[Refusal] = []
    undated: list[int] = []
    for row in batch:
        try:
            ban, is_undated = _ban(context.settings, context.now, row)
        except ValueError as error:
            refused.append(Refusal(row.line, str(error)))
        else:
            bans.setdefault(ban.address_hash, ban)
            undated += [row.line] if is_undated else []
    with context.db.writing() as session:
        lock_subscribers(session)
        added = suppress_in(context.within(session), list(bans.values()), source)
    there = len(batch) - len(refused) - len(added)
    counts = Counter(bans[one].reason.value for one in added)
    return ImportedSuppressions(len(batch), counts, there, tuple(refused), tuple(undated))


def _ban(settings: Settings, now: datetime, row: CsvRow) -> tuple[Ban, bool]:
    """Whom this row suppresses, why and since when, and whether its date can't be read, which makes it of now.

    Raises ValueError for one that says that they still get mail there.
    """
    if row.fault:
        raise ValueError(row.fault)
    found = signs(row.cells)
    address, _ = address_in(row.said(Means.EMAIL))
    sign = gravest(found)
    if not sign.state and (faults := [each.fault for each in found if each.fault]):
        raise ValueError(" ".join(faults))
    if found and not sign.state:
        raise ValueError(
            "it says that this reader did not leave, bounce or complain. Take the row out, or empty that cell."
        )
    reason = BANS.get(sign.state, SuppressionReason.OBJECTION) if sign.state else SuppressionReason.OBJECTION
    try:
        at, undated = row.moment(Means.AT) or sign.since, sign.undated
    except ValueError:
        at, undated = sign.since, True
    ban = Ban(fingerprint(address.key, settings.suppression_key), reason, min(at or now, now))
    return ban, undated and at is None
