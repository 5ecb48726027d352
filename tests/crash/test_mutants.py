"""The judges are not blind: each wrong design is caught, by a scenario in which digest's own design does well."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import update

from digest.domain.issues.lifecycle import IssueState
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue
from digest.storage.sending.batches import Batch, BatchState
from tests.crash import powercut
from tests.crash.failpoint import Act
from tests.crash.judge import Allowed, judge
from tests.crash.mutants import MUTANTS, without_uniqueness
from tests.crash.play import CONCURRENCY, Scenario, Theatre
from tests.crash.programme import note_figures
from tests.crash.stage import READERS, Case, let_unsubscribe
from tests.loopback.faults import DropUnanswered, Redirect, ServerError
from tests.loopback.orders import Order

OUTAGE = Order((ServerError(503, accept=True),), nth=1)
SILENT = Order((DropUnanswered(accept=True),), nth=1)
REDIRECTED = Order((Redirect(),), nth=1)


def say_resend(case: Case) -> None:
    """A person's word on every held batch: send it again."""
    with closing(Database(case.url)) as database, database.writing() as session:
        session.execute(update(Batch).where(Batch.state == BatchState.HELD).values(state=BatchState.PENDING))
        session.execute(update(Issue).where(Issue.state == IssueState.SENT).values(state=IssueState.SENDING))


ASLEEP = Scenario("before the request", 1, Act.STOP, orders=(), settle=say_resend)
"""A sender falls asleep before its first request. Its batch is held, and a person has it sent again. Then it wakes."""

SCENARIOS: Mapping[str, Scenario] = {
    "accepted-before-posting": Scenario("before the request", 1),
    "claim-not-committed": Scenario("after the last byte", 1, orders=()),
    "lease-to-pending": Scenario("after the last byte", 1),
    "timeout-tried-again": Scenario(orders=(SILENT,)),
    "silence-trusted-at-once": Scenario(orders=(OUTAGE,)),
    "doubt-called-failed": Scenario(orders=(SILENT,)),
    "5xx-is-a-certain-no": Scenario(orders=(OUTAGE,)),
    "redirect-is-a-yes": Scenario(orders=(REDIRECTED,)),
    "every-answer-is-a-yes": Scenario(orders=(REDIRECTED,)),
    "no-fence": ASLEEP,
    "no-deadline": ASLEEP,
    "frozen-twice": Scenario(before=lambda case: without_uniqueness(case.url)),
    "leavers-not-looked-for": Scenario(
        "after COMMIT of the freeze",
        1,
        Act.STOP,
        meanwhile=lambda case: let_unsubscribe(case, READERS[2]),
        left=(READERS[2],),
    ),
    "rest-of-a-refused-batch-dropped": Scenario(orders=()),
}
ELSEWHERE = ("postgresql-answers-early", "silence-trusted-unheard")
"""Caught in `test_database_faults` and in `test_webhook`."""
BY_POWER_CUT = ("synchronous-off", "synchronous-normal")


def test_each_mutant_has_its_scenario() -> None:
    assert set(MUTANTS) == {*SCENARIOS, *BY_POWER_CUT, *ELSEWHERE}
    assert len(MUTANTS) >= 10


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_mutant_is_caught_where_the_real_design_does_well(theatre: Theatre, name: str) -> None:
    scenario = SCENARIOS[name]
    assert not (came := theatre.play(scenario)).complaints, came
    following = ("--mutant", name)
    came = theatre.play(replace(scenario, more=following), finish_with=following)
    caught = [complaint for complaint in came.complaints if complaint.startswith(CAUGHT_BY)]
    assert caught, f"{name} survived: {came.complaints}"
    note_figures(mutants_caught=1)


CAUGHT_BY = ("doubled", "lost", "stuck", "wrongly certain", "mailed although gone")


def test_what_is_frozen_twice_is_refused_by_the_database_itself(theatre: Theatre) -> None:
    following = ("--mutant", "frozen-twice")
    assert not (came := theatre.play(Scenario(more=following), finish_with=following)).complaints, came


def after_a_power_cut(theatre: Theatre, step: str, passing: int, *more: str) -> list[str]:
    """The machine loses its power at this step; what was not synced is gone, and the senders start anew."""
    with theatre.stage(()) as (case, sendgrid):
        disk = case.folder / "disk"
        disk.mkdir()
        scenario = Scenario(step, passing, more=("--synced", str(disk), *more))
        complaints, fired = theatre.play_round(case, scenario)
        assert fired, "never passed"
        powercut.after_the_cut(case.folder, disk)
        complaints += theatre.finish(case)
        sendgrid.stop()
        return complaints + judge(case, sendgrid.requests, Allowed(died=CONCURRENCY))


POWER_CUTS = (
    ("before COMMIT of the freeze", 1),
    ("after COMMIT of the freeze", 1),
    ("after COMMIT of the claim", 1),
    ("after the last byte", 1),
    ("after the last byte", 3),
    ("before COMMIT of a turn that records and claims", 1),
    ("after COMMIT of a turn that records and claims", 1),
    ("after the note beside the database", 2),
    ("after COMMIT of the finish", 1),
)


@pytest.mark.skipif(bool(powercut.MISSING), reason=powercut.MISSING)
@pytest.mark.parametrize(("step", "passing"), POWER_CUTS)
def test_a_power_cut_loses_and_doubles_nothing(theatre: Theatre, step: str, passing: int) -> None:
    assert after_a_power_cut(theatre, step, passing) == []
    note_figures(power_cuts=1)


@pytest.mark.skipif(bool(powercut.MISSING), reason=powercut.MISSING)
@pytest.mark.parametrize("name", BY_POWER_CUT)
def test_a_database_that_does_not_wait_for_the_disk_is_caught(theatre: Theatre, name: str) -> None:
    found = after_a_power_cut(theatre, "after the last byte", 3, "--mutant", name)
    assert [complaint for complaint in found if complaint.startswith(CAUGHT_BY)]
    note_figures(mutants_caught=1)
