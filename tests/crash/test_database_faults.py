"""The database fails under a send: at every statement and every commit, when the disk is full, when the server dies."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import count

import pytest

from tests.crash.conftest import OpenTheatre
from tests.crash.database_faults import Broken, What, When
from tests.crash.databases import KINDS, PostgresqlHome
from tests.crash.failpoint import Act
from tests.crash.judge import Allowed, judge
from tests.crash.nursery import Nursery
from tests.crash.play import CONCURRENCY, OUTAGE, Scenario, Theatre
from tests.crash.programme import by_form, note_figures
from tests.crash.stage import set_stage

SHARES = 2
_EVERY, _EVERY_COMMIT = by_form((37, 4), (13, 1), (1, 1))
"""In the short form every thirty-seventh statement fails, and every fourth commit, not the same on both databases."""
_FAILS = ("--ticks", "12")


def fail_to_the_end(theatre: Theatre, what: What, when: When, numbers: Iterable[int]) -> list[str]:
    """A case for each number, until the send is over before its failure is due; returns complaints."""
    wrong, failed = [], 0
    for number in numbers:
        broken = Broken(what, number, when)
        came = theatre.play(Scenario(more=("--broken", str(broken), *_FAILS)))
        wrong += [f"{broken}: {complaint}\n{came.log}" for complaint in came.complaints]
        if not came.failed:
            break
        failed += 1
    note_figures(database_faults=failed)
    return wrong if failed else ["no failure came about", *wrong]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("share", range(SHARES))
def test_a_statement_that_fails_costs_nothing(open_theatre: OpenTheatre, kind: str, when: When, share: int) -> None:
    numbers = count(_EVERY * (share + 1), _EVERY * SHARES)
    wrong = fail_to_the_end(open_theatre(kind), What.STATEMENT, when, numbers)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("when", When)
def test_a_commit_that_fails_costs_nothing(open_theatre: OpenTheatre, kind: str, when: When) -> None:
    first = 1 + (KINDS.index(kind) + 2 * list(When).index(when)) % _EVERY_COMMIT
    wrong = fail_to_the_end(open_theatre(kind), What.COMMIT, when, count(first, _EVERY_COMMIT))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", [0, 1, 2, 3, 5, 8])
def test_a_full_disk_costs_nothing(theatre: Theatre, room: int) -> None:
    with theatre.stage(()) as (case, sendgrid):
        with sqlite3.connect(case.folder / "digest.db") as connection:
            [pages] = connection.execute("PRAGMA page_count").fetchone()
        connection.close()
        theatre.nursery.run(case.folder, "--disk", pages + room, "--ticks", "2")
        complaints = theatre.finish(case)
        sendgrid.stop()
        assert complaints + judge(case, sendgrid.requests, Allowed(died=CONCURRENCY)) == []


@pytest.fixture(scope="module")
def doomed() -> Iterator[PostgresqlHome]:
    """A server of its own, since it is going to die."""
    try:
        home = PostgresqlHome(set_stage)
    except (ImportError, OSError, RuntimeError) as error:
        pytest.skip(f"PostgreSQL for tests is not here ({error})")
    yield home
    home.close()


def stop_the_server(doomed: Theatre, server: PostgresqlHome, step: str, *more: str) -> list[str]:
    """PostgreSQL dies while a sender stands at this step, and is started again: the sender is on its own."""
    with doomed.stage((OUTAGE,)) as (case, sendgrid):
        words = ("--step", step, "--passing", 1, "--act", Act.STOP, "--ticks", 12, *more)
        pid = doomed.nursery.start(case.folder, *words)
        assert doomed.nursery.wait({pid}).what == "stopped"
        server.stop_at_once()
        server.start_again()
        case.shift.add(0.001)
        os.kill(pid, signal.SIGCONT)
        ended = doomed.nursery.wait({pid})
        sendgrid.stop()
        complaints = judge(case, sendgrid.requests, Allowed())
        return complaints + ([f"ended with {ended.status}"] if ended.status else [])


SERVER_DIES = (
    "after COMMIT of the freeze",
    "before INSERT attempts",
    "before COMMIT of the claim",
    "after COMMIT of the claim",
    "after the last byte",
    "after the whole answer",
    "before COMMIT of a turn that records and claims",
)


def test_a_sender_goes_on_unaided_when_its_server_died_at_once(nursery: Nursery, doomed: PostgresqlHome) -> None:
    stricken = Theatre(nursery, doomed)
    wrong = {step: stop_the_server(stricken, doomed, step) for step in SERVER_DIES}
    assert not any(wrong.values()), wrong
    note_figures(servers_stopped=len(SERVER_DIES))


def test_a_commit_that_is_answered_before_it_is_written_is_caught(nursery: Nursery, doomed: PostgresqlHome) -> None:
    stricken = Theatre(nursery, doomed)
    found = stop_the_server(stricken, doomed, "after the last byte", "--mutant", "postgresql-answers-early")
    assert [complaint for complaint in found if complaint.startswith("doubled")]
    note_figures(mutants_caught=1)
