"""The failpoint: at the k-th passing of a step, die, end, fail or stand still. Once in a case, whoever comes first."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from digest.operations.shared.wakeups import pause
from tests.crash.shift import Shift


class Act(StrEnum):
    """What happens at the step."""

    KILL = "kill"
    """kill -9: nothing is tidied up."""
    TERM = "term"
    """SIGTERM: the sender is asked to end."""
    RAISE = "raise"
    """An exception out of nowhere, as a mistake in the code would be."""
    STOP = "stop"
    """SIGSTOP; continued only after its lease has run out."""


class OutOfNowhere(Exception):
    """What Act.RAISE raises, but where the network fails by itself."""


NETWORK_FAILS = ("before connect", "after connect", "after the headers", "in the middle of the body")
"""Steps at which Act.RAISE is an error of the network, before the request has left as a whole."""
NETWORK_FAILS_LATE = "at the first byte of the answer"
IN_THE_REQUEST = (
    *NETWORK_FAILS,
    "after the last byte",
    NETWORK_FAILS_LATE,
    "before the request",
    "after the whole answer",
)
"""Steps between a claim and its record: an exception there ends one request and not the tick."""


@dataclass(frozen=True)
class Where:
    """A step and its passing, from 1. Without a name the passings of all steps are counted together."""

    step: str
    passing: int = 1


class Failpoint:
    """Counts the steps that this process passes, and acts at the one it was told."""

    def __init__(self, folder: Path, where: Where | None, act: Act, shift: Shift) -> None:
        self._fired = folder / "fired"
        self._where = where
        self._act = act
        self._shift = shift
        self._lock = threading.Lock()
        self._total = 0
        self.passed: Counter[str] = Counter()

    def pass_step(self, step: str) -> None:
        """Called at every step, by whichever thread takes it."""
        with self._lock:
            self.passed[step] += 1
            self._total += 1
            due = self._is_due(step) and self._take(step)
        if due:
            self._do(step)

    def _is_due(self, step: str) -> bool:
        if self._where is None:
            return False
        if not self._where.step:
            return self._total == self._where.passing
        return step == self._where.step and self.passed[step] == self._where.passing

    def _take(self, step: str) -> bool:
        """Whether this process is the first of its case to come here."""
        try:
            descriptor = os.open(self._fired, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            return False
        with os.fdopen(descriptor, "w") as file:
            json.dump({"step": step, "pid": os.getpid()}, file)
        return True

    def _do(self, step: str) -> None:
        before = self._shift.seconds()
        match self._act:
            case Act.KILL:
                os.kill(os.getpid(), signal.SIGKILL)
            case Act.TERM:
                os.kill(os.getpid(), signal.SIGTERM)
            case Act.RAISE:
                raise ConnectionResetError if step in (*NETWORK_FAILS, NETWORK_FAILS_LATE) else OutOfNowhere
            case Act.STOP:
                os.kill(os.getpid(), signal.SIGSTOP)
                # The system stops the other threads first, and this one a moment later: only the shift tells that it
                # was stopped and is awake again.
                while self._shift.seconds() == before:
                    pause(0.001)
                self._shift.leap(self._shift.seconds() - before)


@dataclass(frozen=True)
class Fired:
    """Where the failpoint of a case went off, and in which process."""

    step: str
    pid: int


def fired_in(folder: Path) -> Fired | None:
    """What the case's failpoint wrote, None if nobody came there."""
    path = folder / "fired"
    return Fired(**json.loads(path.read_text())) if path.exists() else None
