"""A thread of each web worker that keeps the search index up, where no clock runs beside the site."""

from __future__ import annotations

import threading
import time

from digest.operations.archive.indexing import index_summaries
from digest.operations.archive.pairing import pair_block
from digest.storage.base.database import Database
from digest.storage.base.patience import Busy
from digest.web.shared.rounds import ROUND_SECONDS, Rounds

_AT_ONCE = 600


class Indexer(Rounds):
    """Several of them, and the clock, do no harm: whoever comes second finds it done."""

    def __init__(self, db: Database) -> None:
        super().__init__("indexer", "keeping the search index up", threading.Event())
        self._db = db

    def _go_round(self) -> None:
        while True:
            began, done = time.monotonic(), 0
            with self._one_round(Busy):
                done = index_summaries(self._db, _AT_ONCE) or pair_block(self._db)
            # After an import there is work for minutes: every other moment is left to readers, and to the import.
            self._bell.wait(time.monotonic() - began if done else ROUND_SECONDS)
