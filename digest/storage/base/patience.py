"""How long whoever writes waits for the others, and how many of one process may wait at once.

Senders and commands wait long. Pages don't: a server has few threads, and each that waits for a lock reads for nobody.
"""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, ExceptionContext
from sqlalchemy.exc import OperationalError

_SQLITE_BUSY = {5, 6}  # SQLITE_BUSY, SQLITE_LOCKED: https://www.sqlite.org/rescode.html
_POSTGRESQL_BUSY = {"55P03", "40P01", "40001"}  # lock_not_available, deadlock_detected, serialization_failure
_LOOKS_EVERY = 0.005
"""Seconds. SQLite itself looks ever more rarely, at last every 0.1 s, and misses the gaps of whoever writes much."""
_SHORTEST_MS = 20
"""PostgreSQL takes a lock_timeout of 0 for none at all."""
_STANDSTILL = 0.25
"""Seconds in which nobody came through a full gate, after which it turns people away at once."""


class Busy(OperationalError):
    """Others were writing for too long. Nothing of this transaction is in the database; the same may be tried again."""


class Gate:
    """Lets so many in at once. Who finds it full waits as long as others come through, and no longer than asked."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._changed = threading.Condition()
        self._moved = 0.0

    @contextmanager
    def place(self, seconds: float) -> Iterator[None]:
        """One of the places, until the block ends. Raises Busy if none comes free in so long."""
        self._enter(time.monotonic() + seconds)
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._moved = time.monotonic()
                self._changed.notify()

    def must_move(self) -> None:
        """Raises Busy where nobody has come through for so long that whoever came now would be turned away."""
        with self._changed:
            if not self._free and time.monotonic() >= self._moved + _STANDSTILL:
                raise _turned_away()

    def _enter(self, until: float) -> None:
        with self._changed:
            while not self._free:
                left = min(until, self._moved + _STANDSTILL) - time.monotonic()
                if left <= 0:
                    raise _turned_away()
                self._changed.wait(left)
            self._free -= 1
            if not self._free:
                self._moved = time.monotonic()


def _turned_away() -> Busy:
    return Busy(None, None, TimeoutError("as many wait to write as may"))


@dataclass(frozen=True)
class Patience:
    """How many seconds whoever writes waits for a lock, and the gate before that, where there is one."""

    seconds: float
    gate: Gate | None = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A place to write from. Raises Busy if there is none."""
        if self.gate is None:
            yield
            return
        with self.gate.place(self.seconds):
            yield

    def lock_timeout(self) -> str:
        """The same for PostgreSQL."""
        return f"{max(_SHORTEST_MS, round(self.seconds * 1000))}ms"


def begin_on_sqlite(connection: Connection, seconds: float) -> None:
    """BEGIN IMMEDIATE as soon as the lock is free. Raises Busy if it isn't in so long."""
    ours = connection.connection.driver_connection
    assert ours is not None  # noqa: S101 - a connection that begins has one; said to the type checker
    (usual_ms,) = ours.execute("PRAGMA busy_timeout").fetchone()
    until = time.monotonic() + seconds
    ours.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except Busy:
                if time.monotonic() >= until:
                    raise
            else:
                return
            select.select([], [], [], _LOOKS_EVERY)
    finally:
        ours.execute(f"PRAGMA busy_timeout={usual_ms}")


def tell_busy(context: ExceptionContext) -> OperationalError | None:
    """What SQLAlchemy raises in place of a driver's error: Busy, where others held a lock for too long."""
    error = context.original_exception
    sqlite = getattr(error, "sqlite_errorcode", 0) & 0xFF in _SQLITE_BUSY
    postgresql = getattr(error, "sqlstate", "") in _POSTGRESQL_BUSY
    return Busy(None, None, error) if sqlite or postgresql else None
