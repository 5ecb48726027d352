"""`digest send` in two processes: they share the batches, and neither outlives the other's end for long."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from sqlalchemy import select

from digest.config import Settings
from digest.storage.base.database import Database
from digest.storage.issues.issues import current_issue
from digest.storage.sending.batches import Attempt, BatchState, batches_in
from tests.cli.shell import Shell, select_one, wait_until
from tests.factories import make_readers
from tests.loopback.faults import Hang
from tests.loopback.sendgrid import LoopbackSendGrid

READERS = 8_500
"""Nine batches: more than two hands can hold."""


@pytest.fixture
def two_hands(db: Database, settings: Settings, shell: Shell) -> Shell:
    make_readers(db, settings, READERS)
    select_one(db, settings)
    return Shell(shell.environ | {"SEND_CONCURRENCY": "2"})


def owners(db: Database) -> set[str]:
    with db.reading() as session:
        return set(session.execute(select(Attempt.owner)).scalars())


@pytest.mark.on_both
def test_two_processes_share_the_batches_and_the_hands(
    db: Database, two_hands: Shell, sendgrid: LoopbackSendGrid
) -> None:
    sendgrid.misbehave(Hang(2.0, accept=True), nth=2)
    status, out, err = two_hands.run("send")
    assert (status, err) == (0, "")
    assert "8,500 accepted" in out
    assert len(owners(db)) == 2
    assert len(sendgrid.accepted) == 9
    assert len({request.connection for request in sendgrid.accepted}) == 2
    assert not sendgrid.doubled()


def test_the_first_sends_alone_when_the_second_is_gone(
    db: Database, two_hands: Shell, sendgrid: LoopbackSendGrid
) -> None:
    sendgrid.misbehave(Hang(3.0), path="/v3/suppression/bounces", nth=1)
    with two_hands.start("send") as process:
        wait_until(lambda: sendgrid.requests, process)
        (second,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(second), signal.SIGKILL)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "8,500 accepted" in out
    assert "the second process of the send is gone" in err
    assert len(owners(db)) == 1
    assert not sendgrid.doubled()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_interrupted_before_the_freeze_nothing_is_sent(
    db: Database, two_hands: Shell, sendgrid: LoopbackSendGrid, number: signal.Signals
) -> None:
    sendgrid.misbehave(Hang(2.0), path="/v3/suppression/bounces", nth=1)
    with two_hands.start("send") as process:
        wait_until(lambda: sendgrid.requests, process)
        process.send_signal(number)
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (75, "Interrupted before the freeze: nothing is being sent.\n")
    with db.reading() as session:
        issue = current_issue(session)
    assert issue is not None
    assert issue.frozen_at is None
    assert sendgrid.accepted == []


def test_whoever_ignores_the_ends_of_children_gets_the_true_status(
    two_hands: Shell, sendgrid: LoopbackSendGrid
) -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # inherited over exec
    try:
        process = two_hands.start_anew("send")
    finally:
        signal.signal(signal.SIGCHLD, before)
    with process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "8,500 accepted" in out
    assert not sendgrid.doubled()


def test_interrupted_in_the_last_request_it_is_done(two_hands: Shell, sendgrid: LoopbackSendGrid) -> None:
    sendgrid.misbehave(Hang(1.5, accept=True), nth=9)
    with two_hands.start("send") as process:
        wait_until(lambda: len(sendgrid.accepted) == 9, process)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "8,500 accepted" in out


def test_one_process_sends_what_its_hands_can_hold(db: Database, two_hands: Shell, sendgrid: LoopbackSendGrid) -> None:
    many = Shell(two_hands.environ | {"SEND_CONCURRENCY": "9"})
    assert many.run("send")[0] == 0
    assert len(owners(db)) == 1
    assert not sendgrid.doubled()


def test_sigterm_ends_both_after_the_requests_in_hand(
    db: Database, two_hands: Shell, sendgrid: LoopbackSendGrid
) -> None:
    sendgrid.misbehave(Hang(0.5, accept=True), every=1)
    with two_hands.start("send") as process:
        wait_until(lambda: len(owners(db)) == 2, process)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    sendgrid.behave()
    assert (process.returncode, err) == (75, "")
    assert 0 < len(sendgrid.accepted) < 9
    status, _, _ = two_hands.run("send")
    assert status == 0
    assert len(sendgrid.accepted) == 9
    assert not sendgrid.doubled()


@pytest.mark.on_both
def test_the_second_stops_when_the_first_is_killed(db: Database, two_hands: Shell, sendgrid: LoopbackSendGrid) -> None:
    sendgrid.misbehave(Hang(0.5, accept=True), every=1)
    with two_hands.start("send") as process:
        wait_until(lambda: len(owners(db)) == 2, process)
        process.kill()
        process.communicate(timeout=60)  # until the last that could write here has ended
    with db.reading() as session:
        left = batches_in(session, 1, BatchState.PENDING)
        in_hand = batches_in(session, 1, BatchState.CLAIMED)
    assert left > 0
    assert in_hand <= 1, "the second did not record what it had in hand"
    assert not sendgrid.doubled()
