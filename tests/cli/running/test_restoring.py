"""The commands on a database that was brought back from a backup, as an operator runs them."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator

import pytest

from digest.config import Settings
from digest.storage.base.database import Database
from digest.storage.issues.issues import current_issue
from tests.cli.shell import Shell, select_one, wait_until
from tests.factories import make_readers
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.operations.running.restores import Installation

pytestmark = pytest.mark.on_both

READERS = 2_500


@pytest.fixture
def ours(db: Database, settings: Settings) -> Iterator[Installation]:
    make_readers(db, settings, READERS)
    select_one(db, settings)
    found = Installation(db, settings)
    yield found
    found.close()


def test_sending_again_from_an_older_backup_is_refused_with_the_remedy(
    ours: Installation, shell: Shell, sendgrid: LoopbackSendGrid
) -> None:
    backup = ours.back_up()
    assert shell.run("send")[0] == 0
    ours.restore(backup)
    status, _, err = shell.run("db", "check")
    assert status == 1
    assert "older than what was sent from it. Start the site or the clock" in err
    for _ in range(2):
        status, _, err = shell.run("send")
        assert status == 4
        assert "on hold, put there by a restored backup. Release it on the desk" in err
    assert len(sendgrid.addresses()) == READERS
    assert shell.run("db", "check") == (0, "The database is up to date.\n", "")


@pytest.mark.only_on("sqlite")  # PostgreSQL copies no database that is in use
def test_a_backup_from_the_middle_of_the_send_ends_with_three_and_doubles_nobody(
    ours: Installation, shell: Shell, sendgrid: LoopbackSendGrid
) -> None:
    one_at_a_time = Shell(shell.environ | {"SEND_CONCURRENCY": "1"})
    with one_at_a_time.start("send") as process:
        wait_until(lambda: sendgrid.accepted, process)
        backup = ours.back_up()
        process.communicate(timeout=60)
    assert len(sendgrid.addresses()) == READERS
    ours.restore(backup)
    status, out, _ = shell.run("send")
    found = json.loads(shell.run("status", "--json")[1])
    assert not sendgrid.doubled()
    assert found["difference"] == 0
    assert found["accepted"] + found["held"] == READERS
    assert status == (3 if found["held"] else 0), out


def test_the_clock_sends_nothing_from_an_older_backup(
    ours: Installation, shell: Shell, sendgrid: LoopbackSendGrid
) -> None:
    backup = ours.back_up()
    shell.run("send")
    ours.restore(backup)
    with shell.start("scheduler") as clock:
        wait_until(lambda: on_hold(ours), clock)
        clock.send_signal(signal.SIGTERM)
        clock.communicate(timeout=60)
    assert on_hold(ours)
    assert len(sendgrid.addresses()) == READERS


def on_hold(ours: Installation) -> bool:
    with ours.db.reading() as session:
        found = current_issue(session)
        return found is not None and found.on_hold


def test_a_file_of_nonsense_is_no_stack_trace(ours: Installation, shell: Shell, sendgrid: LoopbackSendGrid) -> None:
    ours.recover()
    ours.claims_file().write_bytes(b"\0" * 40)
    status, _, err = shell.run("send")
    assert status == 4
    assert "on hold" in err
    assert "Traceback" not in err
    assert sendgrid.addresses() == []
