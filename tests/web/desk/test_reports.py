"""The account on the desk, its file, and an editor's word on what nobody knows."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from digest.config import Settings
from digest.operations.account_files import account_as_csv
from digest.operations.pacing import ask_for_probe
from digest.operations.privacy import erase
from digest.storage.batches import Attempt, Batch, BatchState, Cause
from digest.storage.database import Database
from digest.storage.deliveries import Delivery, Fate
from digest.storage.issues import Issue
from tests.conftest import TUESDAY
from tests.factories import make_readers, make_subscriber
from tests.loopback.faults import DropUnanswered, ServerError
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.unsettled import ALICE, account, batches, decisions, freeze_issue, send
from tests.web.desk.browser import Browser, one, page, words

REPORT = "/desk/reports/2024-05-17"


@pytest.fixture
def sendgrid() -> Iterator[LoopbackSendGrid]:
    with LoopbackSendGrid() as server:
        yield server


@pytest.fixture
def environ(environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | {
        "MAIL_TRANSPORT": "sendgrid",
        "SENDGRID_API_KEY": "SG.loopback",
        "SENDGRID_HOST": sendgrid.url,
    }


@pytest.fixture
def frozen(db: Database, settings: Settings) -> int:
    """Forty readers in batches of ten; nothing has left."""
    make_readers(db, settings, 40)
    return freeze_issue(db, settings, batch_size=10)


@pytest.fixture
def held(db: Database, settings: Settings, sendgrid: LoopbackSendGrid, frozen: int) -> int:
    """SendGrid took the last ten; two batches before were cut off and one was answered by 503."""
    sendgrid.misbehave(DropUnanswered(accept=False), DropUnanswered(accept=False), ServerError(503))
    send(db, settings, frozen)
    assert account(db, frozen) == {"held": 30, "accepted": 10}
    return frozen


def test_report_adds_up_and_lists_held_batches_first(db: Database, alice: Browser, held: int) -> None:  # noqa: ARG001
    answer = alice.open(REPORT)
    assert "40 readers = 10 accepted + 0 failed + 0 skipped + 0 unknown + 30 held + 0 waiting" in words(answer)
    assert "30 copies wait for a person" in words(answer)
    states = [one(row, ".pill").get_text(strip=True) for row in page(answer).select("#batches + .panel tbody tr")]
    assert states == ["Held", "Held", "Held", "Accepted"]
    decide = [str(link["href"]) for link in page(answer).select("td.is-actions a")]
    assert decide == [f"{REPORT}/batches/{batch_id}" for batch_id in batches(db, BatchState.HELD)]


def test_report_shows_each_attempt_with_sendgrids_words(db: Database, alice: Browser, held: int) -> None:  # noqa: ARG001
    text = words(alice.open(REPORT))
    with db.reading() as session:
        message_ids = [attempt.message_id for attempt in session.query(Attempt) if attempt.message_id]
    assert "Unknown , status 503" in text
    assert "SendGrid answered 503: Something went wrong" in text
    assert "Taken , status 202" in text
    assert [key for key in message_ids if f"Message id {key}" in text] == message_ids


def test_report_counts_what_sendgrid_reported(db: Database, alice: Browser, held: int) -> None:  # noqa: ARG001
    [batch_id] = batches(db, BatchState.ACCEPTED)
    with db.writing() as session:
        copies = session.query(Delivery).filter_by(batch_id=batch_id).order_by(Delivery.id).all()
        for copy, fate in zip(copies, [*Fate, Fate.DELIVERED], strict=False):
            copy.fate = fate
    text = words(alice.open(REPORT))
    assert "Delivered 2 Deferred 1 Blocked 1 Bounced 1 Dropped 1 Complained 1 No report yet 3" in text


def test_report_says_that_no_events_come_where_none_can(alice: Browser, held: int) -> None:  # noqa: ARG001
    assert "its events do not come here" in words(alice.open(REPORT))


def test_thousands_of_batches_are_paged(db: Database, settings: Settings, alice: Browser) -> None:
    make_readers(db, settings, 120)
    freeze_issue(db, settings, batch_size=1)
    shown = [
        {
            str(one(row, "td").get_text(strip=True))
            for row in page(alice.open(f"{REPORT}?page={number}")).select("tbody tr")
        }
        for number in (1, 2, 3, 99)
    ]
    assert [len(rows & {str(number) for number in range(1, 121)}) for rows in shown[:3]] == [50, 50, 20]
    assert shown[3] == shown[2]


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
    assert form["method"] == "get"
    assert [box["value"] for box in form.select("input[type=radio]")] == ["sent", "resend", "skip"]
    confirming = f"{url}?verdict=resend&because=Activity+shows+nothing&alike=1&asked=1"
    question = alice.open(confirming)
    assert one(page(question), "h1").get_text() == "Send it again to 20 readers?"
    assert decisions(db) == []
    fields = {
        str(field["name"]): str(field["value"]) for field in page(question).select("main form input[type=hidden]")
    }
    done = alice.client.post(one(page(question), "main form")["action"], data=fields)
    assert (done.status_code, done.location) == (303, REPORT)
    told = words(alice.open(REPORT))
    assert "Decided: 20 copies to be sent again" in told
    assert "Activity shows nothing; known then: no complete answer" in told
    send(db, settings, held)
    assert len(sendgrid.addresses()) == 30
    assert not sendgrid.doubled()


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


def test_the_second_editor_is_told_what_the_first_decided(
    db: Database, alice: Browser, ada: Browser, held: int
) -> None:
    batch_id = batches(db, BatchState.HELD)[0]
    alice.send(f"{REPORT}/batches/{batch_id}", verdict="skip")
    ada.send(f"{REPORT}/batches/{batch_id}", verdict="resend")
    assert f"Batch {batch_id} is skipped now: {ALICE} decided “skip” on Tuesday 14 May 2024" in words(ada.open(REPORT))
    assert account(db, held) == {"skipped": 10, "held": 20, "accepted": 10}


def test_going_on_without_a_choice_asks_for_one(db: Database, alice: Browser, held: int) -> None:  # noqa: ARG001
    url = f"{REPORT}/batches/{batches(db, BatchState.HELD)[0]}"
    assert "Choose what became of it" in words(alice.open(f"{url}?because=&asked=1"))
    answer = alice.send(url, verdict="burn it")
    assert "Choose what became of it" in words(alice.open(answer.location))
    assert parse_qs(urlsplit(answer.location).query) == {"asked": ["1"]}
    assert decisions(db) == []


def test_a_decision_names_who_and_on_which_evidence(db: Database, alice: Browser, held: int) -> None:  # noqa: ARG001
    first, second, _ = batches(db, BatchState.HELD)
    with db.writing() as session:
        session.get_one(Batch, second).because = "another reason"
    alice.send(f"{REPORT}/batches/{first}", verdict="skip", because="Nothing there.", alike="1")
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
    alice.send(url, verdict="sent", alike="1")
    assert account(db, frozen) == {"accepted": 40}


def test_the_file_adds_up_to_the_audience_and_says_what_is_known_of_each(
    db: Database, settings: Settings, ada: Browser, held: int
) -> None:
    [taken] = batches(db, BatchState.ACCEPTED)
    with db.writing() as session:
        first = session.query(Delivery).filter_by(batch_id=taken).order_by(Delivery.id).limit(1).one()
        first.fate, first.fate_at, first.fate_reason = Fate.BOUNCED, TUESDAY, "=cmd|' /C calc'!A0"
        message_id = session.query(Attempt).filter_by(batch_id=taken).one().message_id
    answer = ada.open(f"{REPORT}.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="digest-2024-05-17.csv"'
    assert "no-store" in answer.headers["Cache-Control"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert Counter(row["outcome"] for row in rows) == Counter(account(db, held))
    assert len({row["delivery"] for row in rows}) == len({row["address"] for row in rows}) == 40
    [bounced] = [row for row in rows if row["report"]]
    assert (bounced["report"], bounced["reported_at"]) == ("bounced", "2024-05-14T09:00:00+00:00")
    assert bounced["report_reason"] == "'=cmd|' /C calc'!A0"
    assert {row["message_id"] for row in rows if row["outcome"] == "accepted"} == {message_id}
    assert all(
        "no complete answer" in row["reason"] or "503" in row["reason"] for row in rows if row["outcome"] == "held"
    )
    erase(db, settings, TUESDAY, rows[0]["address"], "a test")
    after = list(csv.DictReader(io.StringIO(ada.open(f"{REPORT}.csv").text)))
    assert (len(after), after[0]["address"]) == (40, "")


def test_no_cell_of_the_file_begins_like_a_formula(db: Database, settings: Settings, ada: Browser) -> None:
    make_subscriber(db, settings, "+zoe@example.org")
    make_subscriber(db, settings, "-1@example.org")
    freeze_issue(db, settings)
    cells = [cell for row in csv.reader(io.StringIO(ada.open(f"{REPORT}.csv").text)) for cell in row]
    assert {"'+zoe@example.org", "'-1@example.org"} <= set(cells)
    assert not [cell for cell in cells if re.match(r"[=+\-@\t\r]", cell)]


def test_the_file_comes_in_pieces(db: Database, settings: Settings) -> None:
    make_readers(db, settings, 5_001)
    issue_id = freeze_issue(db, settings, 1_000)
    pieces = list(account_as_csv(db, issue_id))
    assert [piece.count("\n") for piece in pieces] == [1, 5_000, 1]


def test_only_admins_download_addresses(alice: Browser, held: int) -> None:  # noqa: ARG001
    assert alice.open(f"{REPORT}.csv").status_code == 403
    assert "Download as CSV" not in words(alice.open(REPORT))


def test_while_sending_report_and_issue_follow_by_themselves(db: Database, alice: Browser, frozen: int) -> None:
    live = one(page(alice.open(REPORT)), "#report-live")
    assert live["hx-trigger"] == "every 2s"
    assert "0 of 40 copies dealt with, 40 waiting" in words(alice.open(str(live["hx-get"])))
    with db.writing() as session:
        session.get_one(Issue, frozen).state = "sent"
    assert alice.open(str(live["hx-get"])).headers["HX-Refresh"] == "true"


def test_asked_to_count_every_copy_the_report_stands_still(alice: Browser, frozen: int) -> None:  # noqa: ARG001
    counted = alice.open(f"{REPORT}?count=1")
    assert "Count every copy" in words(alice.open(REPORT))
    assert "hx-get" not in one(page(counted), "#report-live").attrs
    assert "40 readers = 0 accepted" in words(counted)


def test_progress_says_why_nothing_leaves_after_an_unknown(db: Database, alice: Browser, frozen: int) -> None:
    with db.writing() as session:
        ask_for_probe(session.get_one(Issue, frozen))
    assert "SendGrid is asked whether it answers before more leaves" in words(alice.open("/desk/issues/2024-05-17"))


def test_progress_says_that_sendgrid_asked_for_less(db: Database, alice: Browser, frozen: int) -> None:
    with db.writing() as session:
        issue = session.get_one(Issue, frozen)
        issue.pace, issue.pace_gentle = 2.0, True
    assert "SendGrid asked for less at a time (429)" in words(alice.open("/desk/issues/2024-05-17"))


def test_stop_says_what_is_held(db: Database, alice: Browser, frozen: int) -> None:  # noqa: ARG001
    with db.writing() as session:
        session.query(Batch).order_by(Batch.id).limit(1).one().state = BatchState.CLAIMED
    asked = words(alice.open("/desk/issues/2024-05-17/stop"))
    assert "10 copies are in requests under way" in asked
    assert "Of 40 readers, 30 have not been written to: those copies are held" in asked
    alice.send("/desk/issues/2024-05-17/stop")
    told = words(alice.open("/desk/issues/2024-05-17"))
    assert "Requests in hand are finished; the 30 copies that have not left are held" in told
    assert "Stopped: 30 copies that have not left are held until someone resumes the send" in told
