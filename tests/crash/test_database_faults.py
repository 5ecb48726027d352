"""The database fails under a send: at every statement and every commit, when the disk is full, when the server dies."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
from collections.abc import Iterator

import pytest

from tests.crash.conftest import OpenTheatre
from tests.crash.database_faults import Broken, What, When
from tests.crash.databases import KINDS, PostgresqlHome
from tests.crash.failpoint import Act
from tests.crash.judge import Allowed, judge
from tests.crash.nursery import Nursery
from tests.crash.play import CONCURRENCY, OUTAGE, Scenario, Theatre
from tests.crash.programme import LONG, note_figures
from tests.crash.stage import set_stage

SHARES = 4
_EVERY = 1 if LONG else 7
"""In the short form every seventh statement fails, before its effect and the next time after it; and every commit."""
_COUNTED = re.compile(r" *(\d+) (?:before|after) ")
_FAILS = ("--ticks", "12")


def statements_of_a_send(theatre: Theatre) -> int:
    """How many statements a sender makes that is left in peace, the probe of an outage included."""
    with theatre.stage((OUTAGE,)) as (case, _):
        theatre.nursery.run(case.folder, "--alone", "--list", "--ticks", "40")
        lines = (case.folder / "output").read_text().splitlines()
    said = [(line.split(" before ", 1)[1], int(line.split()[0])) for line in lines if " before " in line]
    kinds = ("SELECT", "INSERT", "UPDATE", "DELETE", "BEGIN", "COMMIT")
    return sum(count for step, count in said if step.startswith(kinds))


def faults(theatre: Theatre) -> Iterator[Broken]:
    """Every way to fail that is tried on this database."""
    last = statements_of_a_send(theatre)
    for number in range(1, last + 1):
        if number % _EVERY == 0:
            whens = list(When) if LONG else [list(When)[number // _EVERY % 2]]
            yield from (Broken(What.STATEMENT, number, when) for when in whens)
    yield from (Broken(What.COMMIT, number, when) for number in range(1, 20) for when in When)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", range(SHARES))
def test_a_statement_or_commit_that_fails_costs_nothing(open_theatre: OpenTheatre, kind: str, share: int) -> None:
    theatre = open_theatre(kind)
    wrong, played = [], 0
    for broken in list(faults(theatre))[share::SHARES]:
        came = theatre.play(Scenario(more=("--broken", str(broken), *_FAILS)))
        played += 1
        wrong += [f"{broken}: {complaint}\n{came.log}" for complaint in came.complaints]
    note_figures(database_faults=played)
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
