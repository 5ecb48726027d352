"""A thread of each web worker that goes round, whatever goes wrong in one of its rounds."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

from digest.operations.shared.fault_log import FaultLog
from digest.storage.base.database_file import DatabaseFileGone

ROUND_SECONDS = 5.0


class Rounds(ABC):
    """What such a thread is made of: its bell, its one start, and what is said of a round that fails."""

    def __init__(self, name: str, work: str, bell: threading.Event) -> None:
        self._name = name
        self._work = work
        self._bell = bell
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._fault_log = FaultLog()

    def start(self) -> None:
        """See that it goes round. Begun by a request: a thread made earlier would not survive a server's fork."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._go_round, name=self._name, daemon=True)
                self._thread.start()

    @abstractmethod
    def _go_round(self) -> None:
        """Round after round, for ever: what to do, in `_one_round`, and how long to wait."""

    @contextmanager
    def _one_round(self, *passing: type[Exception]) -> Iterator[None]:
        """What fails here is said once, with its trace, and the next round may do it. `passing` is over soon."""
        unsaid: tuple[type[Exception], ...] = (DatabaseFileGone, *passing)
        try:
            yield
        except unsaid:
            pass  # of a file that is gone it was said when it was noticed; nothing can be done before a restart
        except Exception as error:  # noqa: BLE001 - the rounds still to come need this thread
            self._fault_log.failed(self._work, f"failed; it is tried again every {ROUND_SECONDS:.0f} s", error)
        else:
            self._fault_log.went_well(self._work)
