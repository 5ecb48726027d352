"""The clock that all senders share, the database's, set forward at will: so no test waits for a lease to run out.

The shift is a number in a file of the case's folder. Every process of the case reads it whenever it asks the database
for the time; a process that wakes after having been stopped sees its own monotonic clock leap as far.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from tests.crash.patches import put

_real_monotonic, _real_gettime = time.monotonic, time.clock_gettime


class Shift:
    """How many seconds the database's clock is ahead, in one case."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "shift"
        self._leapt = 0.0

    def seconds(self) -> float:
        """The shift now; 0 where nobody has set it."""
        return float(self._path.read_text() or "0") if self._path.exists() else 0.0

    def add(self, seconds: float) -> None:
        """Set the clock forward, for all processes of the case at once."""
        ahead = self._path.with_suffix(f".{os.getpid()}")
        ahead.write_text(str(self.seconds() + seconds))
        ahead.replace(self._path)

    def rule(self, engines: Engine | type[Engine]) -> None:
        """From now on this process is told the shifted time by this database, or by every one (`Engine`)."""
        event.listen(engines, "before_cursor_execute", self._shifted, retval=True)

    def rule_the_process(self) -> None:
        """Let the clocks that nobody sets follow `leap` in this process."""
        put(time, "monotonic", lambda: _real_monotonic() + self._leapt)
        put(time, "clock_gettime", lambda clock: _real_gettime(clock) + self._leapt)

    def leap(self, seconds: float) -> None:
        """This process was stopped for so long, as far as it can tell."""
        self._leapt += seconds

    def _shifted(
        self, _connection: Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
    ) -> tuple[str, Any]:
        seconds = self.seconds()
        statement = statement.replace("julianday('now')", f"julianday('now', '+{seconds:.3f} seconds')")
        return statement.replace("clock_timestamp()", f"(clock_timestamp() + interval '{seconds:.3f} seconds')"), (
            parameters
        )
