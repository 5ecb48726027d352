"""What the desk says while a send goes on, or does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from digest.operations.accounting.pacing import ask_for_probe
from digest.storage.base.database import Database, database_now
from digest.storage.issues.history import note
from digest.storage.issues.issues import Issue
from digest.storage.running.heartbeats import beat
from digest.storage.sending.batches import Attempt, Batch, BatchState
from tests.conftest import TUESDAY
from tests.web.browser import Browser, one, page, words

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


def test_stop_says_what_waits(db: Database, alice: Browser, frozen: int) -> None:  # noqa: ARG001
    with db.writing() as session:
        session.query(Batch).order_by(Batch.id).limit(1).one().state = BatchState.CLAIMED
    asked = words(alice.open("/desk/issues/2024-05-17/stop"))
    assert "10 copies are in requests under way" in asked
    assert "Of 40 readers, 30 have not been written to: those copies wait until someone resumes the send" in asked
    alice.send("/desk/issues/2024-05-17/stop")
    told = words(alice.open("/desk/issues/2024-05-17"))
    assert "Requests in hand are finished; the 30 copies that have not left wait until someone resumes the send" in told
    assert (
        "Stopped by Alice on Tuesday 14 May 2024, 10:00 Europe/London: 30 copies that have not left wait until someone "
        "resumes the send. 10 copies are in requests under way, which are finished." in told
    )


def refused(session: Session, issue: Issue, at: float) -> None:
    issue.paused_until, issue.paused_because = at + 200, "SendGrid answered 401: the API key is revoked"
    note(session, issue.id, TUESDAY, "the send", f"stopped: {issue.paused_because}")


def limited(_session: Session, issue: Issue, at: float) -> None:
    issue.paused_until = at + 200


def probing(session: Session, issue: Issue, at: float) -> None:
    ask_for_probe(issue)
    issue.probe_tries, issue.probe_at = 3, at + 200
    session.query(Batch).order_by(Batch.id).limit(1).one().unknown_at = at - 60


def silent(session: Session, _issue: Issue, at: float) -> None:
    batch = session.query(Batch).order_by(Batch.id).limit(1).one()
    batch.state = BatchState.CLAIMED
    session.add(Attempt(id="0" * 32, batch_id=batch.id, owner="host:17", lease_until=at + 10, started_at=TUESDAY))


def again(session: Session, _issue: Issue, at: float) -> None:
    session.query(Batch).update({"retry_at": at + 200, "because": "no connection to SendGrid"})


@pytest.mark.parametrize(
    ("befall", "said"),
    [
        (
            refused,
            "SendGrid refuses the whole send since Tuesday 14 May 2024, 10:00 Europe/London: SendGrid answered 401: "
            "the API key is revoked. Nothing is lost; 40 copies wait. Tell the operator to check the API key and the "
            "verified sender. It tries again by itself at {200} and then every five minutes, or at once",
        ),
        (limited, "SendGrid asked for a pause (429) until {200}. Then the send goes on by itself, with fewer requests"),
        (
            probing,
            "SendGrid is asked whether it answers before more leaves; so far it was asked 3 times, and will be again "
            "at {200}. Once it answers, the send goes on by itself",
        ),
        (
            silent,
            "The sender host:17 has not reported on 10 copies that it began on Tuesday 14 May 2024, 10:00 "
            "Europe/London. If it still has not at {10}, nobody can know whether they left",
        ),
        (
            again,
            "certainly not taken (no connection to SendGrid). They go again by themselves at {200}; there is nothing",
        ),
    ],
)
def test_a_send_that_stands_still_says_why_since_when_and_what_to_do(
    db: Database, alice: Browser, frozen: int, befall: Callable[[Session, Issue, float], None], said: str
) -> None:
    with db.writing() as session:
        at = database_now(session)
        beat(session, "a clock", at + 3_600)
        befall(session, session.get_one(Issue, frozen), at)
    for seconds in (10, 200):
        said = said.replace(f"{{{seconds}}}", _in_london(at + seconds))
    report = alice.open(REPORT)
    live = one(page(report), "#report-live")["hx-get"]
    for answer in (report, alice.open(str(live)), alice.open("/desk/issues/2024-05-17")):
        assert said in words(answer)
        assert len(page(answer).select("#report-live > .notice, #issue-progress > .notice")) == 1


def test_a_send_without_a_clock_says_that_nothing_goes_on(db: Database, alice: Browser, frozen: int) -> None:
    assert "No clock has ever ticked here, and no sender is at work: nothing goes on by itself" in words(
        alice.open(REPORT)
    )
    with db.writing() as session:
        at = database_now(session)
        batch = session.query(Batch).filter_by(issue_id=frozen).order_by(Batch.id).limit(1).one()
        session.add(Attempt(id="0" * 32, batch_id=batch.id, owner="host:17", lease_until=at + 45, started_at=TUESDAY))
    assert "nothing goes on by itself" not in words(alice.open(REPORT))


WITHOUT_A_CLOCK = "by the clock, when it runs again, or by a running “digest send”"


@pytest.mark.parametrize(
    ("befall", "said"),
    [
        (refused, "It tries again when the clock runs again, or by digest send"),
        (limited, f"SendGrid asked for a pause (429) until {{200}}. Then the send goes on {WITHOUT_A_CLOCK}"),
        (probing, f"will be again after {{200}}. Once it answers, the send goes on {WITHOUT_A_CLOCK}"),
        (again, f"They go again after {{200}}, {WITHOUT_A_CLOCK}"),
    ],
)
def test_without_a_clock_a_send_does_not_go_on_by_itself(
    db: Database, alice: Browser, frozen: int, befall: Callable[[Session, Issue, float], None], said: str
) -> None:
    with db.writing() as session:
        at = database_now(session)
        befall(session, session.get_one(Issue, frozen), at)
    told, until = words(alice.open(REPORT)), _in_london(at + 200)
    assert said.replace("{200}", until) in told
    assert "by itself at" not in told
    assert "there is nothing to do" not in told.lower()
    waits = "" if befall is refused else f", unless a “digest send” is waiting for {until}"
    assert f"no sender is at work: nothing goes on by itself{waits}. Tell the operator" in told


def test_what_is_unknown_or_held_does_not_look_done(db: Database, alice: Browser, frozen: int) -> None:
    with db.writing() as session:
        for batch, state in zip(session.query(Batch).order_by(Batch.id), ("accepted", "unknown", "held"), strict=False):
            batch.state, batch.unknown_at = state, TUESDAY.timestamp()
    for path in (REPORT, "/desk/issues/2024-05-17"):
        shown = alice.open(path)
        assert "10 of 40 copies dealt with, 10 waiting, 10 unknown, 10 held" in words(shown)
        assert one(page(shown), "progress")["value"] == "10"
        assert "10 copies are unknown since Tuesday 14 May 2024, 10:00 Europe/London: nobody knows" in words(shown)
        assert "10 copies are held since Tuesday 14 May 2024, 10:00 Europe/London and wait for a person" in words(shown)
    with db.writing() as session:
        session.query(Batch).filter(Batch.state.in_(("pending", "unknown"))).update({"state": "accepted"})
        session.get_one(Issue, frozen).state = "sent"
    for path, where in (
        (REPORT, "h1 + .pill"),
        ("/desk/issues/2024-05-17", "h1 + .pill"),
        ("/desk/reports", "td .pill"),
    ):
        pills = [found.get_text(strip=True) for found in page(alice.open(path)).select(where)]
        assert "Sent, 10 held" in pills
    assert [box.get_text(" ", strip=True) for box in page(alice.open(REPORT)).select(".is-open")] == ["Held 10"]


def _in_london(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC).astimezone(ZoneInfo('Europe/London')):%H:%M:%S}"
