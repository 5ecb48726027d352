"""The clock was down, the machine slept, the process was restarted: what still goes, and what waits."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from digest.operations.issues.week import send_now
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from tests.conftest import Mailbox, text_of
from tests.scheduler.conftest import ALICE, CUTOFF, FRIDAY, NEXT_FRIDAY, SEND, TUESDAY, Week, london

SECOND = timedelta(seconds=1)
DID_NOT_GO = "The issue of 17 May 2024 did not go"


def test_a_missed_proof_goes_at_once_and_does_not_delay_the_send(week: Week, readers: list[str]) -> None:
    week.tick(london(16, 15), london(17, 7, 50))
    assert len(week.proofs) == 1
    assert week.states() == {FRIDAY: "closed"}
    week.tick(SEND)
    assert week.copies == readers


@pytest.mark.parametrize("wakes_at", [SEND, london(17, 12), london(18, 7, 59, 59)])
def test_a_machine_that_wakes_within_a_day_proves_and_sends(
    week: Week, readers: list[str], wakes_at: datetime, mailbox: Mailbox
) -> None:
    week.tick(TUESDAY, wakes_at)
    assert week.copies == readers
    assert week.states() == {FRIDAY: "sent", NEXT_FRIDAY: "open"}
    assert "Court annuls fine" in text_of(mailbox.to(ALICE)[0])
    assert len(week.proofs) == 1


@pytest.mark.parametrize("last_seen", [TUESDAY, CUTOFF])
def test_a_machine_that_wakes_on_saturday_asks_the_editors_once(week: Week, last_seen: datetime) -> None:
    week.tick(last_seen)
    week.tick(london(18, 9), london(18, 9, 0, 5), london(19, 9))
    assert week.copies == []
    assert week.notices == [DID_NOT_GO]
    assert week.states()[NEXT_FRIDAY] == "open"
    assert week.history()[-1] == "the clock: did not send it: it is over 24 hours late"


def test_a_machine_that_slept_for_a_month_makes_the_coming_friday(week: Week) -> None:
    week.tick(TUESDAY, london(18, 9, month=6))
    assert [day.isoformat() for day in week.states()] == ["2024-05-17", "2024-06-21"]
    assert week.copies == []


def test_restarted_at_the_very_moment_it_goes(week: Week, readers: list[str]) -> None:
    week.tick(CUTOFF, SEND - SECOND)
    assert week.copies == []
    week.db.close()
    week.db = Database(week.settings.database_url)
    week.tick(SEND)
    assert week.copies == readers
    week.db.close()


def test_a_clock_that_ends_after_the_freeze_leaves_the_copies_to_the_next(week: Week, readers: list[str]) -> None:
    week.tick(CUTOFF)
    week.tick(SEND, stopping=True)
    assert week.states() == {FRIDAY: "sending", NEXT_FRIDAY: "open"}
    assert week.copies == []
    week.tick(SEND + SECOND)
    assert week.copies == readers
    assert week.states()[FRIDAY] == "sent"


def test_a_frozen_issue_is_finished_however_late(week: Week, readers: list[str]) -> None:
    week.tick(CUTOFF)
    week.tick(SEND, stopping=True)
    week.tick(london(20, 9))
    assert week.copies == readers
    assert week.notices == []


def test_send_now_survives_a_short_sleep_but_not_a_long_one(week: Week, readers: list[str]) -> None:
    due = send_now(Context(week.db, week.settings, TUESDAY), week.issue().id, ALICE)
    week.tick(due + timedelta(hours=24))
    assert week.copies == []
    week.tick(due + timedelta(hours=23))
    assert week.copies == readers


def test_the_clock_that_comes_back_lets_a_sender_have_the_word(week: Week, readers: list[str]) -> None:
    week.tick(CUTOFF)
    due = send_now(Context(week.db, week.settings, london(18, 10)), week.issue().id, ALICE)
    week.tick(london(18, 10, 1), due)
    assert week.copies == readers
    assert week.notices == []
