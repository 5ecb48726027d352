"""What the desk says while a send goes on, or does not."""

from __future__ import annotations

from digest.operations.pacing import ask_for_probe
from digest.storage.batches import Batch, BatchState
from digest.storage.database import Database
from digest.storage.issues import Issue
from tests.web.desk.browser import Browser, one, page, words

REPORT = "/desk/reports/2024-05-17"


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
