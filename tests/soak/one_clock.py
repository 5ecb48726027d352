"""One clock for everything: this process's wall clock and the database's stand still together until they are moved.

Leases and retries go by the database's time, moments by the wall clock, deadlines of requests by the monotonic one,
which nobody sets. So a year can pass within an hour, and a request still has its thirty seconds.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import time_machine
from sqlalchemy import Connection, Engine, event

_SECONDS_A_DAY = 86_400.0
_JULIAN_1970 = 2_440_587.5
_HERS = "julianday('now')"


@contextmanager
def one_clock(at: datetime) -> Iterator[time_machine.Traveller]:
    """Until the block ends it is `at`, or whatever the clock is moved to; for SQLite, too."""
    with time_machine.travel(at, tick=False) as traveller:
        event.listen(Engine, "before_cursor_execute", _tell_ours, retval=True)
        try:
            yield traveller
        finally:
            event.remove(Engine, "before_cursor_execute", _tell_ours)


def _tell_ours(
    _connection: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    if _HERS in statement:
        statement = statement.replace(_HERS, f"{time.time() / _SECONDS_A_DAY + _JULIAN_1970:.9f}")
    return statement, parameters
