"""A thread of each web worker that keeps the search index up, where no clock runs beside the site."""

from __future__ import annotations

import threading
import time

from digest.operations.archive.indexing import index_summaries
from digest.operations.shared.fault_log import FaultLog
from digest.storage.base.database import Database
from digest.storage.base.database_file import DatabaseFileGone
from digest.storage.base.patience import Busy

_ROUND_SECONDS = 5.0
_AT_ONCE = 600
_WORK = "keeping the search index up"
_new_bell = threading.Event


class Indexer:
    """Goes round like the postman. Several of them, and the clock, do no harm: whoever comes second finds it done."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._bell = _new_bell()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """See that it goes round. Begun by a request: a thread made earlier would not survive a server's fork."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._rounds, name="indexer", daemon=True)
                self._thread.start()

    def _rounds(self) -> None:
        fault_log = FaultLog()
        while True:
            began, done = time.monotonic(), 0
            try:
                done = index_summaries(self._db, _AT_ONCE)
            except (DatabaseFileGone, Busy):
                pass  # said elsewhere, or over soon
            except Exception as error:  # noqa: BLE001 - the next round may do it; said with its trace
                fault_log.failed(_WORK, f"failed; it is tried again every {_ROUND_SECONDS:.0f} s", error)
            else:
                fault_log.went_well(_WORK)
            # After an import there is work for minutes: every other moment is left to readers, and to the import.
            self._bell.wait(time.monotonic() - began if done else _ROUND_SECONDS)
