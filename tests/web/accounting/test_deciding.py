"""An editor's word on what nobody knows: two pages, of which the second decides."""

from __future__ import annotations

import pytest
from werkzeug.test import TestResponse

from digest.config import Settings
from digest.storage.base.database import Database, database_now
from digest.storage.issues.issues import Issue
from digest.storage.running.heartbeats import beat
from digest.storage.sending.batches import Attempt, Batch, BatchState, Cause
from tests.conftest import TUESDAY
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.unsettled import ALICE, account, batches, decisions, send
from tests.web.browser import Browser, one, page, words
from tests.web.readers.doors import everything

REPORT = "/desk/reports/2024-05-17"


def test_an_editor_decides_by_two_pages_and_one_is_told_what_it_means(
    db: Database, alice: Browser, sendgrid: LoopbackSendGrid, settings: Settings, held: int
) -> None:
    first = batches(db, BatchState.HELD)[0]
    url = f"{REPORT}/batches/{first}"
    asked = alice.open(url)
    assert "It holds 10 copies of the issue of Friday 17 May 2024" in words(asked)
    assert "No complete answer from SendGrid" in words(asked)
    assert "Decide all 2 batches with the same cause alike 20 copies" in words(asked)
    assert len(page(asked).select("main .button.is-primary")) == 1
    form = one(page(asked), "main form")
    assert [box["value"] for box in form.select("input[type=radio]")] == ["sent", "resend", "skip"]
    assert "No addresses, please" in one(form, "#field-because-hint").get_text()
    question = press(alice, asked, "Go on", verdict="resend", because="Activity shows nothing", alike="1")
    assert one(page(question), "h1").get_text() == "Send it again to 20 readers?"
    assert decisions(db) == []
    done = press(alice, question, "Send it again to 20 readers")
    assert (done.status_code, done.location) == (303, REPORT)
    told = words(alice.open(REPORT))
    assert "Decided: 20 copies to be sent again" in told
    assert "Activity shows nothing; known then: no complete answer" in told
    send(db, settings, held)
    assert len(sendgrid.addresses()) == 30
    assert not sendgrid.doubled()


def test_a_word_on_all_alike_is_about_those_that_were_shown(db: Database, alice: Browser, held: int) -> None:  # noqa: ARG001
    first, second, third = batches(db, BatchState.HELD)
    url = f"{REPORT}/batches/{first}"
    question = press(alice, alice.open(url), "Go on", verdict="resend", alike="1")
    with db.writing() as session:
        session.get_one(Batch, third).cause = session.get_one(Batch, second).cause
    refused = press(alice, question, "Send it again to 20 readers")
    assert (refused.status_code, refused.location) == (303, url)
    assert decisions(db) == []
    asked = alice.open(url)
    told = "Meanwhile other batches wait for the same cause. Look at them, then decide. Nothing was decided."
    assert told in words(asked)
    question = press(alice, asked, "Go on", verdict="resend", alike="1")
    assert one(page(question), "h1").get_text() == "Send it again to 30 readers?"


def test_without_a_clock_nobody_is_promised_that_it_goes_within_seconds(
    db: Database,
    alice: Browser,
    held: int,  # noqa: ARG001
) -> None:
    when = "when the clock runs again, or by “digest send”"
    first, second, _ = batches(db, BatchState.HELD)
    question = press(alice, alice.open(f"{REPORT}/batches/{first}"), "Go on", verdict="resend")
    assert f"They are mailed {when}" in words(question)
    press(alice, question, "Send it again to 10 readers")
    assert f"Decided: 10 copies to be sent again {when}." in words(alice.open(REPORT))
    with db.writing() as session:
        beat(session, "a clock", database_now(session))
    question = press(alice, alice.open(f"{REPORT}/batches/{second}"), "Go on", verdict="resend")
    assert "They are mailed within seconds" in words(question)
    press(alice, question, "Send it again to 10 readers")
    assert "Decided: 10 copies to be sent again by the clock, within seconds." in words(alice.open(REPORT))


def test_the_choices_name_the_moment_of_the_last_attempt(db: Database, alice: Browser, held: int) -> None:  # noqa: ARG001
    first = batches(db, BatchState.HELD)[0]
    with db.writing() as session:
        attempt = session.query(Attempt).filter_by(batch_id=first).one()
        attempt.started_at, attempt.owner = TUESDAY, "host:17"
    told = words(alice.open(f"{REPORT}/batches/{first}"))
    assert "Its last attempt began on Tuesday 14 May 2024, 10:00 Europe/London, by host:17. Look at SendGrid" in told
    assert "for that minute and the next: search" in told


@pytest.mark.on_both
def test_a_double_click_decides_once(
    db: Database, alice: Browser, sendgrid: LoopbackSendGrid, settings: Settings, held: int
) -> None:
    url = f"{REPORT}/batches/{batches(db, BatchState.HELD)[0]}"
    for _ in range(2):
        assert alice.send(url, verdict="resend").status_code == 303
    assert "decided “resend” on" in words(alice.open(REPORT))
    send(db, settings, held)
    assert alice.send(url, verdict="resend").status_code == 303
    send(db, settings, held)
    assert len(decisions(db)) == 1
    assert len(sendgrid.addresses()) == 20
    assert not sendgrid.doubled()
    assert "Nothing is to be decided about it" in words(alice.open(url))


@pytest.mark.on_both
def test_the_second_editor_is_told_what_the_first_decided(
    db: Database, alice: Browser, ada: Browser, held: int
) -> None:
    batch_id = batches(db, BatchState.HELD)[0]
    alice.send(f"{REPORT}/batches/{batch_id}", verdict="skip")
    ada.send(f"{REPORT}/batches/{batch_id}", verdict="resend")
    assert f"Batch {batch_id} is skipped now: {ALICE} decided “skip” on Tuesday 14 May 2024" in words(ada.open(REPORT))
    assert account(db, held) == {"skipped": 10, "held": 20, "accepted": 10}


def test_what_was_typed_is_in_no_address(db: Database, alice: Browser, held: int) -> None:  # noqa: ARG001
    asked = alice.open(f"{REPORT}/batches/{batches(db, BatchState.HELD)[0]}")
    question = press(alice, asked, "Go on", verdict="skip", because="Zoe wrote to us")
    again = press(alice, question, "Choose again")
    for answer in (question, again, press(alice, again, "Go on")):
        assert "Zoe" in answer.text
        assert answer.request.query_string == b""
        assert answer.headers["Cache-Control"] == "no-store"
        assert [link["href"] for link in page(answer).select("a") if "Zoe" in str(link["href"])] == []
    for form in page(again).select("main form"):
        assert form["method"] == "post"


def test_choosing_again_keeps_what_was_entered(db: Database, alice: Browser, held: int) -> None:  # noqa: ARG001
    asked = alice.open(f"{REPORT}/batches/{batches(db, BatchState.HELD)[0]}")
    question = press(alice, asked, "Go on", verdict="resend", because="Nothing is there", alike="1")
    again = press(alice, question, "Choose again")
    assert one(page(again), "input[type=radio][checked]")["value"] == "resend"
    assert one(page(again), "input[name=because]")["value"] == "Nothing is there"
    assert one(page(again), "input[name=alike]").has_attr("checked")
    assert decisions(db) == []


def test_asking_changes_nothing_however_often_it_is_loaded(db: Database, alice: Browser, held: int) -> None:  # noqa: ARG001
    url = f"{REPORT}/batches/{batches(db, BatchState.HELD)[0]}"
    asked = alice.open(url)
    before = everything(db)
    for _ in range(2):
        question = press(alice, asked, "Go on", verdict="skip")
        assert one(page(question), "h1").get_text() == "Skip 10 readers?"
    assert press(alice, question, "Choose again").status_code == 200
    assert everything(db) == before
    reopened = alice.open(f"{url}/confirm")
    assert (reopened.status_code, reopened.location) == (302, url)


def test_loaded_again_after_the_decision_it_says_what_was_decided(
    db: Database,
    alice: Browser,
    held: int,  # noqa: ARG001
) -> None:
    asked = alice.open(f"{REPORT}/batches/{batches(db, BatchState.HELD)[0]}")
    question = press(alice, asked, "Go on", verdict="skip", because="Nobody can tell")
    press(alice, question, "Skip 10 readers")
    for late in (press(alice, asked, "Go on", verdict="resend"), press(alice, question, "Choose again")):
        assert "Nothing is to be decided about it" in words(late)
        assert "by Alice Nobody can tell; known then: no complete answer" in words(late)
    assert len(decisions(db)) == 1


def test_without_its_token_neither_form_is_taken(db: Database, alice: Browser, held: int) -> None:  # noqa: ARG001
    url = f"{REPORT}/batches/{batches(db, BatchState.HELD)[0]}"
    for path in (url, f"{url}/confirm"):
        answer = alice.client.post(path, data={"verdict": "skip"})
        assert answer.status_code == 400
        assert "This form has grown too old" in words(answer)
    assert decisions(db) == []


def test_going_on_without_a_choice_asks_for_one(db: Database, alice: Browser, held: int) -> None:  # noqa: ARG001
    url = f"{REPORT}/batches/{batches(db, BatchState.HELD)[0]}"
    for path in (url, f"{url}/confirm"):
        for verdict in ("", "burn it"):
            answer = alice.send(path, verdict=verdict, because="Activity is empty")
            assert answer.status_code == 422
            assert one(page(answer), ".error-summary a").get_text() == "Choose what became of it."
            assert one(page(answer), "input[name=because]")["value"] == "Activity is empty"
    assert decisions(db) == []


@pytest.mark.parametrize(
    ("because", "told"),
    [
        ("zoe@example.org has it", "Take the email address out: what you write is kept for longer than readers are."),
        ("Zoë <zoe@müller.example>", "Take the email address out: what you write is kept for longer than readers are."),
        ("x" * 501, "Say it in 500 characters or fewer."),
        ("x" * 5_000, "Say it in 500 characters or fewer."),
    ],
)
def test_words_that_can_not_be_kept_are_refused_with_the_remedy(
    db: Database,
    alice: Browser,
    held: int,  # noqa: ARG001
    because: str,
    told: str,
) -> None:
    url = f"{REPORT}/batches/{batches(db, BatchState.HELD)[0]}"
    for path in (url, f"{url}/confirm"):
        answer = alice.send(path, verdict="skip", because=because)
        assert answer.status_code == 422
        assert one(page(answer), "#field-because-error").get_text(strip=True) == told
        assert one(page(answer), "input[name=because]")["value"] == because[:1_000]
        assert one(page(answer), "input[type=radio][checked]")["value"] == "skip"
    assert decisions(db) == []


@pytest.mark.parametrize("because", ["", "   ", "x" * 500])
def test_words_may_lack_or_take_all_their_room(db: Database, alice: Browser, held: int, because: str) -> None:  # noqa: ARG001
    asked = alice.open(f"{REPORT}/batches/{batches(db, BatchState.HELD)[0]}")
    question = press(alice, asked, "Go on", verdict="skip", because=because)
    assert ("What you saw" in words(question)) is bool(because.strip())
    assert press(alice, question, "Skip 10 readers").status_code == 303
    assert len(decisions(db)) == 1


def test_a_decision_names_who_and_on_which_evidence(db: Database, alice: Browser, held: int) -> None:  # noqa: ARG001
    first, second, _ = batches(db, BatchState.HELD)
    with db.writing() as session:
        session.get_one(Batch, second).because = "another reason"
    asked = alice.open(f"{REPORT}/batches/{first}")
    question = press(alice, asked, "Go on", verdict="skip", because="Nothing there.", alike="1")
    press(alice, question, "Skip 20 readers")
    assert ", by Alice Nothing there; known then: " in words(alice.open(f"{REPORT}/batches/{first}"))
    told = words(alice.open(REPORT))
    assert (
        f"Skipped: 2 batches from {first} to {second} Nothing there; known then: another reason This is of one" in told
    )


def test_a_batch_of_another_issue_or_of_none_is_not_there(db: Database, alice: Browser, held: int) -> None:  # noqa: ARG001
    batch_id = batches(db, BatchState.HELD)[0]
    assert alice.open(f"{REPORT}/batches/4711").status_code == 404
    assert alice.open(f"/desk/reports/2024-05-24/batches/{batch_id}").status_code == 404
    assert alice.send(f"/desk/reports/2024-05-24/batches/{batch_id}", verdict="skip").status_code == 404
    assert decisions(db) == []


def test_a_restored_batch_without_an_attempt_can_be_decided(db: Database, alice: Browser, frozen: int) -> None:
    with db.writing() as session:
        session.get_one(Issue, frozen).state = "sent"
        for batch in session.query(Batch):
            batch.state, batch.cause = BatchState.HELD, Cause.RESTORED
    url = f"{REPORT}/batches/{batches(db, BatchState.HELD)[0]}"
    assert "The database was brought back from a backup" in words(alice.open(url))
    assert "This database knows of no attempt" in words(alice.open(url))
    question = press(alice, alice.open(url), "Go on", verdict="sent", alike="1")
    press(alice, question, "Count 40 copies as sent")
    assert account(db, frozen) == {"accepted": 40}


def press(browser: Browser, answer: TestResponse, label: str, **entered: str) -> TestResponse:
    """Fill the page's form and press its button, as a browser without JavaScript does."""
    button = next(found for found in page(answer).select("main form button") if found.get_text(strip=True) == label)
    form = button.find_parent("form")
    assert form is not None
    fields = {
        str(field["name"]): str(field.get("value", ""))
        for field in form.select("input")
        if field.get("type") not in ("radio", "checkbox") or field.has_attr("checked")
    }
    if button.has_attr("name"):
        fields[str(button["name"])] = str(button["value"])
    return browser.client.post(str(button.get("formaction") or form["action"]), data=fields | entered)
