"""A sender to be killed: digest's own ticks, in a process of its own, with a failpoint.

    python -m tests.crash.sender CASE [--step "after COMMIT of the claim"] [--passing 2] [--act kill] [--list]

CASE is a folder that `stage.open_case` made. Exit status: 0 the issue is sent, 75 ended on SIGTERM,
3 something is left.
"""

from __future__ import annotations

import argparse
import logging
import math
import os
import signal
import sys
import threading
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from digest.config import Settings
from digest.domain.issues.lifecycle import IssueState
from digest.domain.running import uptime
from digest.mail.outgoing.interface import Transport
from digest.mail.sendgrid import transport as sendgrid
from digest.mail.transports import open_transport
from digest.operations.running import tick
from digest.operations.running.tick import note_heartbeat
from digest.operations.sending import claiming, freezing, sender
from digest.operations.shared import wakeups
from digest.operations.shared.context import Process
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue
from tests.crash import sockets, steps
from tests.crash.database_faults import Broken, break_database, fill_disk
from tests.crash.failpoint import Act, Failpoint, Where
from tests.crash.hosts import move_to
from tests.crash.mutants import MUTANTS
from tests.crash.patches import put
from tests.crash.powercut import keep_what_was_synced
from tests.crash.shift import Shift
from tests.crash.stage import FRIDAY, load_case

SENT, LEFT, INTERRUPTED = 0, 3, 75
SMALL = 2
SHORT_NAP = 0.01
RETRY = 3.0
"""Seconds by which a patient sender sets the clock forward: past a retry, far from the end of a lease."""
LEASE = 400.0
"""The same for one that is alone: past every wait that there is."""

log = logging.getLogger("tests.crash.sender")


@dataclass(frozen=True)
class Asked:
    """What the command line says."""

    case: Path
    step: str
    passing: int
    act: Act
    ticks: int
    alone: bool
    deadline: float
    batch: int
    mutant: str
    broken: str
    disk: int
    synced: Path | None
    list: bool
    network: str
    ahead: float


def main(arguments: list[str]) -> int:
    """Send in small batches until all is sent, nothing can be done, or the failpoint ends it."""
    asked = Asked(**vars(_parser().parse_args(arguments)))
    if asked.network:
        move_to(asked.network)
    case = load_case(asked.case)
    logging.basicConfig(filename=asked.case / "log", level=logging.INFO, format="%(process)d %(message)s", force=True)
    where = Where(asked.step, asked.passing) if asked.passing else None
    shift = case.shift
    failpoint = Failpoint(asked.case, where, asked.act, shift)
    _prepare(asked, shift, failpoint)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    settings = case.settings()
    transport = steps.WatchedTransport(open_transport(settings), failpoint, case.note_overrun)
    with closing(Database(case.url)) as database, closing(transport):
        status = _send(asked, database, settings, transport, stop, shift)
    if asked.list:
        sys.stdout.write("".join(f"{count:4} {step}\n" for step, count in failpoint.passed.items()))
    return status


def _prepare(asked: Asked, shift: Shift, failpoint: Failpoint) -> None:
    """Make this process quick, and watch it."""
    put(tick, "freeze", partial(freezing.freeze, batch_size=asked.batch))
    put(uptime, "LONGEST_GAP", math.inf)  # the clock leaps from tick to tick, and counts as one that ran meanwhile
    put(sender, "pause", lambda seconds: wakeups.pause(min(seconds, SHORT_NAP)))
    if asked.deadline:
        put(claiming, "DEADLINE_SECONDS", asked.deadline)
        put(sendgrid, "PROBE_SECONDS", asked.deadline)
    if asked.synced:
        keep_what_was_synced(asked.synced)
    if asked.disk:
        fill_disk(asked.disk)
        put(sender, "_PATIENCE", 1.0)
    if asked.mutant:
        MUTANTS[asked.mutant].apply()
    shift.rule(Engine)
    shift.rule_the_process()
    steps.watch_database(failpoint)
    steps.watch_note(failpoint)
    sockets.watch_sockets(failpoint.pass_step)
    if asked.broken:
        break_database(Broken.parse(asked.broken), asked.case)


def _send(
    asked: Asked, database: Database, settings: Settings, transport: Transport, stop: threading.Event, shift: Shift
) -> int:
    """Tick as the scheduler does; where it would wait for the next tick, the clock is set forward instead."""
    for _ in range(asked.ticks):
        try:
            note_heartbeat(database, f"a sender:{os.getpid()}")
            tick.tick(Process(database, settings, transport, lambda: FRIDAY + timedelta(seconds=asked.ahead), stop))
            if _is_sent(database):
                return SENT
        except Exception:
            log.exception("the tick failed; the next goes on")
        if stop.is_set():
            return INTERRUPTED
        shift.add(LEASE if asked.alone else RETRY)
    return LEFT


def _is_sent(database: Database) -> bool:
    with database.reading() as session:
        return session.query(Issue).filter_by(send_date=FRIDAY.date()).one().state == IssueState.SENT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.crash.sender", description=__doc__)
    parser.add_argument("case", type=Path, help="the case's folder")
    parser.add_argument("--step", default="", help="its name as --list shows it; without it all steps count")
    parser.add_argument("--passing", type=int, default=0, help="the how-manieth passing, from 1; 0: no failpoint")
    parser.add_argument("--act", type=Act, default=Act.KILL, choices=list(Act))
    parser.add_argument("--ticks", type=int, default=5, help="so many at the most")
    parser.add_argument("--alone", action="store_true", help="no other sender is alive: no lease needs respect")
    parser.add_argument("--deadline", type=float, default=0.0, help="seconds for a request, instead of digest's own")
    parser.add_argument("--batch", type=int, default=SMALL, help="how many readers go into a batch")
    parser.add_argument("--mutant", default="", choices=["", *MUTANTS], help="a wrong design instead of digest's")
    parser.add_argument("--broken", default="", help="a statement or commit that fails, as in statement:7:before")
    parser.add_argument("--disk", type=int, default=0, help="pages that fit on the disk, for SQLite")
    parser.add_argument("--synced", type=Path, help="a folder that gets what a power cut would leave")
    parser.add_argument("--network", default="", help="the network namespace of the host that it runs on")
    parser.add_argument("--ahead", type=float, default=0.0, help="seconds by which its host's clock is wrong")
    parser.add_argument("--list", action="store_true", help="print the steps that were passed, and how often")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
