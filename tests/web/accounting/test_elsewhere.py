"""What the desk's landing page tells of other issues than its own."""

from __future__ import annotations

import pytest

from digest.storage.base.database import Database, database_now
from digest.storage.issues.issues import Issue
from digest.storage.running.heartbeats import beat
from digest.storage.sending.batches import Batch
from tests.web.browser import Browser, page, words

LANDING = "/desk/issue"
REPORT = "/desk/reports/2024-05-17"
NAME = "The issue of Friday 17 May 2024"


@pytest.mark.on_both
def test_held_copies_of_an_earlier_issue_show_on_the_landing_page(db: Database, alice: Browser, held: int) -> None:
    assert "30 copies of the issue of Friday 17 May 2024 wait for a decision." in words(alice.open(LANDING))
    assert warned_of(alice) == [REPORT]
    with db.writing() as session:
        for batch in session.query(Batch).filter_by(issue_id=held, state="held").order_by(Batch.id).limit(2):
            batch.state, batch.skipped = "unknown", 1
    told = words(alice.open(LANDING))
    assert "10 copies of the issue of Friday 17 May 2024 wait for a decision." in told
    assert "18 copies of the issue of Friday 17 May 2024 are unknown" in told


def test_a_send_that_goes_on_is_told_calmly(db: Database, alice: Browser, frozen: int) -> None:  # noqa: ARG001
    a_clock_runs(db)
    assert f"{NAME} is being sent." in words(alice.open(LANDING))
    assert warned_of(alice) == []


def test_a_send_that_sendgrid_refuses_waits_on_the_landing_page_too(db: Database, alice: Browser, frozen: int) -> None:
    a_clock_runs(db)
    with db.writing() as session:
        issue = session.get_one(Issue, frozen)
        issue.paused_until, issue.paused_because = database_now(session) + 200, "SendGrid answered 401"
    told = words(alice.open(LANDING))
    assert f"{NAME} waits: SendGrid refuses the whole send (SendGrid answered 401)." in told
    assert "is being sent" not in told
    assert warned_of(alice) == [REPORT]


def test_a_send_without_a_clock_waits_on_the_landing_page_too(alice: Browser, frozen: int) -> None:  # noqa: ARG001
    assert f"{NAME} waits: no clock runs, and no sender is at work." in words(alice.open(LANDING))


def a_clock_runs(db: Database) -> None:
    with db.writing() as session:
        beat(session, "a clock", database_now(session))


def warned_of(browser: Browser) -> list[str]:
    """Where the warnings lead."""
    return [str(link["href"]) for link in page(browser.open(LANDING)).select("#issue-standing .is-warn a")]
