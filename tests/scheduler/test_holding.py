"""On hold, an issue does not go by itself; released in time it does, later a person decides."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from digest.domain.shared.tokens import Purpose, unseal
from digest.operations.issues.holding import HoldOutcome, hold_by_link, hold_issue, release_issue
from digest.operations.issues.selecting import add_summary
from digest.operations.issues.week import send_now, skip_issue
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from tests.conftest import Mailbox, html_of, text_of
from tests.factories import make_issue, make_summary
from tests.scheduler.conftest import ALICE, BOB, CUTOFF, FRIDAY, NEXT_FRIDAY, SEND, TUESDAY, Week, london
from tests.web.readers.doors import link_in

DID_NOT_GO = "The issue of 17 May 2024 did not go"
LATER = london(18, 9)


def test_held_it_closes_and_stays(week: Week) -> None:
    hold_issue(week.db, TUESDAY, week.issue().id, ALICE)
    week.tick(CUTOFF, SEND, london(17, 12), london(18, 7, 59))
    assert week.states() == {FRIDAY: "closed", NEXT_FRIDAY: "open"}
    assert len(week.proofs) == 1
    assert week.copies == week.notices == []


def test_the_proof_of_a_held_issue_does_not_say_that_it_goes(week: Week, mailbox: Mailbox) -> None:
    hold_issue(week.db, TUESDAY, week.issue().id, ALICE)
    week.tick(CUTOFF)
    [proof] = mailbox.to(BOB)
    assert "PROOF: ON HOLD, IT DOES NOT GO BY ITSELF" in text_of(proof)
    assert "on hold, it does not go by itself" in html_of(proof)
    assert "goes out as it stands" not in (text_of(proof) + html_of(proof)).lower()


def test_one_issues_fault_never_keeps_another_from_going(week: Week, readers: list[str]) -> None:
    make_issue(week.db, date(2024, 5, 18), [make_summary(week.db, "A headline that\u2028no mail can carry")])
    with pytest.raises(ValueError, match="take out line breaks"):
        week.tick(SEND)
    assert week.copies == readers


def test_the_proofs_link_holds_it(week: Week, mailbox: Mailbox) -> None:
    week.tick(CUTOFF)
    token = link_in(mailbox.to(BOB)[0], "hold").split("/")[-1]
    key = unseal(Purpose.HOLD, token, week.settings.signing_keys)
    assert key
    held = hold_by_link(week.db, london(16, 20), key)
    assert held
    assert held.outcome is HoldOutcome.HELD
    week.tick(SEND)
    assert week.copies == []


def test_released_before_its_moment_it_goes_then(week: Week, readers: list[str]) -> None:
    week.tick(CUTOFF)
    hold_issue(week.db, CUTOFF, week.issue().id, ALICE)
    release_issue(Context(week.db, week.settings, london(16, 20)), week.issue().id, BOB)
    week.tick(london(16, 20), SEND - timedelta(seconds=1))
    assert week.copies == []
    week.tick(SEND)
    assert week.copies == readers


@pytest.mark.parametrize("released_at", [SEND, london(17, 12), london(18, 7, 59, 59)])
def test_released_within_a_day_it_goes_at_once(week: Week, readers: list[str], released_at: datetime) -> None:
    hold_issue(week.db, TUESDAY, week.issue().id, ALICE)
    week.tick(CUTOFF, SEND)
    release_issue(Context(week.db, week.settings, released_at), week.issue().id, BOB)
    week.tick(released_at)
    assert week.copies == readers


def test_released_later_it_waits_and_the_editors_are_told_once(week: Week) -> None:
    hold_issue(week.db, TUESDAY, week.issue().id, ALICE)
    week.tick(CUTOFF, SEND, london(18, 8), london(18, 8, 0, 5))
    release_issue(Context(week.db, week.settings, LATER), week.issue().id, BOB)
    week.tick(LATER, london(19, 9), london(20, 9))
    assert week.notices == week.mail("notice", BOB) == [DID_NOT_GO]
    assert week.history()[-1] == f"{BOB}: released it; over a day late, it waits for an editor"
    assert week.copies == []


def test_one_that_waits_never_blocks_the_next(week: Week, readers: list[str]) -> None:
    hold_issue(week.db, TUESDAY, week.issue().id, ALICE)
    week.tick(CUTOFF, SEND)
    add_summary(week.db, week.issue(NEXT_FRIDAY).id, make_summary(week.db, "Next week’s story"))
    week.tick(LATER, london(23, 16), london(24, 8))
    assert week.states()[FRIDAY] == "closed"
    assert week.states()[NEXT_FRIDAY] == "sent"
    assert week.copies == readers


def test_a_late_one_goes_when_a_sender_says_so(week: Week, readers: list[str]) -> None:
    hold_issue(week.db, TUESDAY, week.issue().id, ALICE)
    week.tick(CUTOFF, SEND, LATER)
    with pytest.raises(Refused, match="on hold"):
        send_now(Context(week.db, week.settings, LATER), week.issue().id, ALICE)
    release_issue(Context(week.db, week.settings, LATER), week.issue().id, ALICE)
    due = send_now(Context(week.db, week.settings, LATER), week.issue().id, ALICE)
    week.tick(LATER, due - timedelta(seconds=1))
    assert week.copies == []
    week.tick(due)
    assert week.copies == readers
    assert week.notices == [DID_NOT_GO]


def test_holding_takes_back_send_now(week: Week) -> None:
    due = send_now(Context(week.db, week.settings, TUESDAY), week.issue().id, ALICE)
    hold_issue(week.db, TUESDAY, week.issue().id, BOB)
    week.tick(due)
    release_issue(Context(week.db, week.settings, due), week.issue().id, BOB)
    week.tick(due, CUTOFF)
    assert week.copies == []


def test_a_late_one_can_be_skipped(week: Week) -> None:
    hold_issue(week.db, TUESDAY, week.issue().id, ALICE)
    week.tick(CUTOFF, SEND, LATER)
    skip_issue(Context(week.db, week.settings, LATER), week.issue().id, ALICE, "the ruling was withdrawn")
    week.tick(LATER)
    assert week.states() == {FRIDAY: "skipped", NEXT_FRIDAY: "open"}
    assert week.notices == [DID_NOT_GO, "No digest on 17 May 2024"]
