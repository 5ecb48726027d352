"""Playing a case: senders that meet a failpoint, whoever comes after them, and the judges at the end."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.crash.database_faults import has_failed
from tests.crash.databases import Home
from tests.crash.failpoint import IN_THE_REQUEST, NETWORK_FAILS, Act, fired_in
from tests.crash.judge import Allowed, judge, requests_in_hand
from tests.crash.nursery import News, Nursery, Stuck
from tests.crash.sender import INTERRUPTED, LEFT, SENT
from tests.crash.stage import REFUSED, Case, open_case
from tests.loopback.faults import ServerError
from tests.loopback.orders import Order
from tests.loopback.sendgrid import LoopbackSendGrid

CONCURRENCY = 2
PAST_THE_LEASE = 60.0
OUTAGE = Order((ServerError(503, accept=True),), nth=2)
"""The second request is answered 503 although it was accepted: so the steps of doubt and probing are passed too."""


@dataclass(frozen=True)
class Scenario:
    """What happens in a case. `more` are further words for the first senders' command line."""

    step: str = ""
    passing: int = 0
    act: Act = Act.KILL
    senders: int = 1
    orders: Sequence[Order] = (OUTAGE,)
    more: Sequence[str] = ()
    before: Callable[[Case], object] = lambda _: None
    """Done to the staged case."""
    meanwhile: Callable[[Case], object] = lambda _: None
    """Done while a sender stands still."""
    settle: Callable[[Case], object] = lambda _: None
    """Done while it still does, after others have sent what they could."""
    left: Sequence[str] = ()
    """Readers who leave before any batch is claimed."""

    def __str__(self) -> str:
        at = f"{self.step or 'any step'} #{self.passing}" if self.passing else "no failpoint"
        return f"{self.act} at {at}, {self.senders} sender(s) {' '.join(self.more)}".strip()


@dataclass(frozen=True)
class Played:
    """What came of a case: the judges' complaints, and the step at which the failpoint went off."""

    complaints: Sequence[str]
    fired: str | None
    log: str = ""
    failed: bool = False
    """Whether the database failed as ordered."""


class Theatre:
    """Plays cases one after the other on one kind of database."""

    def __init__(self, nursery: Nursery, home: Home) -> None:
        self.nursery = nursery
        self.home = home

    def play(self, scenario: Scenario, finish_with: Sequence[str] = ()) -> Played:
        """One case from its closed issue to the judges."""
        with self.stage(scenario.orders) as (case, sendgrid):
            scenario.before(case)
            complaints = self._senders(case, scenario, finish_with) + self.finish(case, *finish_with)
            sendgrid.stop()
            fired = fired_in(case.folder)
            complaints += judge(case, sendgrid.requests, _allowed(scenario, fired.step if fired else None))
            log = case.log() if complaints else ""
            return Played(complaints, fired.step if fired else None, log, has_failed(case.folder))

    @contextmanager
    def stage(
        self, orders: Sequence[Order], more: dict[str, str] | None = None, host: str = "127.0.0.1"
    ) -> Iterator[tuple[Case, LoopbackSendGrid]]:
        """A fresh case with these further settings, and its SendGrid, which refuses one address.

        Senders look for it on 127.0.0.1, whatever address it listens on.
        """
        folder = Path(tempfile.mkdtemp(prefix="digest-crash-"))
        with LoopbackSendGrid(host=host, keep_payloads=False) as sendgrid:
            sendgrid.refuse(REFUSED)
            for order in orders:
                sendgrid.order(order)
            case = open_case(folder, self.home, f"http://127.0.0.1:{sendgrid.port}", more)
            try:
                yield case, sendgrid
            finally:
                self.home.drop(case.url)
                shutil.rmtree(folder, ignore_errors=True)

    def finish(self, case: Case, *more: str) -> list[str]:
        """A fresh sender, alone, does what is left."""
        try:
            news = self.nursery.run(case.folder, "--alone", "--ticks", "40", *more)
        except Stuck as stuck:
            return [str(stuck)]
        return [] if news.status == SENT else [f"stuck: a fresh sender ended with {news.status}"]

    def play_round(self, case: Case, scenario: Scenario) -> tuple[list[str], bool]:
        """One more set of senders on a case that goes on: complaints, and whether the failpoint went off."""
        (case.folder / "fired").unlink(missing_ok=True)
        complaints = self._senders(case, scenario, scenario.more)
        return complaints, fired_in(case.folder) is not None

    def _senders(self, case: Case, scenario: Scenario, finish_with: Sequence[str]) -> list[str]:
        arguments = ["--step", scenario.step, "--passing", scenario.passing, "--act", scenario.act, *scenario.more]
        try:
            running = {self.nursery.start(case.folder, *arguments) for _ in range(scenario.senders)}
            return self._until_all_ended(case, scenario, running, finish_with)
        except Stuck as stuck:
            return [str(stuck)]

    def _until_all_ended(
        self, case: Case, scenario: Scenario, running: set[int], finish_with: Sequence[str]
    ) -> list[str]:
        complaints: list[str] = []
        while running:
            news = self.nursery.wait(running)
            if news.what == "stopped":
                complaints += self._past_its_lease(case, scenario, news.pid, finish_with)
            else:
                running.discard(news.pid)
                complaints += _as_expected(scenario, case, news)
        return complaints

    def _past_its_lease(self, case: Case, scenario: Scenario, pid: int, finish_with: Sequence[str]) -> list[str]:
        """Another sender does the rest meanwhile, unless the sleeper has locked the database."""
        case.shift.add(PAST_THE_LEASE)
        complaints = []
        if not self.home.is_locked(case.url):
            scenario.meanwhile(case)
            complaints += self.finish(case, *finish_with)
            scenario.settle(case)
            complaints += self.finish(case, *finish_with)
        os.kill(pid, signal.SIGCONT)
        return complaints


def _as_expected(scenario: Scenario, case: Case, news: News) -> list[str]:
    """A sender that was killed is dead; one that was asked to end has left nothing in the air."""
    fired = fired_in(case.folder)
    hit = fired is not None and fired.pid == news.pid
    if hit and scenario.act is Act.KILL:
        return [] if news.status == -signal.SIGKILL else [f"not killed but {news.status}"]
    if hit and scenario.act is Act.TERM:
        complaints = [] if news.status in (SENT, INTERRUPTED) else [f"ended with {news.status} on SIGTERM"]
        if scenario.senders == 1 and requests_in_hand(case, news.pid):
            complaints.append("ended on SIGTERM with requests in hand")
        return complaints
    return [] if news.status in (SENT, LEFT) else [f"a sender ended with {news.status}"]


def _allowed(scenario: Scenario, step: str | None) -> Allowed:
    """In doubt may be: all that a dead or stopped sender had claimed; the one request that failed by itself."""
    if step is None or scenario.act is Act.TERM:
        return Allowed(left=scenario.left)
    if scenario.act is Act.RAISE and step in IN_THE_REQUEST:
        return Allowed(failed=0 if step in NETWORK_FAILS else 1, left=scenario.left)
    return Allowed(died=CONCURRENCY * scenario.senders, left=scenario.left)
