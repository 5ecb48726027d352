"""Alice puts the week's issue together on the desk. It is Tuesday; the cut-off is Thursday at 16:00 in London."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import update

from digest.config import Settings
from digest.domain.issues.lifecycle import IssueState
from digest.operations.running.sending_now import report
from digest.operations.sending.freezing import freeze
from digest.operations.shared.context import Context
from digest.storage.base.database import Database, database_now
from digest.storage.issues.history import history_of
from digest.storage.issues.issues import Issue
from digest.storage.issues.selections import selected_summaries
from digest.storage.people.desk_sessions import DeskSession
from digest.storage.running.heartbeats import beat
from digest.web.issues.issue_page import until
from tests.conftest import TUESDAY, Mailbox, text_of
from tests.factories import make_issue, make_readers, make_summary
from tests.web.browser import Browser
from tests.web.browser import words as words_on
from tests.web.issues.week import FRIDAY, PAGE, order, press, the_issue

QUICK_CHANGES = ("add", "remove", "up", "down", "top", "place", "order", "undo", "words")
ACTIONS = (
    *("approve", "reopen", "hold", "release", "skip", "move"),
    *("send-now", "cancel-send-now", "stop", "resume", "test"),
)
QUICK = {"HX-Request": "true", "HX-Target": "picks"}


@pytest.fixture
def alice(alice: Browser) -> FlaskClient:
    """Alice, signed in; her browser itself."""
    return alice.client


@pytest.fixture
def three(db: Database) -> list[int]:
    """Friday's issue with three summaries on it."""
    ids = [make_summary(db, title) for title in ("Court annuls fine", "Airline fined", "Consent rewritten")]
    make_issue(db, FRIDAY, ids, introduction="A week of courts.")
    return ids


def go_on(db: Database, clock: time_machine.Traveller, moment: datetime) -> None:
    """It is later, and Alice has not been idle meanwhile."""
    clock.move_to(moment)
    with db.writing() as session:
        session.execute(update(DeskSession).values(seen_at=moment))


def a_clock_ticks(db: Database) -> None:
    with db.writing() as session:
        beat(session, "a clock", database_now(session))


def make_it_sending(db: Database, settings: Settings, browser: FlaskClient) -> None:
    make_readers(db, settings, 3)
    press(browser, "approve")
    freeze(Context(db, settings, datetime.now(UTC)), the_issue(db).id, "the clock")


# The page


def test_where_no_issue_is_yet_the_page_says_when_there_will_be_one(alice: FlaskClient, db: Database) -> None:
    page = words_on(alice.get("/desk/issue"))
    assert "No issue yet" in page
    assert "closes on Thursday 16 May 2024, 16:00 Europe/London" in page
    assert "goes to the readers on Friday 17 May 2024, 08:00 Europe/London" in page
    assert "as soon as it runs, which it doesn’t now" in page
    a_clock_ticks(db)
    assert "The clock makes it within seconds" in words_on(alice.get("/desk/issue"))


def test_an_editor_who_does_not_wait_for_the_clock_makes_the_issue_once(alice: FlaskClient, db: Database) -> None:
    token = re.search(r'name="csrf_token" value="([^"]+)"', alice.get("/desk/issue").text)
    assert token
    for _ in range(2):
        answer = alice.post("/desk/issue", data={"csrf_token": token[1]})
        assert (answer.status_code, answer.location) == (303, "/desk/issue")
    page = alice.get("/desk/issue")
    assert "Friday 17 May 2024" in page.text
    assert "Nothing is on it yet" in page.text
    with db.reading() as session:
        assert [(line.who, line.what) for line in history_of(session, the_issue(db).id)] == [
            ("alice@digest.test", "made it")
        ]


@pytest.mark.usefixtures("three")
def test_after_an_issue_went_the_next_is_made_beside_it(alice: FlaskClient, db: Database) -> None:
    with db.writing() as session:
        session.execute(update(Issue).values(state=IssueState.SENT, frozen_at=TUESDAY, sent_at=TUESDAY))
    page = alice.get("/desk/issue")
    assert "Friday 17 May 2024" in words_on(page)
    assert "No next issue yet" in words_on(page)
    assert "goes to the readers on Friday 24 May 2024, 08:00 Europe/London" in words_on(page)
    token = re.search(r'action="/desk/issue">\s*<[^>]*name="csrf_token" value="([^"]+)"', page.text)
    assert token
    assert alice.post("/desk/issue", data={"csrf_token": token[1]}).status_code == 303
    assert the_issue(db, date(2024, 5, 24)).state == IssueState.OPEN
    assert "No next issue yet" not in words_on(alice.get("/desk/issue"))


@pytest.mark.usefixtures("three")
def test_the_page_says_cutoff_readers_and_send(alice: FlaskClient, db: Database, settings: Settings) -> None:
    make_readers(db, settings, 12)
    page = alice.get("/desk/issue").text
    for words in ("Open · 3 items", "Thu 16:00", "in 2 days 6 h", "12 readers", "Fri 08:00"):
        assert words in page
    assert "Europe/London" in page


@pytest.mark.usefixtures("three")
def test_strangers_are_sent_to_sign_in(client: FlaskClient) -> None:
    for path in ("/desk/issue", PAGE, f"{PAGE}/preview/wide", f"{PAGE}/skip", "/desk/reports"):
        assert "/desk/sign-in" in client.get(path).headers["Location"]


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("day", ["2024-05-18", "20240517", "2024-W20-5", "friday", "2024-13-40"])
def test_wrong_dates_are_not_there(alice: FlaskClient, day: str) -> None:
    for path in ("", "/skip", "/preview/wide", "/preview/text", "/progress"):
        assert alice.get(f"/desk/issues/{day}{path}").status_code == 404
    assert alice.get(f"/desk/reports/{day}").status_code == 404


@pytest.mark.parametrize("action", [*QUICK_CHANGES, *ACTIONS])
def test_every_form_needs_its_token(alice: FlaskClient, db: Database, three: list[int], action: str) -> None:
    assert alice.post(f"{PAGE}/{action}", data={"summary": three[0]}).status_code == 400
    assert the_issue(db).state == IssueState.OPEN
    assert order(db) == three


def test_asking_pages_change_nothing(alice: FlaskClient, db: Database, settings: Settings, three: list[int]) -> None:
    make_readers(db, settings, 12)
    for action in ("skip", "send-now", "stop", "move", "release"):
        page = alice.get(f"{PAGE}/{action}")
        assert page.status_code == 200
        assert "12 readers" in page.text
    assert the_issue(db).state == IssueState.OPEN
    assert order(db) == three


# The week


def test_approve_and_reopen(alice: FlaskClient, db: Database, mailbox: Mailbox, three: list[int]) -> None:
    assert "Approve for Friday" in alice.get(PAGE).text
    press(alice, "approve")
    assert the_issue(db).state == IssueState.CLOSED
    assert len(mailbox.to("alice@digest.test")) == 1
    assert "Reopen" in alice.get(PAGE).text
    press(alice, "reopen")
    assert the_issue(db).state == IssueState.OPEN
    assert "Left open" not in alice.get(PAGE).text
    assert order(db) == three


def test_reopened_after_its_cut_off_it_says_what_becomes_of_it(
    alice: FlaskClient, db: Database, three: list[int]
) -> None:
    press(alice, "approve")
    with db.writing() as session:
        session.get_one(Issue, the_issue(db).id).cutoff_at = TUESDAY - timedelta(hours=1)
    press(alice, "reopen")
    page = alice.get(PAGE).text
    assert "Left open, it closes itself as it stands on Friday 17 May 2024, 08:00 Europe/London" in page
    assert order(db) == three


def test_nothing_changes_once_closed(alice: FlaskClient, db: Database, three: list[int]) -> None:
    spare = make_summary(db, "A spare", at=TUESDAY)
    press(alice, "approve")
    press(alice, "add", summary=spare)
    press(alice, "remove", summary=three[0])
    press(alice, "up", summary=three[1])
    press(alice, "order", order=list(reversed(three)))
    press(alice, "words", subject="Too late")
    assert order(db) == three
    assert the_issue(db).subject == ""
    page = alice.get(PAGE).text
    assert "This issue is closed" in page
    assert "data-sortable" not in page
    assert f'id="add-{spare}"' not in page


@pytest.mark.usefixtures("three")
def test_a_change_after_closing_is_shown_and_does_not_enter(alice: FlaskClient, db: Database) -> None:
    press(alice, "approve")
    with db.writing() as session:
        selected_summaries(session, the_issue(db).id)[0].title = "Another headline"
    page = alice.get(PAGE).text
    assert "Changed: “Another headline” (headline)" in page
    assert "Another headline" not in alice.get(f"{PAGE}/preview/wide").text


@pytest.mark.usefixtures("three")
def test_hold_and_release(alice: FlaskClient, db: Database) -> None:
    press(alice, "hold")
    assert the_issue(db).held_by == "alice@digest.test"
    page = alice.get(PAGE).text
    assert "Held by <strong>Alice</strong>" in page
    press(alice, "release")
    assert not the_issue(db).on_hold


@pytest.mark.usefixtures("three")
def test_releasing_after_its_moment_asks_first(alice: FlaskClient, clock: time_machine.Traveller) -> None:
    press(alice, "approve")
    press(alice, "hold")
    clock.move_to(datetime(2024, 5, 14, 20, 0, tzinfo=UTC))
    assert f"{PAGE}/release" in alice.get(PAGE).text
    assert "Release…" not in alice.get(PAGE).text


@pytest.mark.on_both
@pytest.mark.usefixtures("three")
def test_move(alice: FlaskClient, db: Database) -> None:
    answer = press(alice, "move", date="2024-05-16")
    assert answer.headers["Location"] == "/desk/issues/2024-05-16"
    assert the_issue(db, date(2024, 5, 16)).slot == FRIDAY


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("day", ["", "tomorrow", "2024-05-13", "0001-01-01", "9999-12-31"])
def test_move_to_a_date_that_cannot_be(alice: FlaskClient, db: Database, day: str) -> None:
    assert press(alice, "move", date=day).status_code == 303
    assert the_issue(db).send_date == FRIDAY
    assert "notice is-warn" in alice.get(PAGE).text


@pytest.mark.usefixtures("three")
def test_skip_says_why(alice: FlaskClient, db: Database, mailbox: Mailbox) -> None:
    press(alice, "skip", because="Public holiday.")
    assert the_issue(db).state == IssueState.SKIPPED
    assert "Nothing was sent: Public holiday. What" in alice.get(PAGE).text
    assert "Alice skipped it: Public holiday." in alice.get(PAGE).text
    assert "holiday.." not in alice.get(PAGE).text
    (notice,) = mailbox.to("alice@digest.test")
    assert "was skipped by alice@digest.test: Public holiday. What" in " ".join(text_of(notice).split())
    assert "Friday 24 May 2024" in alice.get("/desk/issue").text


@pytest.mark.usefixtures("three")
def test_send_now_counts_down_and_can_be_cancelled(
    alice: FlaskClient, db: Database, settings: Settings, clock: time_machine.Traveller
) -> None:
    press(alice, "send-now")
    assert "No reader would get it" in alice.get(PAGE).text
    make_readers(db, settings, 12)
    press(alice, "send-now")
    clock.shift(timedelta(seconds=23))
    assert "4:37" in alice.get(f"{PAGE}/progress?stage=counting").text
    assert alice.get(f"{PAGE}/progress?stage=open").headers["HX-Refresh"] == "true"
    at_this_weeks = {"HX-Current-URL": "http://digest.test/desk/issue"}
    assert alice.get(f"{PAGE}/progress?stage=open", headers=at_this_weeks).headers["HX-Redirect"] == PAGE
    press(alice, "cancel-send-now")
    assert the_issue(db).send_now_at is None
    assert "Cancel the send" not in alice.get(PAGE).text


@pytest.mark.usefixtures("three")
def test_send_now_does_not_promise_what_no_clock_will_do(
    alice: FlaskClient, db: Database, settings: Settings, clock: time_machine.Traveller
) -> None:
    make_readers(db, settings, 12)
    press(alice, "send-now")
    clock.shift(timedelta(minutes=6))
    over = alice.get(f"{PAGE}/progress?stage=counting").text
    assert "The five minutes are over, but no clock runs" in over
    a_clock_ticks(db)
    assert "the clock sends it to 12 readers within seconds" in alice.get(f"{PAGE}/progress?stage=counting").text
    clock.shift(timedelta(days=1))
    a_day_later = alice.get(PAGE).text
    assert "The five minutes are over" not in a_day_later
    assert "Cancel the send" not in a_day_later


@pytest.mark.usefixtures("three")
def test_an_issue_that_waits_for_a_clock_says_so(
    alice: FlaskClient, db: Database, clock: time_machine.Traveller
) -> None:
    go_on(db, clock, datetime(2024, 5, 16, 15, 1, tzinfo=UTC))
    assert "The cut-off has passed, but no clock runs: it stays open" in alice.get(PAGE).text
    go_on(db, clock, datetime(2024, 5, 17, 7, 1, tzinfo=UTC))
    assert "no clock runs: nothing goes by itself" in alice.get(PAGE).text
    a_clock_ticks(db)
    assert "the clock sends it within seconds" in alice.get(PAGE).text


@pytest.mark.usefixtures("three")
def test_stop_and_resume(alice: FlaskClient, db: Database, settings: Settings) -> None:
    make_it_sending(db, settings, alice)
    assert "0 of 3 copies dealt with, 3 waiting" in alice.get(PAGE).text
    press(alice, "stop")
    assert the_issue(db).stopped_by == "alice@digest.test"
    assert "Resume the send" in alice.get(PAGE).text
    press(alice, "resume")
    assert the_issue(db).stopped_at is None


@pytest.mark.usefixtures("three")
def test_resume_does_not_promise_what_no_clock_will_do(alice: FlaskClient, db: Database, settings: Settings) -> None:
    make_it_sending(db, settings, alice)
    press(alice, "stop")
    press(alice, "resume")
    assert "The send goes on when the clock runs again, or by “digest send”." in alice.get(PAGE).text
    press(alice, "stop")
    a_clock_ticks(db)
    press(alice, "resume")
    assert "The send goes on." in alice.get(PAGE).text


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2024, 5, 16, 9, tzinfo=UTC), "It stays closed, and goes at its moment"),
        (datetime(2024, 5, 17, 8, tzinfo=UTC), "It goes when the clock runs again, or by “digest send”."),
        (datetime(2024, 5, 18, 9, tzinfo=UTC), "over 24 hours late, it does not go by itself"),
    ],
)
def test_cancelling_says_what_becomes_of_it(
    alice: FlaskClient, db: Database, settings: Settings, clock: time_machine.Traveller, moment: datetime, words: str
) -> None:
    make_readers(db, settings, 3)
    go_on(db, clock, moment)
    press(alice, "send-now")
    press(alice, "cancel-send-now")
    assert words in alice.get(PAGE).text


@pytest.mark.usefixtures("three")
def test_cancelled_past_its_moment_it_goes_by_the_clock(
    alice: FlaskClient, db: Database, settings: Settings, clock: time_machine.Traveller
) -> None:
    make_readers(db, settings, 3)
    go_on(db, clock, datetime(2024, 5, 17, 8, tzinfo=UTC))
    press(alice, "send-now")
    a_clock_ticks(db)
    press(alice, "cancel-send-now")
    assert "It goes by the clock, within seconds. Put it on hold to prevent that." in alice.get(PAGE).text


@pytest.mark.usefixtures("three")
def test_a_test_goes_to_whoever_asked(alice: FlaskClient, mailbox: Mailbox) -> None:
    press(alice, "test")
    assert len(mailbox.to("alice@digest.test")) == 1


@pytest.mark.usefixtures("three")
def test_a_day_late_says_what_the_choices_are(alice: FlaskClient, db: Database, clock: time_machine.Traveller) -> None:
    go_on(db, clock, datetime(2024, 5, 18, 9, 0, tzinfo=UTC))
    page = alice.get("/desk/issue").text
    assert "over 24 hours late" in page
    for action in ("send-now", "move", "skip"):
        assert f'href="{PAGE}/{action}"' in page


# Reports


@pytest.mark.usefixtures("three")
def test_reports_list_and_add_up(alice: FlaskClient, db: Database, settings: Settings) -> None:
    assert "Not sent yet" in alice.get("/desk/reports").text
    make_it_sending(db, settings, alice)
    assert report(db, the_issue(db).id).difference == 0
    assert "/desk/reports/2024-05-17" in alice.get("/desk/reports").text
    page = alice.get("/desk/reports/2024-05-17").text
    assert "3 readers = 0 accepted" in page
    assert "Difference: 0, so every reader’s copy is in one of these." in " ".join(page.split())
    assert alice.get("/desk/issues").headers["Location"] == "/desk/reports"


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=1, hours=4), "in 1 day 4 h"),
        (timedelta(days=2), "in 2 days"),
        (timedelta(hours=3, minutes=20), "in 3 h 20 min"),
        (timedelta(seconds=1), "in 1 min"),
        (timedelta(0), "now"),
    ],
)
def test_time_left_in_words(left: timedelta, words: str) -> None:
    assert until(left) == words
