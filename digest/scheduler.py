"""The clock: APScheduler, which only ticks. It decides nothing, so missing, doubled and late ticks do no harm."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler

from digest.config import Settings
from digest.feeds.fetching.fetcher import Fetcher
from digest.feeds.fetching.rules import fetch_rules
from digest.mail.monitors import ping
from digest.mail.outgoing.interface import Transport
from digest.operations.archive.pairing import pair_block
from digest.operations.issues.link_checking import check_current_links, link_checker
from digest.operations.messages.delivering import deliver_waiting
from digest.operations.messages.passing_events_on import pass_events_on
from digest.operations.readers.desk_imports import forget_imports, go_on_with_imports
from digest.operations.running.backing_up import back_up_daily
from digest.operations.running.forgetting import forget_in_time
from digest.operations.running.housekeeping import tidy_up
from digest.operations.running.tick import note_heartbeat, tick
from digest.operations.running.watch import Watch
from digest.operations.shared.context import Process
from digest.operations.shared.fault_log import FaultLog
from digest.operations.shared.log_context import at_work_on
from digest.operations.shared.process_names import process_name
from digest.operations.shared.wakeups import pause
from digest.operations.sources.collecting import Poller, keep_polling
from digest.operations.sources.grouping import group_leads
from digest.operations.sources.looking_at_originals import look_at_originals, looking_through
from digest.operations.sources.visiting import PacedFetcher
from digest.storage.base.database import Database
from digest.storage.base.database_file import DatabaseFileGone

TICK_SECONDS = 5
PING_SECONDS = 60
MESSAGES_SECONDS = 2
HEARTBEAT_SECONDS = 10
HOUSEKEEPING_SECONDS = 3_600
WATCH_SECONDS = 60
EVENTS_SECONDS = 5
POLLING_SECONDS = 10
BACKUP_SECONDS = 60
IMPORT_SECONDS = 3
_LONGEST_WAIT = 0.5
_MONITOR = "the monitor at HEARTBEAT_URL"


def utc_now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def _offset() -> float:
    return time.time() - time.monotonic()


class _Scheduler(BlockingScheduler):  # type: ignore[misc]
    """APScheduler's blocking scheduler, with a wait that also ends when asked and under a shifted clock."""

    def __init__(self, stopping: threading.Event, **options: Any) -> None:
        super().__init__(**options)
        self._stopping = stopping

    def _main_loop(self) -> None:
        offset = _offset()
        while not self._stopping.is_set():
            if _offset() < offset - 1.0:
                # The wall clock was set back: jobs planned by it would keep silent for as long.
                for job in self.get_jobs():
                    job.modify(next_run_time=utc_now())
            offset = _offset()
            pause(min(_LONGEST_WAIT, self._process_jobs()))


class Clock:
    """One clock. Any number may run, on any number of hosts."""

    def __init__(self, db: Database, settings: Settings, transport: Transport) -> None:
        self._db = db
        self._settings = settings
        self._transport = transport
        self._fault_log = FaultLog()
        self._watch = Watch(self._fault_log)
        self._ticked_well = False
        self._pinged_at = -math.inf
        self._stopping = threading.Event()
        self._process = Process(db, settings, transport, utc_now, self._stopping)
        fetcher = Fetcher(fetch_rules(settings))
        self._poller = Poller(db, settings, fetcher, utc_now, self._stopping)
        paced = PacedFetcher(db, settings, fetcher, utc_now)
        self._check_link = link_checker(paced)
        self._look = looking_through(paced)
        self._owner = process_name()
        self._jobs: Sequence[tuple[str, Callable[[], None], int]] = (
            ("the clock’s sign of life", self._beat, HEARTBEAT_SECONDS),
            ("the tick", self._tick, TICK_SECONDS),
            ("HEARTBEAT_URL", self._ping, TICK_SECONDS),
            ("handing over single messages", self._messages, MESSAGES_SECONDS),
            ("housekeeping", self._housekeeping, HOUSEKEEPING_SECONDS),
            ("asking sources", self._poll, POLLING_SECONDS),
            ("finding stories", self._group, POLLING_SECONDS),
            ("finding pairs of words", self._pair, POLLING_SECONDS),
            ("looking at links", self._look_at_links, POLLING_SECONDS),
            ("the daily backup", self._back_up, BACKUP_SECONDS),
            ("passing events on", self._pass_events_on, EVENTS_SECONDS),
            ("looking for what is wrong", self._look_for_trouble, WATCH_SECONDS),
            ("imports of readers", self._import, IMPORT_SECONDS),
        )
        """A thread each: a long send must not hold back the sign of life."""
        self._scheduler = _Scheduler(
            self._stopping,
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(len(self._jobs))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def run(self) -> None:
        """Tick until `stop` is called; then finish the requests in hand."""
        for name, job, seconds in self._jobs:
            self._scheduler.add_job(
                self._carefully(name, job), "interval", seconds=seconds, next_run_time=utc_now(), id=name
            )
        self._scheduler.start()
        self._scheduler.shutdown(wait=True)
        self._transport.close()

    def stop(self) -> None:
        """Ask the clock to end."""
        self._stopping.set()

    def _tick(self) -> None:
        tick(self._process, self._fault_log)
        self._ticked_well = True

    def _ping(self) -> None:
        """Once a minute, if a tick went well since the last time; a job of its own, so that no tick waits for it."""
        due = time.monotonic() - self._pinged_at >= PING_SECONDS - TICK_SECONDS / 2
        if not (self._settings.heartbeat_url and self._ticked_well and due):
            return
        self._ticked_well, self._pinged_at = False, time.monotonic()
        if fault := ping(self._settings.heartbeat_url):
            self._fault_log.failed(_MONITOR, f"was not reached: {fault}")
        else:
            self._fault_log.went_well(_MONITOR)

    def _messages(self) -> None:
        deliver_waiting(self._db, self._settings, self._transport, utc_now)

    def _beat(self) -> None:
        note_heartbeat(self._db, self._owner)

    def _housekeeping(self) -> None:
        tidy_up(self._db, utc_now(), self._settings.leads_kept)
        forget_in_time(self._process.context())
        forget_imports(self._process.context())

    def _poll(self) -> None:
        keep_polling(self._poller)

    def _look_at_links(self) -> None:
        check_current_links(self._process, self._check_link)
        look_at_originals(self._process, self._look)

    def _group(self) -> None:
        group_leads(self._process.context())

    def _pair(self) -> None:
        pair_block(self._db)

    def _back_up(self) -> None:
        back_up_daily(self._process.context())

    def _pass_events_on(self) -> None:
        pass_events_on(self._process)

    def _look_for_trouble(self) -> None:
        self._watch.look(self._process.branded().context())

    def _import(self) -> None:
        go_on_with_imports(self._process)

    def _carefully(self, name: str, job: Callable[[], None]) -> Callable[[], None]:
        """A job whose failure is said and tried again at the next round: one bad moment must not end the clock."""

        def run() -> None:
            started = time.monotonic()
            try:
                with at_work_on(name):
                    job()
            except DatabaseFileGone:
                return  # said when it was noticed
            except Exception as error:  # noqa: BLE001 - the last line of defence; it is said with its trace
                lasted = time.monotonic() - started
                self._fault_log.failed(name, f"failed after {lasted:.1f} s; it runs again", error)
            else:
                self._fault_log.went_well(name)

        return run
