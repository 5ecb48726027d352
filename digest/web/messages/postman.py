"""The postman: a thread of each web worker that hands waiting messages over, so that no form waits for SendGrid."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

from digest.config import Settings
from digest.mail.outgoing.interface import Transport
from digest.operations.messages.delivering import deliver_waiting
from digest.operations.running.watch import watch_the_clock
from digest.operations.shared.context import Context
from digest.operations.shared.fault_log import FaultLog
from digest.storage.base.database import Database
from digest.storage.base.database_file import DatabaseFileGone

_ROUND_SECONDS = 5.0
_CLOCK_SECONDS = 60.0
"""A clock that has died can't tell of itself: so often he looks whether it ticks."""
_new_bell = threading.Event
_WORK = "handing over single messages"


class Postman:
    """Goes his rounds at a pace of his own, and at once where a message was queued in this process.

    A stranger's request never rings for him (it writes quietly): the next one would find him at work or not, and its
    time would tell whether the first had caused a message.
    """

    def __init__(self, db: Database, settings: Settings, transport: Transport) -> None:
        self._db = db
        self._settings = settings
        self._transport = transport
        self._bell = _new_bell()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """See that he goes his rounds. Begun by a request: a thread made earlier would not survive a server's fork."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._rounds, name="postman", daemon=True)
                self._thread.start()

    def wake(self) -> None:
        """Have him look at once. Only where whoever asked may know that there is a message."""
        self.start()
        self._bell.set()

    def _rounds(self) -> None:
        fault_log = FaultLog()
        next_round = time.monotonic() + _ROUND_SECONDS
        clock_due = time.monotonic() + _CLOCK_SECONDS
        while True:
            if not self._bell.wait(max(0.0, next_round - time.monotonic())):
                next_round = time.monotonic() + _ROUND_SECONDS
            self._bell.clear()
            try:
                if time.monotonic() >= clock_due:
                    clock_due = time.monotonic() + _CLOCK_SECONDS
                    watch_the_clock(Context(self._db, self._settings, datetime.now(UTC)))
                deliver_waiting(self._db, self._settings, self._transport, lambda: datetime.now(UTC))
            except DatabaseFileGone:
                continue  # said when it was noticed; nothing can be handed over before a restart
            except Exception as error:  # noqa: BLE001 - sign-ups still to come need this thread; said with its trace
                fault_log.failed(_WORK, f"failed; it is tried again every {_ROUND_SECONDS:.0f} s", error)
            else:
                fault_log.went_well(_WORK)
