"""`digest send`, `status` and `preview`, as a person or a cron job runs them."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime, timedelta

import pytest

from digest.config import Settings
from digest.operations.issues.holding import hold_issue
from digest.storage.base.database import Database
from tests.cli.shell import Shell, select_one, wait_until
from tests.factories import hold_reader, make_issue, make_readers, make_subscriber, make_summary
from tests.hostile import ADDRESSES
from tests.loopback.faults import DropUnanswered, Hang
from tests.loopback.sendgrid import LoopbackSendGrid


@pytest.mark.on_both
def test_send_reaches_everyone_and_a_second_one_only_reports(
    db: Database, settings: Settings, shell: Shell, sendgrid: LoopbackSendGrid
) -> None:
    readers = make_readers(db, settings, 2500)
    select_one(db, settings)
    status, out, _ = shell.run("send")
    assert status == 0
    assert "2,500 accepted" in out
    assert sorted(sendgrid.addresses()) == readers
    assert len(sendgrid.accepted) == 3
    status, out, _ = shell.run("send")
    assert status == 0
    assert "nothing is left to do" in out
    assert len(sendgrid.accepted) == 3


@pytest.mark.only_on("sqlite")
def test_send_is_done_though_one_reader_has_an_address_that_no_message_can_be_made_to(
    db: Database, settings: Settings, shell: Shell, sendgrid: LoopbackSendGrid
) -> None:
    readers = make_readers(db, settings, 3)
    hold_reader(db, settings, ADDRESSES[0])
    select_one(db, settings)
    status, out, _ = shell.run("send")
    assert status == 0
    assert "3 accepted" in out
    assert "1 failed" in out
    assert sorted(sendgrid.addresses()) == readers


@pytest.mark.on_both
def test_status_adds_up(db: Database, settings: Settings, shell: Shell) -> None:
    make_readers(db, settings, 3)
    select_one(db, settings)
    shell.run("send")
    status, out, _ = shell.run("status", "--json")
    found = json.loads(out)
    parts = ("accepted", "failed", "skipped", "unknown", "held", "waiting", "difference")
    assert status == 0
    assert set(found) == {"issue", "state", "audience", "batches", "paused", "stopped_at", *parts}
    assert found["audience"] == sum(found[part] for part in parts) == 3
    known = {"cause", "because", "since", "last_attempt"}
    assert [set(batch) for batch in found["batches"]] == [{"id", "state", "size", "attempts", *known}]


@pytest.mark.usefixtures("db")
def test_status_of_nothing(shell: Shell) -> None:
    status, out, _ = shell.run("status", "--json")
    found = json.loads(out)
    assert status == 1
    assert found["issue"] is None
    assert found["audience"] == 0


@pytest.mark.parametrize("obstacle", ["on hold", "Nothing is selected", "no audience"])
def test_send_refuses_and_names_the_remedy(db: Database, settings: Settings, shell: Shell, obstacle: str) -> None:
    if obstacle == "no audience":
        select_one(db, settings)
    elif obstacle == "on hold":
        make_subscriber(db, settings)
        hold_issue(db, datetime.now(UTC), select_one(db, settings), "alice@digest.test")
    else:
        make_subscriber(db, settings)
    status, _, err = shell.run("send")
    assert status == 4
    assert obstacle in err
    assert "Traceback" not in err


def test_an_unknown_outcome_ends_with_three(
    db: Database, settings: Settings, shell: Shell, sendgrid: LoopbackSendGrid
) -> None:
    make_readers(db, settings, 3)
    select_one(db, settings)
    sendgrid.misbehave(DropUnanswered(accept=True))
    status, out, _ = shell.run("send")
    assert status == 3
    assert "3 held" in out
    assert not sendgrid.doubled()


def test_sigterm_finishes_the_request_in_hand_and_the_next_send_resumes(
    db: Database, settings: Settings, shell: Shell, sendgrid: LoopbackSendGrid
) -> None:
    one_at_a_time = Shell(shell.environ | {"SEND_CONCURRENCY": "1"})
    make_readers(db, settings, 2500)
    select_one(db, settings)
    sendgrid.misbehave(Hang(1.0, accept=True))
    with one_at_a_time.start("send") as process:
        wait_until(lambda: sendgrid.accepted, process)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    first = len(sendgrid.addresses())
    status, _, _ = shell.run("send")
    assert process.returncode == 75
    assert 0 < first < 2500
    assert status in (0, 3)
    assert not sendgrid.doubled()
    assert len(set(sendgrid.addresses())) == 2500


def test_preview_shows_the_digest_and_a_topics_edition(db: Database, settings: Settings, shell: Shell) -> None:
    select_one(db, settings)
    status, page, _ = shell.run("preview")
    assert status == 0
    assert "Court annuls a fine" in page
    assert page.startswith("<!DOCTYPE html")
    make_summary(db, topics=["Health"])
    assert "1. Court annuls a fine" in shell.run("preview", "--text", "--topics", "ai")[1]
    assert "- Court annuls a fine" in shell.run("preview", "--text", "--topics", "health")[1], "a headline"
    status, page, err = shell.run("preview", "--topics", "helth")
    assert (status, page) == (2, "")
    assert "There is no topic “helth”. Give the slugs as addresses have them: ai, health." in err


def test_a_named_issue_is_sent(db: Database, settings: Settings, shell: Shell, sendgrid: LoopbackSendGrid) -> None:
    make_subscriber(db, settings, "zoe@example.org")
    later = (datetime.now(UTC) + timedelta(days=40)).date()
    make_issue(db, later, [make_summary(db)])
    status, _, _ = shell.run("send", "--issue", later.isoformat())
    assert status == 0
    assert sendgrid.addresses() == ["zoe@example.org"]
    assert shell.run("send", "--issue", "2001-01-05")[0] == 4


def test_a_bad_setting_stops_the_start_with_its_name_and_remedy(shell: Shell) -> None:
    status, _, err = Shell(shell.environ | {"DIGEST_TIME": "9am"}).run("status")
    assert status == 2
    assert "DIGEST_TIME=9am: use HH:MM, for example 09:00" in err
