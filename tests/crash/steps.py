"""The steps of a send, found from outside: every statement and commit, and what else can be seen without a hook."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.default import DefaultDialect

from digest.mail.outgoing.deadline import ticking
from digest.mail.outgoing.interface import Answer, Bulk, ListMark, ListPage, Single, Transport, UnreadList
from digest.operations.sending import sender
from tests.crash.failpoint import Failpoint
from tests.crash.patches import put

_KIND = re.compile(r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|BEGIN IMMEDIATE)\b\s*(\w*)", re.IGNORECASE)
_FROM = re.compile(r"\bFROM\s+(\w+)", re.IGNORECASE)

_NAMES = (
    ({"INSERT editions"}, "the freeze"),
    ({"INSERT issues"}, "the next issue"),
    ({"INSERT attempts", "UPDATE attempts"}, "a turn that records and claims"),
    ({"INSERT attempts"}, "the claim"),
    ({"UPDATE attempts"}, "the record"),
    ({"INSERT history"}, "the finish"),
    ({"UPDATE issues"}, "the probe"),
)
"""A transaction's name, by the statements that it must contain; the first that fits."""


def name_of(statement: str) -> str | None:
    """A statement by its kind and its table, such as `INSERT attempts`; None for the driver's own."""
    if "julianday('now'" in statement or "clock_timestamp()" in statement:
        return "SELECT the time"
    found = _KIND.match(statement)
    if found is None:
        return None
    kind, word = found[1].split()[0].upper(), found[2]
    if kind == "SELECT":
        source = _FROM.search(statement)
        word = source[1] if source else "nothing"
    return "BEGIN" if kind == "BEGIN" else f"{kind} {word}"


def watch_database(failpoint: Failpoint) -> None:
    """Pass a step before and after each statement and each commit of this process."""
    _Statements(failpoint).listen()


def watch_note(failpoint: Failpoint) -> None:
    """Pass a step before and after the claims are noted beside the database."""

    def watched(*arguments: Any) -> None:
        failpoint.pass_step("before the note beside the database")
        real(*arguments)
        failpoint.pass_step("after the note beside the database")

    real = put(sender, "note_claims", watched)


class WatchedTransport:
    """A transport that passes a step before a request is made and after its answer was read. `overran` is called with
    the attempt of a request that took longer than it had, as requests may on a machine with much else to do.
    """

    def __init__(self, inner: Transport, failpoint: Failpoint, overran: Callable[[str], None]) -> None:
        self._inner = inner
        self._failpoint = failpoint
        self._overran = overran

    def send_bulk(self, bulk: Bulk) -> Answer:
        """Hand over, between two steps."""
        # On a clock that no shift sets forward: what leaps is another matter.
        over = time.perf_counter() + bulk.deadline - ticking()
        self._failpoint.pass_step("before the request")
        answer = self._inner.send_bulk(bulk)
        if time.perf_counter() >= over:
            self._overran(bulk.attempt)
        self._failpoint.pass_step("after the whole answer")
        return answer

    def send_single(self, single: Single) -> Answer:
        """Hand over."""
        return self._inner.send_single(single)

    def probe(self) -> bool:
        """Probe, between two steps."""
        self._failpoint.pass_step("before the probe")
        answered = self._inner.probe()
        self._failpoint.pass_step("after the probe")
        return answered

    def erase(self, addresses: Sequence[str]) -> Answer:
        """Ask the transport behind it."""
        return self._inner.erase(addresses)

    def suppressed(
        self, since: Mapping[str, ListMark], until: datetime, deadline: float
    ) -> Iterable[ListPage | UnreadList]:
        """Ask the transport behind it."""
        return self._inner.suppressed(since, until, deadline)

    def close(self) -> None:
        """Close the transport behind it."""
        self._inner.close()


class _Statements:
    """What each connection has written since its last commit."""

    def __init__(self, failpoint: Failpoint) -> None:
        self._failpoint = failpoint
        self._written: dict[int, set[str]] = {}

    def listen(self) -> None:
        event.listen(Engine, "before_cursor_execute", self._before)
        event.listen(Engine, "after_cursor_execute", self._after)

        def commit(dialect: DefaultDialect, connection: Any) -> None:
            name = self._transaction(connection)
            if name:
                self._failpoint.pass_step(f"before COMMIT of {name}")
            real_commit(dialect, connection)
            self._ended(connection)
            if name:
                self._failpoint.pass_step(f"after COMMIT of {name}")

        def rollback(dialect: DefaultDialect, connection: Any) -> None:
            real_rollback(dialect, connection)
            self._ended(connection)

        real_commit = put(DefaultDialect, "do_commit", commit)
        real_rollback = put(DefaultDialect, "do_rollback", rollback)

    def _before(self, _c: Connection, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
        if name := name_of(statement):
            self._failpoint.pass_step(f"before {name}")

    def _after(self, connection: Connection, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
        name = name_of(statement)
        if name is None:
            return
        key = id(connection.connection.dbapi_connection)
        if not name.startswith("SELECT"):
            self._written.setdefault(key, set()).add(name)
        self._failpoint.pass_step(f"after {name}")

    def _transaction(self, connection: Any) -> str:
        written = self._written.get(id(getattr(connection, "dbapi_connection", connection)), set())
        return next((name for statements, name in _NAMES if statements <= written), "")

    def _ended(self, connection: Any) -> None:
        self._written.pop(id(getattr(connection, "dbapi_connection", connection)), None)
