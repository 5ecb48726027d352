"""The watch: each cause is told once, each day while it lasts, and when it is over, whoever looks and how often."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from digest.config import Settings
from digest.domain.running.alerts import AlertKind, cause
from digest.domain.running.findings import Finding, broken, doubtful, fine
from digest.operations.issues.week import skip_issue, tell_of_missed_issue
from digest.operations.messages import alerting
from digest.operations.messages.alerting import Sighting
from digest.operations.messages.queue import tell_editors
from digest.operations.running import watch
from digest.operations.running.watch import Watch, in_the_database, tell, watch_the_clock
from digest.operations.shared.context import Context
from digest.operations.shared.fault_log import FaultLog
from digest.storage.base.database import Database, database_now
from digest.storage.issues.issues import Issue
from digest.storage.messages.alerts import open_alerts, told_alerts
from digest.storage.messages.messages import Message
from digest.storage.running.heartbeats import Heartbeat, beat
from digest.storage.sending.batches import Batch, BatchState
from tests.conftest import TUESDAY
from tests.factories import make_editor, make_issue, make_readers, make_summary
from tests.operations.sending.test_at_once import frozen_issue, together

DISK = Sighting(cause(AlertKind.DISK), "The disk is nearly full", ["Make room."])


@pytest.fixture
def ours(db: Database, settings: Settings) -> Context:
    make_editor(db, "alice@digest.test", "Alice")
    return Context(db, replace(settings, alert_url="http://127.0.0.1:9/alerts"), TUESDAY)


def after(ours: Context, **time: float) -> Context:
    return replace(ours, now=TUESDAY + timedelta(**time))


def mailed(ours: Context) -> list[str]:
    with ours.db.reading() as session:
        rows = session.scalars(select(Message.subject).where(Message.kind == "notice").order_by(Message.id))
        return [row.removeprefix("Privacy Digest: ") for row in rows]


def posted(ours: Context) -> list[dict[str, str]]:
    with ours.db.reading() as session:
        return [json.loads(row) for row in session.scalars(select(Message.text).where(Message.kind == "alert"))]


def states(ours: Context) -> list[tuple[str, str]]:
    return [(each["cause"], each["state"]) for each in posted(ours)]


def look(ours: Context, found: Sequence[Sighting], *minutes: float) -> None:
    for minute in minutes:
        tell(after(ours, minutes=minute), found)


def test_a_cause_is_told_once_reminded_of_daily_and_told_to_be_over(ours: Context) -> None:
    look(ours, [DISK], *range(0, 24 * 60 + 20, 10))
    look(ours, [], 24 * 60 + 30, 24 * 60 + 60, 24 * 60 + 90)
    over = "Over: The disk is nearly full"
    assert mailed(ours) == ["The disk is nearly full", "Still: The disk is nearly full", over]
    assert states(ours) == [("disk", "begun"), ("disk", "reminder"), ("disk", "over")]
    told = posted(ours)
    assert len({each["id"] for each in told}) == 3
    assert told[0].keys() == {"site", "heading", "text", "link", "id", "cause", "state"}
    assert told[2]["text"] == "It lasted from 14 May, 09:00 UTC to 15 May, 09:10 UTC."


def test_what_comes_and_goes_is_one_alert(ours: Context) -> None:
    for start in range(0, 200, 20):
        look(ours, [DISK], start)
        look(ours, [], start + 10)
    assert mailed(ours) == ["The disk is nearly full"]
    look(ours, [], 300)
    look(ours, [DISK], 400)
    assert states(ours) == [("disk", "begun"), ("disk", "over"), ("disk", "begun")]


def test_what_may_right_itself_is_told_only_when_it_lasts(ours: Context) -> None:
    brief = replace(DISK, patience=timedelta(minutes=10))
    look(ours, [brief], 0, 9)
    look(ours, [], 60)
    look(ours, [brief], 70, 79)
    assert mailed(ours) == []
    look(ours, [brief], 80)
    assert mailed(ours) == ["The disk is nearly full"]


def test_several_clocks_tell_it_once(ours: Context) -> None:
    def one(own: Database) -> None:
        tell(replace(ours, db=own), [DISK])

    together(ours.settings, *[one] * 4)
    assert len(posted(ours)) == len(mailed(ours)) == 1


def test_a_telling_that_was_cut_short_is_told_by_the_next_look(ours: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(alerting, "tell_editors", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            look(ours, [DISK], 0)
    with ours.db.reading() as session:
        assert not open_alerts(session)
    look(ours, [DISK], 1)
    assert mailed(ours) == ["The disk is nearly full"]


def test_the_doctor_is_asked_each_few_minutes_and_others_each_hour(
    ours: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    bad = broken("SendGrid’s key", "SendGrid refuses it (401).", "Set SENDGRID_API_KEY.")
    full = doubtful("disk", "0.9 GB are free.", "Make room.")

    def finding(where: str, *found: Finding) -> Callable[[Context], list[Finding]]:
        def look(_: Context) -> list[Finding]:
            asked.append(where)
            return list(found)

        return look

    monkeypatch.setattr(watch, "at_home", finding("home", full, fine("time", "It is 9."), _dead()))
    monkeypatch.setattr(watch, "examine_abroad", finding("abroad", bad))
    clock = Watch(FaultLog())
    for minute in range(70):
        clock.look(after(ours, minutes=minute))
    assert (asked.count("home"), asked.count("abroad")) == (14, 2)
    assert mailed(ours) == ["Disk: something does not work", "SendGrid’s key: something does not work"]
    assert [each["text"] for each in posted(ours)][1] == "SendGrid refuses it (401). Set SENDGRID_API_KEY."


def test_a_duty_that_keeps_failing_is_told_without_the_errors_words(ours: Context) -> None:
    faults = FaultLog()
    clock = _quiet_watch(faults)
    for minute in range(20):
        faults.failed("housekeeping", "failed", KeyError("reader@example.org"))
        faults.failed("issue 3: closing it", "failed", KeyError("told by itself"))
        clock.look(after(ours, minutes=minute))
    assert mailed(ours) == ["The clock keeps failing: housekeeping"]
    assert posted(ours)[0]["text"].startswith("KeyError. It is tried again")


def test_a_dead_alert_url_is_said_by_mail(ours: Context) -> None:
    with ours.db.writing() as session:
        tell_editors(ours.within(session), "News", ["Something."])
        session.execute(update(Message).where(Message.kind == "alert").values(tries=2, detail="it answered 500"))
    tell(after(ours, minutes=5), in_the_database(after(ours, minutes=5)))
    tell(after(ours, minutes=15), in_the_database(after(ours, minutes=15)))
    assert mailed(ours) == ["News", "ALERT_URL does not take alerts"]
    with ours.db.reading() as session:
        [alert] = told_alerts(session, TUESDAY)
    assert alert.words == "1 alert waits: it answered 500. They are tried again, at least once an hour."


def test_a_site_tells_that_the_clock_stands_still(ours: Context) -> None:
    watch_the_clock(ours)
    for age in (200.0, 400.0):
        with ours.db.writing() as session:
            session.execute(delete(Heartbeat))
            beat(session, "a clock", database_now(session) - age)
        watch_the_clock(ours)
    assert mailed(ours) == ["The clock stands still"]


def test_what_a_person_has_to_settle_is_reminded_of_until_they_have(ours: Context) -> None:
    issue_id = make_issue(ours.db, summary_ids=[make_summary(ours.db)])
    late = after(ours, days=5)
    tell_of_missed_issue(late, issue_id)
    tell(after(ours, days=6, minutes=1), [])
    skip_issue(late, issue_id, "alice@digest.test", "too late")
    tell(after(ours, days=7), [])
    assert states(ours)[:2] == [("missed:2024-05-17", "begun"), ("missed:2024-05-17", "reminder")]
    assert states(ours)[-1] == ("missed:2024-05-17", "over")


def test_a_send_that_stands_still_is_told_with_its_reason(ours: Context, settings: Settings) -> None:
    make_readers(ours.db, settings, 2)
    issue_id = frozen_issue(ours.db, settings, 1)
    for minutes, told in ((1, []), (11, ["The send of 17 May 2024 stands still"])):
        with ours.db.writing() as session:
            session.get_one(Issue, issue_id).paused_until = database_now(session) + 3600
            first = session.scalars(select(Batch).order_by(Batch.id)).first()
            assert first
            first.state, first.accepted_at = BatchState.ACCEPTED, database_now(session) - 60 * minutes
        tell(ours, in_the_database(ours))
        assert mailed(ours) == told
    assert posted(ours)[-1]["text"].startswith("SendGrid asked for a pause (429).")
    assert states(ours)[-1] == ("send-stalled:2024-05-17:limited", "begun")


def _dead() -> Finding:
    """What the clock itself can’t find, and the site tells."""
    return broken("clock", "It last ticked 2 hours ago.", "Start it.")


def _quiet_watch(faults: FaultLog) -> Watch:
    """One that asks no doctor."""
    found = Watch(faults)
    found._home_due = found._abroad_due = TUESDAY + timedelta(days=1)
    return found
