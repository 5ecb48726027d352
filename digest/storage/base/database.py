"""The database itself: one engine, short transactions, and its own clock.

SQLite's writers take their lock at BEGIN (IMMEDIATE), so that two of them queue instead of failing half-way; readers
stay deferred and never wait. PostgreSQL's writers see what was committed before each statement and lock the rows that
they decide by (`issue_for_change`); its readers keep to one snapshot, as SQLite's do. On both, waiting ends in time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from copy import copy
from sqlite3 import Connection as SQLiteConnection
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    ExceptionContext,
    create_engine,
    event,
    func,
    literal_column,
    make_url,
    select,
)
from sqlalchemy.orm import Session

from digest.storage.base.database_file import watch_file
from digest.storage.base.exclusion import alone
from digest.storage.base.patience import Patience, begin_on_sqlite, tell_busy

_WRITES = "digest_writes"
_PATIENCE = "digest_patience"
_ANNOUNCED = "digest_announced"
_BUSY_MS = 30_000
_SILENCE = {"connect_timeout": "5", "tcp_user_timeout": "15000"}  # seconds; milliseconds
_CACHE_KB, _LARGE_CACHE_KB = 4_000, 48_000


class Database:
    """Sessions on one database. Safe to share between threads; make a new one after a fork."""

    def __init__(self, url: str, patience: Patience | None = None) -> None:
        """`patience` is with whoever else writes; without it, that of senders and commands."""
        self.engine, self._forget_file = _engine(url)
        if patience:
            _be_patient(self.engine, patience)
        self._patience = patience
        self._listeners: list[Callable[[], None]] = []
        self._writer = self.engine.execution_options(**{_WRITES: True, _PATIENCE: patience})
        self._reader = self.engine
        if not url.startswith("sqlite"):
            self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the database and keeps nothing."""
        with Session(self._reader) as session:
            yield session

    @property
    def writer(self) -> Engine:
        """Connections without sessions; a transaction takes SQLite's lock for writing at its start."""
        return self._writer

    def listen(self, hear: Callable[[], None]) -> None:
        """Have this called, by whoever commits, after each transaction that announces something."""
        self._listeners.append(hear)

    @contextmanager
    def writing(self, quietly: bool = False) -> Iterator[Session]:
        """One transaction: committed when the block ends, rolled back when it raises. Busy if others write too long.

        `quietly`: nobody hears what it announces.
        """
        with (
            self._patience.turn() if self._patience else nullcontext(),
            Session(self._writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session
        if session.info.get(_ANNOUNCED) and not quietly:
            for hear in self._listeners:
                hear()

    def must_move(self) -> None:
        """Raises Busy where writing has come to a standstill: to be asked before work that would be for nothing."""
        if self._patience and self._patience.gate:
            self._patience.gate.must_move()

    def at_once(self) -> Database:
        """The same for what may as well be left undone: its writing waits for nobody, and raises Busy instead."""
        hurried = copy(self)
        hurried._patience = Patience(0, self._patience.gate if self._patience else None)
        hurried._writer = self._writer.execution_options(**{_PATIENCE: hurried._patience})
        return hurried

    @contextmanager
    def alone(self, what: str) -> Iterator[bool]:
        """Whether nobody else does this on this database; until the block ends, nobody else can."""
        with alone(self.engine, what) as got:
            yield got

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
        self._forget_file()


def announce(session: Session) -> None:
    """Have the listeners of this process hear of this transaction once it is committed."""
    session.info[_ANNOUNCED] = True


def database_now(session: Session) -> float:
    """Seconds since 1970 by the database's clock: the one clock that all senders share."""
    if session.get_bind().dialect.name == "sqlite":
        expression: Any = literal_column("(julianday('now') - 2440587.5) * 86400.0")
    else:
        expression = func.extract("epoch", func.clock_timestamp())
    return float(session.execute(select(expression)).scalar_one())


@contextmanager
def room_for_many_rows(session: Session) -> Iterator[None]:
    """Within it, SQLite keeps 48 MB of pages in memory instead of 4: a million rows then go into an index that is in
    no order of theirs in a third less time. Inside a transaction only.
    """
    if session.get_bind().dialect.name != "sqlite":
        yield
        return
    connection = session.connection()
    connection.exec_driver_sql(f"PRAGMA cache_size=-{_LARGE_CACHE_KB}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA cache_size=-{_CACHE_KB}")


@contextmanager
def sqlite_function(session: Session, name: str, function: Callable[[Any], Any]) -> Iterator[None]:
    """Within it, SQL of this session's transaction can call a function of one argument by this name, on SQLite."""
    connection = session.connection().connection.driver_connection
    assert connection is not None  # noqa: S101 - a session in a transaction has one; said to the type checker
    connection.create_function(name, 1, function)
    try:
        yield
    finally:
        connection.create_function(name, 1, None)


def one_at_a_time(session: Session, what: str) -> None:
    """Let one transaction at a time do this, until it ends: for whoever counts first and writes after.

    Take it before any row that two of them may lock. On SQLite writers queue as it is.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(what))))


def _engine(url: str) -> tuple[Engine, Callable[[], None]]:
    """The engine, and what to call when it has been disposed of."""
    # Parameters are hidden because errors are logged, and many a parameter is somebody's address.
    if not url.startswith("sqlite"):
        engine = create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args=_bearable_silence(url))
        event.listen(engine, "connect", _prepare_postgresql)
        event.listen(engine, "begin", _begin_postgresql)
        event.listen(engine, "handle_error", _hide_values)
        event.listen(engine, "handle_error", tell_busy, retval=True)
        return engine, lambda: None
    engine = create_engine(url, connect_args={"timeout": _BUSY_MS / 1000}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    forget_file = watch_file(engine)  # before BEGIN: what is gone is not asked
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "handle_error", tell_busy, retval=True)
    return engine, forget_file


def _bearable_silence(url: str) -> dict[str, str]:
    """How long a server may be silent, unless the URL says: one that is away must not hold every thread for minutes."""
    said = make_url(url).query
    return {name: value for name, value in _SILENCE.items() if name not in said}


def _be_patient(engine: Engine, patience: Patience) -> None:
    """Let waiting for anything else that is locked, reading included, end in the same time."""

    def prepare(connection: Any, _record: object) -> None:
        if engine.dialect.name == "sqlite":
            connection.execute(f"PRAGMA busy_timeout={round(patience.seconds * 1000)}")
            return
        connection.execute("SELECT set_config('lock_timeout', %s, false)", [patience.lock_timeout()])
        connection.commit()

    event.listen(engine, "connect", prepare)


def _hide_values(context: ExceptionContext) -> None:
    """PostgreSQL quotes the row that it refuses, in the lines after the first."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args and isinstance(error.args[0], str):
            error.args = (error.args[0].partition("\nDETAIL:")[0], *error.args[1:])


def _prepare_sqlite(connection: SQLiteConnection, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: the driver's own way loses updates between processes
    cache = f"cache_size=-{_CACHE_KB}"
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_MS}", cache):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_postgresql(connection: Any, _record: object) -> None:
    # Where a server or a role has it off, a commit is answered before it is written, and a server that dies forgets it:
    # a batch that was claimed and posted would be posted again.
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    writes, patience = options.get(_WRITES, False), options.get(_PATIENCE)
    if writes and patience:
        begin_on_sqlite(connection, patience.seconds)
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(_WRITES, False) and (patience := options.get(_PATIENCE)):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{patience.lock_timeout()}'")
