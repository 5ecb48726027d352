"""A database as one file, whole and of one moment, and back again: what a backup is made of.

SQLite is copied by its own online backup, PostgreSQL by `pg_dump`, both while everything goes on. What the copy holds
is counted in it, or in the same snapshot, so that a restore can be counted against it.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, make_url, text

from digest.config.private import make_file, write_whole
from digest.storage.base.database import Database

_Ask = Callable[[str], Sequence[Any]]

SQLITE, POSTGRESQL = "sqlite", "postgresql"
_LONGEST_WORDS = 300
_CLIENT = (
    "Install PostgreSQL’s client programs, of the server’s version or a newer one (Debian: postgresql-client), and see "
    "that they are the first in PATH."
)


class CopyFailed(Exception):
    """A copy could not be made, read or put back; the message says why, and the remedy. It names no value of a row."""


@dataclass(frozen=True)
class Contents:
    """What a copy holds: its migration, the installation's mark and claims, and how many rows each table has."""

    revision: str
    epoch: str
    claims: int
    rows: Mapping[str, int]

    @property
    def total(self) -> int:
        """How many rows there are in all."""
        return sum(self.rows.values())


def kind_of(database: Database) -> str:
    """Which kind of database this is: `sqlite` or `postgresql`."""
    return database.engine.dialect.name


def copy_out(database: Database, target: Path) -> Contents:
    """Write the database as it is at one moment into `target`, a new file for its owner alone. Raises CopyFailed."""
    make_file(target)
    if kind_of(database) == SQLITE:
        _copy_sqlite(Path(database.engine.url.database or ""), target)
        return read_sqlite(target)
    return _dump_postgresql(database, target)


def read_sqlite(file: Path) -> Contents:
    """What this SQLite file holds. Raises CopyFailed where it is damaged, or no database of ours."""
    try:
        with closing(sqlite3.connect(file)) as copy:
            faults = [row[0] for row in copy.execute("PRAGMA integrity_check(3)") if row[0] != "ok"]
            if faults or copy.execute("PRAGMA foreign_key_check").fetchone():
                raise CopyFailed(
                    f"The database in it is damaged ({'; '.join(faults) or 'rows whose parent is missing'})."
                )
            return _contents(lambda statement: copy.execute(statement).fetchall(), _sqlite_tables(copy))
    except sqlite3.DatabaseError as error:
        raise CopyFailed(f"The database in it can’t be read ({error}).") from None


def read_dump(file: Path) -> None:
    """Read a dump from its first byte to its last. Raises CopyFailed where that can’t be done."""
    _run("pg_restore", ["--file=/dev/null", str(file)])


def is_empty(database: Database) -> bool:
    """Whether nothing is in it, not even a table."""
    return not inspect(database.engine).get_table_names()


def put_dump_back(database: Database, file: Path) -> Contents:
    """Restore a dump into an empty database on a server, all or nothing; returns what is there then."""
    with _address(database, file.parent) as address:
        words = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", f"--dbname={address}"]
        _run("pg_restore", [*words, str(file)])
    with database.engine.connect() as connection:
        return _contents_on_the_server(connection)


def _copy_sqlite(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source, timeout=30)) as here, closing(sqlite3.connect(target)) as there:
        # In one step: it reads one snapshot, and writers go on; in several it would begin anew after each write.
        here.backup(there)
        there.execute("PRAGMA journal_mode=DELETE")  # so that the copy is one file


def _dump_postgresql(database: Database, target: Path) -> Contents:
    with (
        database.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection,
        _address(database, target.parent) as address,
    ):
        snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        contents = _contents_on_the_server(connection)
        words = ["--format=custom", "--compress=1", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
        _run("pg_dump", [*words, f"--file={target}", address])
    return contents


def _contents_on_the_server(connection: Connection) -> Contents:
    return _contents(
        lambda statement: connection.execute(text(statement)).all(),
        sorted(inspect(connection).get_table_names()),
    )


def _contents(ask: _Ask, tables: Sequence[str]) -> Contents:
    if "installation" not in tables or "alembic_version" not in tables:
        raise CopyFailed("It holds no database of Digest.")
    revision = ask("SELECT version_num FROM alembic_version")[0][0]
    epoch, claims = ask("SELECT epoch, claims FROM installation")[0]
    rows = {name: ask(f'SELECT count(*) FROM "{name}"')[0][0] for name in tables}  # noqa: S608 - the schema's own names
    return Contents(str(revision), str(epoch), int(claims), rows)


def _sqlite_tables(copy: sqlite3.Connection) -> list[str]:
    asked = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
    )
    return [row[0] for row in copy.execute(asked)]


@contextmanager
def _address(database: Database, folder: Path) -> Iterator[str]:
    """The server's address as its own programs take it. The password is in a file that only we may read, since every
    user of the machine sees what a program was started with.
    """
    url = make_url(database.engine.url)
    address = url.set(drivername="postgresql", password=None)
    if not url.password:
        yield address.render_as_string(hide_password=False)
        return
    kept = folder / ".pgpass"
    escaped = str(url.password).replace("\\", "\\\\").replace(":", "\\:")
    write_whole(kept, f"*:*:*:*:{escaped}\n".encode())
    try:
        yield address.update_query_dict({"passfile": str(kept)}).render_as_string(hide_password=False)
    finally:
        kept.unlink(missing_ok=True)


def _run(program: str, words: Sequence[str]) -> None:
    found = shutil.which(program)
    if not found:
        raise CopyFailed(f"{program} is not on this machine. {_CLIENT}")
    done = subprocess.run([found, *words], capture_output=True, text=True, errors="replace", check=False)  # noqa: S603 - ours
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[0]
        remedy = f". {_CLIENT}" if "version mismatch" in said else ""
        raise CopyFailed(f"{program} did not do it: {said[:_LONGEST_WORDS]}{remedy}")
