"""The database itself: one engine, short transactions, and its own clock.

SQLite's writers take their lock at BEGIN (IMMEDIATE), so that two of them queue instead of failing half-way; readers
stay deferred and never wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Connection as SQLiteConnection
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, literal_column, select
from sqlalchemy.orm import Session

_WRITES = "digest_writes"
_BUSY_MS = 30_000


class Database:
    """Sessions on one database. Safe to share between threads; make a new one after a fork."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._writer = self.engine.execution_options(**{_WRITES: True})

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the database and keeps nothing."""
        with Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def database_now(session: Session) -> float:
    """Seconds since 1970 by the database's clock: the one clock that all senders share."""
    if session.get_bind().dialect.name == "sqlite":
        expression: Any = literal_column("(julianday('now') - 2440587.5) * 86400.0")
    else:
        expression = func.extract("epoch", func.clock_timestamp())
    return float(session.execute(select(expression)).scalar_one())


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        engine = create_engine(url, pool_pre_ping=True, hide_parameters=True)
        event.listen(engine, "connect", _prepare_postgresql)
        return engine
    # Parameters are hidden because errors are logged, and many a parameter is somebody's address.
    engine = create_engine(url, connect_args={"timeout": _BUSY_MS / 1000}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: SQLiteConnection, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: the driver's own way loses updates between processes
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_MS}"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_postgresql(connection: Any, _record: object) -> None:
    # Where a server or a role has it off, a commit is answered before it is written, and a server that dies forgets it:
    # a batch that was claimed and posted would be posted again.
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
