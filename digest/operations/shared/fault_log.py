"""What goes on being wrong, said once for each cause, and once more when it is over.

Whoever tries something again and again holds one of these. It lives in memory: each process says it once, and once more
after a restart.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_TOLD_OF = "digest_told_of"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Lasting:
    """What is in trouble now, and the latest kind of error, or what was said of it: never an error's own words."""

    what: str
    kind: str


@dataclass
class _Fault:
    since: float
    causes: set[str] = field(default_factory=set)
    kind: str = ""


class FaultLog:
    """What goes on being wrong now, by what is in trouble. Safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._now: dict[str, _Fault] = {}

    def failed(self, what: str, words: str, error: BaseException | None = None) -> None:
        """Say it, with the error's trace, unless this has been said of this cause already since the trouble began.

        An error that comes through several hands is the trouble of the first that tells of it.
        """
        if error is not None and error.__dict__.setdefault(_TOLD_OF, what) != what:
            return
        cause = f"{type(error).__name__}: {error}".partition("\n")[0] if error else words
        with self._lock:
            fault = self._now.setdefault(what, _Fault(self._clock()))
            known = cause in fault.causes
            fault.causes.add(cause)
            fault.kind = type(error).__name__ if error else words
        if not known:
            log.warning("%s %s; this is said once, and when it is over", what, words, exc_info=error)

    def went_well(self, what: str) -> None:
        """Say that the trouble is over, if there was one."""
        with self._lock:
            fault = self._now.pop(what, None)
        if fault:
            log.warning("%s: all is well again, after %s", what, _in_words(self._clock() - fault.since))

    def lasting(self) -> list[Lasting]:
        """All that is in trouble now."""
        with self._lock:
            return [Lasting(what, fault.kind) for what, fault in self._now.items()]

    def lasts(self, what: str) -> bool:
        """Whether this is in trouble."""
        return what in self._now


def _in_words(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.0f} h"
