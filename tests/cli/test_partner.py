"""`digest send` in two processes: they share the batches, and neither outlives the other's end for long."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable

import pytest
from sqlalchemy import select

from digest.config import Settings
from digest.storage.batches import Attempt, BatchState, batches_in
from digest.storage.database import Database
from tests.cli.shell import Shell, select_one
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


def wait_for(both_at_work: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    while not both_at_work():
        assert process.poll() is None, "the send ended too early"


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
        wait_for(lambda: len(owners(db)) == 2, process)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    sendgrid.behave()
    assert (process.returncode, err) == (75, "")
    assert 0 < len(sendgrid.accepted) < 9
    status, _, _ = two_hands.run("send")
    assert status == 0
    assert len(sendgrid.accepted) == 9
    assert not sendgrid.doubled()


def test_the_second_stops_when_the_first_is_killed(db: Database, two_hands: Shell, sendgrid: LoopbackSendGrid) -> None:
    sendgrid.misbehave(Hang(0.5, accept=True), every=1)
    with two_hands.start("send") as process:
        wait_for(lambda: len(owners(db)) == 2, process)
        process.kill()
        process.communicate(timeout=60)  # until the last that could write here has ended
    with db.reading() as session:
        left = batches_in(session, 1, BatchState.PENDING)
        in_hand = batches_in(session, 1, BatchState.CLAIMED)
    assert left > 0
    assert in_hand <= 1, "the second did not record what it had in hand"
    assert not sendgrid.doubled()
