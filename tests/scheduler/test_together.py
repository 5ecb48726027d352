"""Many clocks at once, each with its own connections, on one database: everything once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from digest.config import Settings
from digest.operations.running.tick import tick
from digest.operations.shared.context import Process
from digest.storage.base.database import Database
from tests.factories import make_issue, make_summary
from tests.scheduler.conftest import CUTOFF, FRIDAY, NEXT_FRIDAY, SEND, TUESDAY, Week, london

pytestmark = pytest.mark.on_both

CLOCKS = 50
FEW = 12
"""For what is made or told once, whichever way the send goes: what is doubled shows among a dozen, too."""


@dataclass(frozen=True)
class Clocks:
    """Clocks, each with connections of its own, which last as long as the test."""

    threads: ThreadPoolExecutor
    databases: Sequence[Database]


@pytest.fixture
def fifty_clocks(settings: Settings) -> Iterator[Clocks]:
    with _clocks(settings, CLOCKS) as clocks:
        yield clocks


@pytest.fixture
def clocks(settings: Settings) -> Iterator[Clocks]:
    with _clocks(settings, FEW) as clocks:
        yield clocks


@contextmanager
def _clocks(settings: Settings, how_many: int) -> Iterator[Clocks]:
    with ExitStack() as stack:
        databases = [stack.enter_context(closing(Database(settings.database_url))) for _ in range(how_many)]
        yield Clocks(stack.enter_context(ThreadPoolExecutor(how_many)), databases)


def tick_together(clocks: Clocks, week: Week, now: datetime) -> None:
    """All clocks look at the same moment; what one of them raises is raised here."""
    ready = threading.Barrier(len(clocks.databases))

    def one_clock(db: Database) -> None:
        ready.wait(60)
        tick(Process(db, replace(week.settings, send_concurrency=1), week.transport, lambda: now))

    for clock in [clocks.threads.submit(one_clock, db) for db in clocks.databases]:
        clock.result()


def test_fifty_clocks_are_one_clock(week: Week, readers: list[str], fifty_clocks: Clocks) -> None:
    for moment in (TUESDAY, CUTOFF, SEND, SEND):
        tick_together(fifty_clocks, week, moment)
    assert week.copies == readers
    assert week.states() == {FRIDAY: "sent", NEXT_FRIDAY: "open"}
    assert len(week.proofs) == 1
    assert week.notices == []
    assert [line.split(",")[0] for line in week.history()] == [
        "the clock: closed it; the proof is on its way to the editors",
        "the clock: froze it for 3 readers",
        "the send: finished: 3 accepted",
    ]


@pytest.mark.usefixtures("editors", "readers")
def test_a_dozen_clocks_make_one_issue(db: Database, settings: Settings, clocks: Clocks) -> None:
    week = Week(db, settings)
    tick_together(clocks, week, TUESDAY)
    assert week.states() == {FRIDAY: "open"}


def test_a_dozen_clocks_skip_an_empty_issue_once(empty_week: Week, clocks: Clocks) -> None:
    for moment in (CUTOFF, SEND):
        tick_together(clocks, empty_week, moment)
    assert empty_week.states() == {FRIDAY: "skipped", NEXT_FRIDAY: "open"}
    assert empty_week.notices == ["Nothing is selected for this week’s issue", "No digest on 17 May 2024"]


def test_a_dozen_clocks_tell_of_a_missed_issue_once(week: Week, clocks: Clocks) -> None:
    tick_together(clocks, week, london(18, 9))
    assert week.notices == ["The issue of 17 May 2024 did not go"]
    assert week.states() == {FRIDAY: "open", NEXT_FRIDAY: "open"}


@pytest.mark.usefixtures("editors")
def test_a_dozen_clocks_skip_an_issue_without_readers_once(db: Database, settings: Settings, clocks: Clocks) -> None:
    make_issue(db, FRIDAY, [make_summary(db)], introduction="One story.")
    week = Week(db, settings)
    for moment in (CUTOFF, SEND):
        tick_together(clocks, week, moment)
    assert week.states() == {FRIDAY: "skipped", NEXT_FRIDAY: "open"}
    assert week.notices == ["No digest on 17 May 2024"]
