"""The postman: a thread of each web worker that hands waiting messages over, so that no form waits for SendGrid."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from digest.config import Settings
from digest.mail.outbox import Outbox
from digest.operations.messaging import deliver_waiting
from digest.operations.troubles import Troubles
from digest.storage.database import Database

_ROUND_SECONDS = 5.0
_WORK = "handing over single messages"


class Postman:
    """Started by the first message that a worker queues: a thread made earlier would not survive a server's fork."""

    def __init__(self, db: Database, settings: Settings, outbox: Outbox) -> None:
        self._db = db
        self._settings = settings
        self._outbox = outbox
        self._bell = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Say that a message may be waiting."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._rounds, name="postman", daemon=True)
                self._thread.start()
        self._bell.set()

    def _rounds(self) -> None:
        troubles = Troubles()
        while True:
            self._bell.wait(_ROUND_SECONDS)
            self._bell.clear()
            try:
                deliver_waiting(self._db, self._settings, self._outbox, datetime.now(UTC))
            except (SQLAlchemyError, OSError) as error:
                troubles.failed(_WORK, f"failed; it is tried again every {_ROUND_SECONDS:.0f} s", error)
            else:
                troubles.went_well(_WORK)
