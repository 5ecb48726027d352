"""Subscribers as a CSV file: brought in with the consent they gave elsewhere, and taken along.

Rows are read one by one and written by the thousand, each thousand in a transaction of its own: a million of them need
no more memory than one, and never keep the site waiting. Cut short, an import is simply run again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from digest.operations.readers.import_batches import (
    BOTH,
    ImportedSubscribers,
    Round,
    batches,
    import_batch_in,
    origin_of,
    try_batch,
)
from digest.operations.readers.subscriber_rows import COLUMNS
from digest.operations.readers.telling_names import refuse_silent_rows
from digest.operations.shared.context import Context
from digest.operations.shared.csv_cells import as_csv
from digest.operations.shared.csv_rows import Table, read_table
from digest.operations.shared.former_senders import BY_NAME
from digest.storage.base.database import Database
from digest.storage.readers.subscribers import lock_subscribers, subscribers_and_bans
from digest.storage.readers.tried_addresses import TriedAddresses

EXPORTED = (*COLUMNS, "suppressed")
"""With the reason for which an address gets no mail: where the file is imported, it gets none either."""


def subscriber_table(path: Path, ignored: Collection[str] = (), sender: str = "", called: str = "") -> Table:
    """The file, read once to be sure that all of it can be read, since half an import is worse than none.

    `ignored` names columns to leave out; `sender` is whose export it is (`former_senders.BY_NAME`), `called` its name
    where the path has another. Raises Refused, with the remedy, for a file that can't be imported.
    """
    table = read_table(path, COLUMNS, ignored, BY_NAME.get(sender), called)
    refuse_silent_rows(table)
    return table


def import_subscribers(
    context: Context, table: Table, consent: str, rounds: Sequence[Round] = BOTH
) -> Iterator[ImportedSubscribers]:
    """Add the table's rows, a thousand at a time; `consent` is the wording that these readers agreed to. Of several
    tables the first round comes for all of them before the second for any.

    Nobody who is known here is changed, so nobody who left comes back. Who left there is added as unsubscribed; who
    bounced or complained there by any row is suppressed, too, unless they were confirmed here before.
    """
    source = origin_of(table)
    for batch in batches(table, context.now, source, rounds=rounds):
        with context.db.writing() as session:
            lock_subscribers(session)
            outcome = import_batch_in(context.within(session), batch, consent, source)
        yield outcome


def try_subscribers(
    context: Context, table: Table, tried: TriedAddresses, rounds: Sequence[Round] = BOTH
) -> Iterator[ImportedSubscribers]:
    """What `import_subscribers` would do after all that was tried before, a thousand rows at a time; writes nothing."""
    for batch in batches(table, context.now, origin_of(table), rounds=rounds):
        with context.db.reading() as session:
            outcome = try_batch(session, context.settings, tried, batch, context.now)
        yield outcome


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


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
