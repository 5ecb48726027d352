"""`digest settle`, as the operator runs it; and what `digest status` says of batches in doubt."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from digest.cli.shared.output import bar_line
from digest.config import Settings
from digest.storage.base.database import Database
from digest.storage.sending.batches import BatchState
from tests.cli.shell import Shell
from tests.conftest import through
from tests.factories import make_readers
from tests.loopback.faults import DropUnanswered, ServerError
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.unsettled import WEBHOOK_KEY, account, batches, decisions, freeze_issue, send


@pytest.fixture
def environ(environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | through(sendgrid)


@pytest.fixture
def held(db: Database, settings: Settings, sendgrid: LoopbackSendGrid) -> int:
    """Thirty readers in batches of ten, none of which SendGrid took: two were cut off, one was answered by 503."""
    make_readers(db, settings, 30)
    issue_id = freeze_issue(db, settings, batch_size=10)
    sendgrid.misbehave(DropUnanswered(accept=False), DropUnanswered(accept=False), ServerError(503))
    send(db, settings, issue_id)
    return issue_id


@pytest.mark.on_both
def test_status_lists_what_waits_and_the_remedy(db: Database, shell: Shell, held: int) -> None:  # noqa: ARG001
    first, second, answered = batches(db, BatchState.HELD)
    status, out, _ = shell.run("status", "--issue", "2024-05-17")
    lines = [line.strip() for line in out.splitlines()]
    assert status == 0
    assert "0 accepted, 0 failed, 0 skipped, 0 unknown, 30 held, 0 waiting." in lines
    assert [line.split(":")[0].split(", since")[0] for line in lines if line.startswith("batch ")] == [
        f"batch {first}, held, 10 copies, no answer",
        f"batch {second}, held, 10 copies, no answer",
        f"batch {answered}, held, 10 copies, bad answer",
    ]
    assert f"digest settle {first} resend    SendGrid did not take it: it goes again" in lines


@pytest.mark.parametrize("verdict", ["sent", "resend", "skip"])
@pytest.mark.on_both
def test_a_word_settles_and_the_account_follows(
    db: Database, shell: Shell, sendgrid: LoopbackSendGrid, held: int, verdict: str
) -> None:
    first, second, _ = batches(db, BatchState.HELD)
    status, out, err = shell.run("settle", str(first), verdict, "--alike", "--because", "Activity shows it")
    assert (status, err) == (0, "")
    assert "Known: batch 1, held, 10 copies, no answer" in out
    assert "With the same cause: 2 batches, 20 copies." in out
    assert "Settled: 20 copies in 2 batches" in out
    assert "Issue of 17 May 2024" in out
    assert decisions(db) == [(first, "the command", verdict), (second, "the command", verdict)]
    part = {"sent": "accepted", "resend": "waiting", "skip": "skipped"}[verdict]
    assert account(db, held) == {part: 20, "held": 10}
    assert sendgrid.addresses() == []


def test_what_is_to_be_sent_again_goes_by_digest_send(
    db: Database, shell: Shell, sendgrid: LoopbackSendGrid, held: int
) -> None:
    for batch_id in batches(db, BatchState.HELD):
        assert shell.run("settle", str(batch_id), "resend")[0] == 0
    status, out, _ = shell.run("send")
    assert status == 0
    assert "30 accepted" in out
    assert len(sendgrid.addresses()) == 30
    assert not sendgrid.doubled()
    assert account(db, held) == {"accepted": 30}


def test_a_second_word_is_refused_with_what_was_decided(db: Database, shell: Shell, held: int) -> None:  # noqa: ARG001
    batch_id = str(batches(db, BatchState.HELD)[0])
    shell.run("settle", batch_id, "skip")
    status, _, err = shell.run("settle", batch_id, "resend")
    assert status == 4
    assert f"Batch {batch_id} is skipped now: the command decided “skip” on" in err
    assert len(decisions(db)) == 1


@pytest.mark.usefixtures("db")
def test_what_does_not_exist_or_can_not_be_said_is_refused(shell: Shell) -> None:
    status, _, err = shell.run("settle", "4711", "sent")
    assert status == 4
    assert "There is no batch 4711" in err
    assert shell.run("settle", "1", "perhaps")[0] == 2
    assert shell.run("settle", "99999999999", "sent")[0] == 2


@pytest.mark.parametrize(("answer", "expected"), [("y", {"skipped": 10, "held": 20}), ("n", {"held": 30})])
def test_on_a_terminal_it_asks_once(
    db: Database, shell: Shell, held: int, answer: str, expected: dict[str, int]
) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    command = [sys.executable, "-m", "digest.cli", "settle", str(batches(db, BatchState.HELD)[0]), "skip"]
    done = subprocess.run(command, env=shell.environ, stdin=theirs, capture_output=True, text=True, timeout=60)
    os.close(ours)
    os.close(theirs)
    assert done.stdout.count("Is that so?") == 1
    assert "“skip”, 10 copies: skipped, and whoever had none goes without this issue." in done.stdout
    assert done.returncode == (0 if answer == "y" else 1)
    assert account(db, held) == expected


def test_status_says_that_events_may_still_tell(db: Database, shell: Shell, held: int) -> None:  # noqa: ARG001
    with db.writing() as session:
        session.connection().exec_driver_sql("update batches set state = 'unknown'")
    out = Shell(shell.environ | {"SENDGRID_WEBHOOK_KEY": WEBHOOK_KEY}).run("status", "--issue", "2024-05-17")[1]
    assert "SendGrid’s events may still tell of the unknown ones" in out


@pytest.mark.parametrize("columns", [200, 80, 40, 24, 10, 1])
@pytest.mark.parametrize("before", [0, 8_000])
def test_the_bar_never_fills_its_line(columns: int, before: int) -> None:
    assert len(bar_line(12_345, 20_000, before, columns)) < columns


def test_the_bar_says_what_an_earlier_run_did() -> None:
    assert bar_line(12_000, 20_000, 8_000, 80) == f"{'█' * 18}{'·' * 12} 12,000 of 20,000, 8,000 of them before"
    assert bar_line(12_000, 20_000, 8_000, 30) == f"{'█' * 7}{'·' * 5} 12,000 of 20,000"
    assert bar_line(0, 3, 0, 80) == f"{'·' * 30} 0 of 3"
    assert bar_line(3, 3, 0, 80) == f"{'█' * 30} 3 of 3"
