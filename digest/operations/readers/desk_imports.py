"""Files of readers brought to the desk: tried first, run on a person's word, by the clock.

How far an import has come is committed with the rows that brought it there: after a crash it goes on behind them, and
no row is counted twice. The file waits in the instance folder, and is deleted when the import has ended.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.config.private import FILE_MODE, make_folder
from digest.config.retention import IMPORTS_KEPT, UNANSWERED_IMPORTS
from digest.domain.people.acts import Act
from digest.domain.shared.tokens import new_key
from digest.operations.people import audit
from digest.operations.readers.import_batches import Place, ReadRows, batches, import_batch_in, origin_of, try_batch
from digest.operations.readers.import_tally import ImportTally, read_tally
from digest.operations.readers.subscriber_files import subscriber_table
from digest.operations.shared.context import Context, Process
from digest.operations.shared.csv_rows import Table
from digest.operations.shared.process_names import process_name
from digest.operations.shared.refusal import Refused
from digest.operations.shared.wakeups import pause
from digest.storage.readers.reader_imports import (
    OPEN,
    ImportState,
    ReaderImport,
    forget_reader_imports,
    forget_refusals,
    give_up_old_imports,
    import_to_go_on_with,
    keep_refusals,
    old_reader_imports,
    open_import_keys,
    reader_import_for_change,
)
from digest.storage.readers.subscribers import lock_subscribers
from digest.storage.readers.tried_addresses import TriedAddresses

FOLDER = "imports"
_LEASE = timedelta(minutes=2)
_BREATH = 0.01
"""Between two transactions, so that a form that waits for one gets in."""
_LONGEST_NAME = 200


def take_in(context: Context, file: BinaryIO, name: str, consent: str, ignored: str, by: str) -> int:
    """Keep a file that is to be imported, and have it tried; returns the import's id.

    `consent` is the wording that these readers agreed to, `ignored` names columns to leave out, one a line. Raises
    Refused without a file or a wording.
    """
    if not name:
        raise Refused("There is no file. Choose the CSV file with your readers.")
    if not consent:
        raise Refused("The words are missing that these readers agreed to. Write them down; they are kept with each.")
    key = new_key()
    _keep(context.settings, key, file)
    with context.db.writing() as session:
        added = ReaderImport(
            key=key,
            file_name=Path(name.replace("\\", "/")).name[:_LONGEST_NAME],
            consent=consent,
            ignored=ignored,
            state=ImportState.TRYING.value,
            who=by,
            begun_at=context.now,
        )
        session.add(added)
        session.flush()
        return added.id


def let_run(context: Context, import_id: int, by: str) -> None:
    """Let an import that was tried run. Raises Refused for one that isn't waiting for that."""
    with context.db.writing() as session:
        found = reader_import_for_change(session, import_id)
        if found is None or found.state != ImportState.TRIED:
            raise Refused("This import waits for nobody’s word. Look where it stands.")
        found.state, found.who, found.stage, found.line = ImportState.RUNNING.value, by, 0, 0
        found.tally = ""


def call_off(context: Context, import_id: int, by: str) -> None:
    """End an import that has not ended; what it has added stays. Raises Refused for one that has."""
    with context.db.writing() as session:
        found = reader_import_for_change(session, import_id)
        if found is None or found.state not in OPEN:
            raise Refused("This import has ended already.")
        was_running = found.state == ImportState.RUNNING
        found.state, found.ended_at = ImportState.CANCELLED.value, context.now
        if was_running:
            added = read_tally(found.tally).added_in_all
            audit.note(
                context.within(session), by, Act.IMPORT_CANCELLED, f"{found.file_name}, after {added:,} new readers"
            )
        key = found.key
    _file(context.settings, key).unlink(missing_ok=True)


def go_on_with_imports(process: Process) -> None:
    """Try, or run, every import that waits for it, one after another, until none is left or the process shall end."""
    owner = process_name()
    while not process.stop.is_set() and (found := _take(process.context(), owner)):
        _Work(process, owner, found).go_on()


def forget_imports(context: Context) -> None:
    """Call off what nobody has answered for a day, delete files that no import wants, and forget old imports."""
    with context.db.writing() as session:
        give_up_old_imports(session, context.now - UNANSWERED_IMPORTS, context.now)
        forget_reader_imports(session, old_reader_imports(session, context.now - IMPORTS_KEPT))
        wanted = open_import_keys(session)
    folder = context.settings.instance_path / FOLDER
    for path in folder.iterdir() if folder.is_dir() else ():
        age = context.now.timestamp() - path.stat().st_mtime
        if path.stem not in wanted and age > _LEASE.total_seconds():  # it may be on its way into the database
            path.unlink(missing_ok=True)


class _Work:
    """One import, in the hands of this process."""

    def __init__(self, process: Process, owner: str, found: ReaderImport) -> None:
        self._process = process
        self._owner = owner
        self._id = found.id
        self._key = found.key
        self._called = found.file_name
        self._ignored = found.ignored.split("\n") if found.ignored else []
        self._consent = found.consent
        self._tries = found.state == ImportState.TRYING
        self._after = Place(found.stage, found.line)

    def go_on(self) -> None:
        """Go on to its end, unless it is called off or the process shall end."""
        path = _file(self._process.settings, self._key)
        if not path.exists():
            self._end(ImportState.UNFIT, "The file is no longer there. Upload it again: who is here already stays.")
            return
        try:
            table = subscriber_table(path, self._ignored, called=self._called)
        except Refused as refusal:
            self._end(ImportState.UNFIT, str(refusal))
            return
        if not (self._try(table) if self._tries else self._run(table)):
            return
        self._end(ImportState.TRIED if self._tries else ImportState.DONE)

    def _try(self, table: Table) -> bool:
        context = self._process.context()
        tally = ImportTally()
        with self._mine(context) as (session, found):
            if found:
                forget_refusals(session, found.id)
                found.lines, found.expected = table.lines, ""
        with TriedAddresses() as tried:
            for batch in batches(table, context.now, origin_of(table)):
                with context.db.reading() as session:
                    outcome = try_batch(session, context.settings, tried, batch, context.now)
                tally = tally.plus(outcome)
                with self._mine(self._process.context()) as (session, found):
                    if found is None:
                        return False
                    keep_refusals(session, found.id, [(each.line, each.reason) for each in outcome.refused])
                    found.expected = tally.kept()
                pause(_BREATH)
        return True

    def _run(self, table: Table) -> bool:
        source = origin_of(table)
        for batch in batches(table, self._process.context().now, source, self._after):
            if not self._run_batch(batch, source):
                return False
            pause(_BREATH)
        return True

    def _run_batch(self, batch: ReadRows, source: str) -> bool:
        context = self._process.context()
        with self._mine(context) as (session, found):
            if found is None:
                return False
            lock_subscribers(session)
            outcome = import_batch_in(context.within(session), batch, self._consent, source)
            found.tally = read_tally(found.tally).plus(outcome).kept()
            found.stage, found.line = batch.until.stage, batch.until.line
        return True

    @contextmanager
    def _mine(self, context: Context) -> Iterator[tuple[Session, ReaderImport | None]]:
        """A transaction with the import, and a fresh lease; None if it was called off, or the process shall end."""
        with context.db.writing() as session:
            found = reader_import_for_change(session, self._id)
            state = ImportState.TRYING if self._tries else ImportState.RUNNING
            if found and (found.state, found.owner) == (state, self._owner) and not self._process.stop.is_set():
                found.lease_until = context.now + _LEASE
                yield session, found
            else:
                yield session, None

    def _end(self, state: ImportState, fault: str = "") -> None:
        context = self._process.context()
        with self._mine(context) as (session, found):
            if found is None:
                return
            found.state, found.fault, found.owner, found.lease_until = state.value, fault, "", None
            if state is ImportState.TRIED:
                return
            found.ended_at = context.now
            if state is ImportState.DONE:
                readers = read_tally(found.tally).added_in_all
                about = f"{readers:,} {'reader' if readers == 1 else 'readers'} from {found.file_name}"
                audit.note(context.within(session), found.who, Act.IMPORTED, about)
        _file(context.settings, self._key).unlink(missing_ok=True)


def _take(context: Context, owner: str) -> ReaderImport | None:
    """The next import to go on with, marked as ours; looked for without a lock, since mostly there is none."""
    with context.db.reading() as session:
        if import_to_go_on_with(session, owner, context.now) is None:
            return None
    with context.db.writing() as session:
        found = import_to_go_on_with(session, owner, context.now)
        if found:
            found.owner, found.lease_until = owner, context.now + _LEASE
        return found


def _keep(settings: Settings, key: str, file: BinaryIO) -> None:
    make_folder(settings.instance_path / FOLDER)
    with os.fdopen(os.open(_file(settings, key), os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb") as kept:
        copyfileobj(file, kept)
        kept.flush()
        os.fsync(kept.fileno())


def _file(settings: Settings, key: str) -> Path:
    return settings.instance_path / FOLDER / f"{key}.csv"
