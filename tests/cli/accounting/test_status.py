"""`digest status`: what it says of doubts and pauses, to people and to programs, and of issues that are not there."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from digest.config import Settings
from digest.operations.issues.holding import hold_issue
from digest.operations.issues.week import skip_issue
from digest.operations.sending.stopping import stop_send
from digest.operations.shared.context import Context
from digest.operations.shared.process_names import process_name
from digest.storage.base.database import Database
from digest.storage.sending.batches import Attempt, Batch, BatchState
from tests.cli.shell import Shell
from tests.conftest import TUESDAY, through
from tests.factories import make_issue, make_readers
from tests.loopback.faults import DropUnanswered
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.unsettled import batches, freeze_issue, send

DOUBTED = datetime(2024, 5, 17, 7, 1, 30, tzinfo=UTC)


@pytest.fixture
def environ(environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | through(sendgrid)


@pytest.fixture
def one_held(db: Database, settings: Settings, sendgrid: LoopbackSendGrid) -> int:
    """Twenty readers in two batches: the first was cut off on Friday at 07:01 UTC, the second accepted."""
    make_readers(db, settings, 20)
    issue_id = freeze_issue(db, settings, batch_size=10)
    sendgrid.misbehave(DropUnanswered(accept=False))
    send(db, settings, issue_id)
    (batch_id,) = batches(db, BatchState.HELD)
    with db.writing() as session:
        session.get_one(Batch, batch_id).unknown_at = DOUBTED.timestamp()
        for attempt in session.scalars(select(Attempt).where(Attempt.batch_id == batch_id)):
            attempt.started_at = DOUBTED.replace(second=0)
    return batch_id


def test_a_doubt_is_told_with_its_moment_and_the_last_attempt(shell: Shell, one_held: int) -> None:
    _, out, _ = shell.run("status")
    (line,) = [line.strip() for line in out.splitlines() if line.startswith(f"  batch {one_held}")]
    began = "Friday 17 May 2024, 08:01 Europe/London"
    said = f"batch {one_held}, held, 10 copies, no answer, since {began}, last attempt begun {began} by "
    assert line.startswith(f"{said}{process_name()}: no complete answer from SendGrid")


def test_programs_get_the_same(shell: Shell, one_held: int) -> None:
    found = json.loads(shell.run("status", "--json")[1])
    assert (found["paused"], found["stopped_at"]) == (None, None)
    doubted, accepted = sorted(found["batches"], key=lambda batch: bool(batch["id"] != one_held))
    assert doubted.pop("because").startswith("no complete answer from SendGrid")
    assert doubted == {
        "id": one_held, "state": "held", "size": 10, "attempts": 1, "cause": "no answer", "since": DOUBTED.isoformat(),
        "last_attempt": {
            "started_at": DOUBTED.replace(second=0).isoformat(), "owner": process_name()
        },
    }  # fmt: skip
    nothing = {"cause": None, "because": None, "since": None, "last_attempt": None}
    assert accepted == {"id": accepted["id"], "state": "accepted", "size": 10, "attempts": 1, **nothing}


def test_a_batch_that_was_never_tried_has_no_attempt(db: Database, settings: Settings, shell: Shell) -> None:
    make_readers(db, settings, 1)
    freeze_issue(db, settings)
    with db.writing() as session:
        session.query(Batch).one().state = BatchState.HELD
    (batch,) = json.loads(shell.run("status", "--json")[1])["batches"]
    assert (batch["since"], batch["last_attempt"]) == (None, None)
    said = shell.run("status")[1]
    assert said.startswith("Issue of 17 May 2024, sending: 1 reader.\n")
    assert "held, 1 copy, cause not recorded\n" in said


def test_a_send_that_was_stopped_is_paused(db: Database, settings: Settings, shell: Shell) -> None:
    make_readers(db, settings, 1)
    stop_send(db, TUESDAY, freeze_issue(db, settings), "alice@digest.test")
    found = json.loads(shell.run("status", "--json")[1])
    assert found["paused"] == "stopped by alice@digest.test"
    assert found["stopped_at"] == TUESDAY.isoformat()


def test_an_issue_that_is_not_frozen_is_named(db: Database, shell: Shell) -> None:
    make_issue(db, date(2024, 5, 17))
    status, out, _ = shell.run("status", "--issue", "2024-05-17")
    assert status == 1
    assert out == "The issue of 17 May 2024 is open: nothing of it has been frozen yet.\n"


def test_an_issue_that_waits_or_was_skipped_is_said_to_be_so(db: Database, settings: Settings, shell: Shell) -> None:
    hold_issue(db, TUESDAY, make_issue(db, date(2024, 5, 17)), "alice@digest.test")
    skip_issue(Context(db, settings, TUESDAY), make_issue(db, date(2024, 5, 24)), "alice@digest.test", "a bank holiday")
    waits, skipped = (shell.run("status", "--issue", f"2024-05-{day}") for day in (17, 24))
    assert waits[:2] == (1, "The issue of 17 May 2024 is open and on hold: nothing of it has been frozen yet.\n")
    assert skipped[:2] == (1, "The issue of 24 May 2024 was skipped (a bank holiday): nobody gets it.\n")


def test_a_date_without_an_issue_is_answered_with_those_near_it(db: Database, shell: Shell) -> None:
    for day in (3, 10, 17, 24, 31):
        make_issue(db, date(2024, 5, day))
    status, _, err = shell.run("status", "--issue", "2024-05-16")
    assert status == 4
    near = "2024-05-03 (open), 2024-05-10 (open), 2024-05-17 (open), 2024-05-24 (open)"
    assert err == f"digest: There is no issue on 2024-05-16. Near it: {near}. Use --issue with one of these.\n"


@pytest.mark.usefixtures("db")
def test_a_date_where_there_are_no_issues_at_all(shell: Shell) -> None:
    status, _, err = shell.run("status", "--issue", "2024-05-16")
    assert status == 4
    assert "There is no issue at all yet" in err


@pytest.mark.parametrize("typed", ["27.11.2026", "2026-11-31", "next friday", "2026-11-27T08:00"])
@pytest.mark.parametrize("command", ["status", "send", "preview"])
@pytest.mark.usefixtures("db")
def test_a_date_in_another_form_is_answered_with_the_form(shell: Shell, command: str, typed: str) -> None:
    status, _, err = shell.run(command, "--issue", typed)
    assert status == 2
    assert f"“{typed}” is no date that can be used: use YYYY-MM-DD, for example 2026-11-27." in err
