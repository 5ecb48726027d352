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
from digest.storage.base.database import Database
from digest.web.shared.rounds import ROUND_SECONDS, Rounds

_CLOCK_SECONDS = 60.0
"""A clock that has died can't tell of itself: so often he looks whether it ticks."""
_new_bell = threading.Event


class Postman(Rounds):
    """Goes his rounds at a pace of his own, and at once where a message was queued in this process.

    A stranger's request never rings for him (it writes quietly): the next one would find him at work or not, and its
    time would tell whether the first had caused a message.
    """

    def __init__(self, db: Database, settings: Settings, transport: Transport) -> None:
        super().__init__("postman", "handing over single messages", _new_bell())
        self._db = db
        self._settings = settings
        self._transport = transport

    def wake(self) -> None:
        """Have him look at once. Only where whoever asked may know that there is a message."""
        self.start()
        self._bell.set()

    def _go_round(self) -> None:
        next_round = time.monotonic() + ROUND_SECONDS
        clock_due = time.monotonic() + _CLOCK_SECONDS
        while True:
            if not self._bell.wait(max(0.0, next_round - time.monotonic())):
                next_round = time.monotonic() + ROUND_SECONDS
            self._bell.clear()
            with self._one_round():
                if time.monotonic() >= clock_due:
                    clock_due = time.monotonic() + _CLOCK_SECONDS
                    watch_the_clock(Context(self._db, self._settings, datetime.now(UTC)))
                deliver_waiting(self._db, self._settings, self._transport, lambda: datetime.now(UTC))
