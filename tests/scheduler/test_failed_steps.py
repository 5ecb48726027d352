"""A step of a send fails in the tick: the editors hear of it at once, and once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError

from digest import config
from digest.operations.issues import closing
from digest.operations.running import tick
from digest.operations.sending import freezing
from digest.operations.shared.context import Process
from digest.operations.shared.refusal import Miscounted
from digest.storage.base.database import Database
from digest.storage.issues.history import history_of
from digest.storage.messages.messages import Message
from tests.conftest import Mailbox, text_of
from tests.factories import store_as_a_newer_program
from tests.scheduler.conftest import ALICE, CUTOFF, FRIDAY, NEXT_FRIDAY, SEND, Week, london

CLOSING_FAILED = "The issue of 17 May 2024 is stuck: closing it failed"
FREEZING_FAILED = "The issue of 17 May 2024 is stuck: making it ready to be sent failed"
SENDING_FAILED = "The issue of 17 May 2024 is stuck: sending it failed"
RAISED = (KeyError, Miscounted, OperationalError, ProgrammingError, ValueError)
FIRST, SECOND, THIRD = london(17, 8, 0, 0), london(17, 8, 0, 5), london(17, 8, 0, 10)


def breaks(error: Exception) -> Any:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def tick_badly(week: Week, *moments: Any) -> None:
    """Ticks that each raise what failed, as the clock then logs it."""
    for moment in moments:
        with pytest.raises(RAISED):
            week.tick(moment)


def test_a_closing_that_fails_is_told_of_on_thursday(
    week: Week, readers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(closing, "compose_now", breaks(KeyError("secret@example.org")))
        tick_badly(week, CUTOFF, london(16, 16, 0, 5), london(16, 16, 0, 10))
    assert week.notices == [CLOSING_FAILED]
    assert week.history()[-1] == "the clock: failed at closing it (KeyError); each tick tries again"
    week.tick(london(16, 16, 0, 15), SEND)
    assert (week.copies, week.notices) == (readers, [CLOSING_FAILED])


def test_a_freeze_that_fails_is_told_of_in_its_own_words(
    week: Week, monkeypatch: pytest.MonkeyPatch, mailbox: Mailbox
) -> None:
    week.tick(CUTOFF)
    monkeypatch.setattr(freezing, "_check_sum", breaks(Miscounted("Issue 2024-05-17 does not add up.")))
    tick_badly(week, FIRST, SECOND)
    assert week.notices == [FREEZING_FAILED]
    notice = text_of(mailbox.to(ALICE)[-1])
    assert "Issue 2024-05-17 does not add up." in notice
    assert "http://digest.test/desk/issues/2024-05-17" in notice


def test_a_stored_digest_that_nobody_can_read_is_told_of_with_the_remedy(week: Week, mailbox: Mailbox) -> None:
    week.tick(CUTOFF)
    store_as_a_newer_program(week.db, FRIDAY)
    tick_badly(week, FIRST, SECOND)
    assert week.notices == [FREEZING_FAILED]
    assert "Install that program again." in text_of(mailbox.to(ALICE)[-1])


def test_a_send_that_raises_is_told_of_without_a_strangers_words(
    week: Week, readers: list[str], monkeypatch: pytest.MonkeyPatch, mailbox: Mailbox
) -> None:
    week.tick(CUTOFF)
    with monkeypatch.context() as broken:
        broken.setattr(tick, "send_issue", breaks(ValueError("secret@example.org")))
        tick_badly(week, FIRST, SECOND)
    assert week.notices == [SENDING_FAILED]
    notice = text_of(mailbox.to(ALICE)[-1])
    assert "an error of its own: ValueError" in notice
    assert "secret" not in notice
    week.tick(THIRD)
    assert week.copies == readers


def test_another_error_and_another_step_are_told_of_as_well(week: Week, monkeypatch: pytest.MonkeyPatch) -> None:
    week.tick(CUTOFF)
    monkeypatch.setattr(tick, "send_issue", breaks(ValueError("one")))
    tick_badly(week, FIRST)
    monkeypatch.setattr(tick, "send_issue", breaks(KeyError("another")))
    tick_badly(week, SECOND, THIRD)
    assert week.notices == [SENDING_FAILED, SENDING_FAILED]


def fail_once(week: Week, monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(tick, "send_issue", breaks(ValueError("one")))
        tick_badly(week, moment)


def idle(week: Week, monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """A tick in which nothing can be sent just now, and nothing fails."""
    with monkeypatch.context() as paused:
        paused.setattr(tick, "send_issue", lambda *_, **__: None)
        week.tick(moment)


def test_a_failure_after_it_went_well_is_told_of_again(week: Week, monkeypatch: pytest.MonkeyPatch) -> None:
    week.tick(CUTOFF)
    fail_once(week, monkeypatch, FIRST)
    idle(week, monkeypatch, SECOND)
    assert week.history()[-1] == "the clock: succeeded again at sending it"
    fail_once(week, monkeypatch, london(17, 9, 30))
    assert week.notices == [SENDING_FAILED, SENDING_FAILED]
    fail_once(week, monkeypatch, london(17, 11, 30))
    assert week.notices == [SENDING_FAILED, SENDING_FAILED]


def test_what_fails_every_other_time_is_told_of_once_an_hour(week: Week, monkeypatch: pytest.MonkeyPatch) -> None:
    week.tick(CUTOFF)
    for minute in (0, 20, 40):
        fail_once(week, monkeypatch, london(17, 8, minute))
        idle(week, monkeypatch, london(17, 8, minute + 1))
    assert week.notices == [SENDING_FAILED]
    assert sum("succeeded again" in line for line in week.history()) == 1


def test_a_failure_is_told_of_as_of_then(week: Week, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([FIRST, FIRST])
    week.tick(CUTOFF)
    monkeypatch.setattr(tick, "send_issue", breaks(ValueError("one")))
    process = Process(week.db, week.settings, week.transport, lambda: next(moments, THIRD))
    with pytest.raises(ValueError, match="one"):
        tick.tick(process)
    with week.db.reading() as session:
        assert history_of(session, week.issue().id)[0].at == THIRD


def test_a_restarted_clock_does_not_tell_of_it_again(week: Week, monkeypatch: pytest.MonkeyPatch) -> None:
    week.tick(CUTOFF)
    monkeypatch.setattr(tick, "send_issue", breaks(ValueError("one")))
    tick_badly(week, FIRST)
    week.db.close()
    week.db = Database(week.settings.database_url)
    tick_badly(week, SECOND)
    assert week.notices == [SENDING_FAILED]
    week.db.close()


def test_a_database_that_is_away_is_no_failed_step(week: Week, monkeypatch: pytest.MonkeyPatch) -> None:
    week.tick(CUTOFF)
    away = OperationalError("SELECT 1", None, OSError("the server closed the connection"))
    monkeypatch.setattr(tick, "send_issue", breaks(away))
    tick_badly(week, FIRST)
    assert week.notices == []


@pytest.mark.on_both
@pytest.mark.parametrize("statement", ["SELECT nothing FROM issues", "SELECT 1 FROM nowhere", "SELEC 1"])
def test_a_statement_that_is_wrong_is_a_failed_step_on_every_database(
    week: Week, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    def ask_wrongly(*_: object, **__: object) -> None:
        with week.db.reading() as session:
            session.execute(text(statement))

    week.tick(CUTOFF)
    monkeypatch.setattr(tick, "send_issue", ask_wrongly)
    tick_badly(week, FIRST)
    assert week.notices == [SENDING_FAILED]


def test_the_operators_monitor_hears_of_it_too(
    week: Week, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    alerts = "http://127.0.0.1:9/alerts"
    week.settings = config.load(environ | {"ALERT_URL": alerts}, week.settings.instance_path.parent)
    monkeypatch.setattr(closing, "compose_now", breaks(KeyError("it")))
    tick_badly(week, CUTOFF)
    with week.db.reading() as session:
        assert [row.subject for row in session.query(Message).filter_by(recipient=alerts)] == [CLOSING_FAILED]


def test_the_next_issue_is_no_worse_for_it(week: Week, monkeypatch: pytest.MonkeyPatch) -> None:
    week.tick(CUTOFF)
    monkeypatch.setattr(freezing, "_check_sum", breaks(Miscounted("It does not add up.")))
    tick_badly(week, FIRST, london(18, 7, 59))
    week.tick(london(18, 8))
    assert week.states() == {FRIDAY: "closed", NEXT_FRIDAY: "open"}
    assert week.notices == [FREEZING_FAILED, "The issue of 17 May 2024 did not go"]
