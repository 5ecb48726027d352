"""A bank holiday moves an issue, and the weeks in which the clocks change don't."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from digest import config
from digest.config import Settings
from digest.operations.issues.closing import close_issue, reopen_issue
from digest.operations.issues.week import move_issue
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database
from tests.conftest import Mailbox, text_of
from tests.factories import make_issue, make_summary
from tests.scheduler.conftest import ALICE, CUTOFF, FRIDAY, NEXT_FRIDAY, SEND, TUESDAY, Week, london

SECOND = timedelta(seconds=1)
THURSDAY, MONDAY = date(2024, 5, 16), date(2024, 5, 20)


def test_moved_to_monday_it_keeps_thursdays_cutoff(week: Week, readers: list[str]) -> None:
    move_issue(Context(week.db, week.settings, TUESDAY), week.issue().id, MONDAY, ALICE)
    week.tick(CUTOFF - SECOND)
    assert week.states() == {MONDAY: "open"}
    week.tick(CUTOFF, SEND, london(20, 8) - SECOND)
    assert (week.states(), week.copies) == ({MONDAY: "closed"}, [])
    week.tick(london(20, 8))
    assert week.copies == readers
    assert week.states() == {MONDAY: "sent", NEXT_FRIDAY: "open"}


def test_moved_to_thursday_morning_it_closes_on_wednesday(week: Week, readers: list[str]) -> None:
    move_issue(Context(week.db, week.settings, TUESDAY), week.issue().id, THURSDAY, ALICE)
    week.tick(london(15, 16) - SECOND)
    assert week.states() == {THURSDAY: "open"}
    week.tick(london(15, 16))
    assert week.states() == {THURSDAY: "closed"}
    week.tick(london(16, 8))
    assert week.copies == readers


def test_the_issue_after_a_moved_one_keeps_its_own_week(week: Week, readers: list[str]) -> None:
    move_issue(Context(week.db, week.settings, TUESDAY), week.issue().id, THURSDAY, ALICE)
    week.tick(london(15, 16), london(16, 8), CUTOFF, SEND)
    assert week.states() == {THURSDAY: "sent", NEXT_FRIDAY: "open"}
    assert week.copies == readers


def test_closed_and_moved_later_it_opens_again_and_its_proof_names_the_date(week: Week, mailbox: Mailbox) -> None:
    week.tick(CUTOFF)
    move_issue(Context(week.db, week.settings, london(16, 17)), week.issue().id, MONDAY, ALICE)
    assert week.states() == {MONDAY: "open"}
    week.tick(SEND, london(19, 16))
    assert week.states() == {MONDAY: "closed"}
    _, second = mailbox.to(ALICE)
    assert "The date moved to Monday 20 May 2024." in text_of(second)
    assert "Monday 20 May 2024, 08:00 Europe/London" in " ".join(text_of(second).split())
    week.tick(london(20, 8))
    assert week.states()[MONDAY] == "sent"
    assert len(week.copies) == 3


def test_left_open_and_moved_later_it_closes_at_its_new_cutoff(week: Week) -> None:
    week.tick(CUTOFF)
    reopen_issue(Context(week.db, week.settings, london(16, 17)), week.issue().id, ALICE)
    move_issue(Context(week.db, week.settings, london(16, 18)), week.issue().id, MONDAY, ALICE)
    week.tick(london(19, 16) - SECOND)
    assert week.states() == {MONDAY: "open"}
    week.tick(london(19, 16))
    assert week.states() == {MONDAY: "closed"}
    assert len(week.proofs) == 2


def test_closed_and_moved_past_its_new_cutoff_it_is_closed_anew(week: Week, mailbox: Mailbox) -> None:
    close_issue(Context(week.db, week.settings, london(15, 17)), week.issue().id, ALICE)
    move_issue(Context(week.db, week.settings, london(15, 18)), week.issue().id, THURSDAY, ALICE)
    assert week.states() == {THURSDAY: "closed"}
    _, second = mailbox.to(ALICE)
    assert "The date moved to Thursday 16 May 2024." in text_of(second)
    week.tick(london(16, 8))
    assert len(week.copies) == 3


def test_moved_there_and_back_it_has_its_old_cutoff(week: Week) -> None:
    move_issue(Context(week.db, week.settings, TUESDAY), week.issue().id, THURSDAY, ALICE)
    move_issue(Context(week.db, week.settings, TUESDAY), week.issue(THURSDAY).id, FRIDAY, ALICE)
    week.tick(london(15, 16), CUTOFF - SECOND)
    assert week.states() == {FRIDAY: "open"}
    week.tick(CUTOFF)
    assert week.states() == {FRIDAY: "closed"}


def test_a_missed_one_goes_on_the_date_it_is_moved_to(week: Week, readers: list[str]) -> None:
    week.tick(CUTOFF, london(18, 9))
    move_issue(Context(week.db, week.settings, london(18, 10)), week.issue().id, MONDAY, ALICE)
    week.tick(london(18, 11), london(19, 16), london(20, 8))
    assert week.copies == readers
    assert week.states() == {MONDAY: "sent", NEXT_FRIDAY: "open"}


@pytest.mark.parametrize("day", [date(2024, 5, 13), date(2024, 5, 14), NEXT_FRIDAY])
def test_a_date_that_is_past_or_taken_is_refused(week: Week, day: date) -> None:
    make_issue(week.db, NEXT_FRIDAY)
    with pytest.raises(Refused, match="Choose"):
        move_issue(Context(week.db, week.settings, TUESDAY), week.issue().id, day, ALICE)
    assert week.states() == {FRIDAY: "open", NEXT_FRIDAY: "open"}


@pytest.mark.parametrize(
    ("zone", "at", "friday", "send_at"),
    [
        ("Europe/London", "08:00", date(2024, 3, 29), datetime(2024, 3, 29, 8, tzinfo=UTC)),
        ("Europe/London", "08:00", date(2024, 4, 5), datetime(2024, 4, 5, 7, tzinfo=UTC)),
        ("Europe/London", "08:00", date(2024, 11, 1), datetime(2024, 11, 1, 8, tzinfo=UTC)),
        ("Africa/Cairo", "00:30", date(2026, 4, 24), datetime(2026, 4, 23, 22, 30, tzinfo=UTC)),
        ("Asia/Jerusalem", "02:30", date(2026, 3, 27), datetime(2026, 3, 27, 0, 30, tzinfo=UTC)),
        ("Australia/Sydney", "02:30", date(2024, 4, 12), datetime(2024, 4, 11, 16, 30, tzinfo=UTC)),
    ],
)
@pytest.mark.usefixtures("editors")
def test_weeks_in_which_the_clocks_change(
    db: Database,
    environ: dict[str, str],
    settings: Settings,
    readers: list[str],
    zone: str,
    at: str,
    friday: date,
    send_at: datetime,
) -> None:
    local = config.load(environ | {"DIGEST_TIMEZONE": zone, "DIGEST_TIME": at}, settings.instance_path.parent)
    make_issue(db, friday, [make_summary(db)], introduction="One story.")
    week = Week(db, local)
    week.tick(send_at - timedelta(hours=3), send_at - SECOND)
    assert (week.states(), week.copies) == ({friday: "closed"}, [])
    week.tick(send_at, send_at + timedelta(hours=1), send_at + timedelta(hours=2))
    assert week.copies == readers
    assert week.states() == {friday: "sent", friday + timedelta(days=7): "open"}
