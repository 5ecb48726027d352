"""More people sign up than may be mailed in an hour: their messages leave in order, and the operator is told once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from digest.config import Settings
from digest.domain.shared import addresses
from digest.mail.transports import open_transport
from digest.operations.messages import signup_caps
from digest.operations.messages.delivering import deliver_waiting
from digest.operations.people import logins
from digest.operations.readers import subscribing
from digest.operations.readers.signup_brake import watch_the_brake
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.messages.form_mail import form_mail_waiting
from digest.storage.messages.messages import Message, MessageState
from digest.storage.readers.signups import SignUp
from tests.conftest import TUESDAY
from tests.factories import make_editor
from tests.operations.sending.test_at_once import together

MOST = 5


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signup_caps, "IN_ALL_HOUR", MOST)


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {"ALERT_URL": "http://127.0.0.1:9/alerts"}


def at(minutes: float) -> datetime:
    return TUESDAY + timedelta(minutes=minutes)


def ask(db: Database, settings: Settings, number: int, minutes: float = 0) -> None:
    address = addresses.parse(f"reader{number}@example.org")
    subscribing.ask(Context(db, settings, at(minutes)), address, f"10.0.{number}.1", "a test")


def left(db: Database, settings: Settings, minutes: float) -> list[str]:
    """Who has been written to by then, in that order."""
    deliver_waiting(db, settings, open_transport(settings), lambda: at(minutes))
    with db.reading() as session:
        asked = select(Message.recipient).where(Message.kind == "confirmation", Message.state == MessageState.ACCEPTED)
        return [
            recipient.partition("@")[0]
            for recipient in session.scalars(asked.order_by(Message.finished_at, Message.id))
        ]


def told(db: Database, kind: str = "notice") -> list[str]:
    with db.reading() as session:
        subjects = session.scalars(select(Message.subject).where(Message.kind == kind).order_by(Message.id))
        return [subject.removeprefix("Privacy Digest: ") for subject in subjects]


def test_what_is_beyond_the_brake_leaves_later_in_order_and_nothing_is_lost(db: Database, settings: Settings) -> None:
    for number in range(12):
        ask(db, settings, number)
    readers = [f"reader{number}" for number in range(12)]
    assert left(db, settings, 1) == readers[:5]
    assert left(db, settings, 60) == readers[:5]
    assert left(db, settings, 61) == readers[:10]
    assert left(db, settings, 121) == readers


def test_processes_that_drain_at_once_keep_to_the_brake_together(db: Database, settings: Settings) -> None:
    for number in range(12):
        ask(db, settings, number)

    def drain(own: Database) -> int:
        return deliver_waiting(own, settings, open_transport(settings), lambda: at(1))

    assert sum(together(settings, drain, drain, drain)) == MOST


def test_a_mailbox_whose_messages_the_brake_held_back_gets_them_an_hour_apart(db: Database, settings: Settings) -> None:
    for number in range(12):
        ask(db, settings, number)
    left(db, settings, 1)
    watch_the_brake(Context(db, settings, at(2)))
    for minutes in (3, 64):
        subscribing.ask(
            Context(db, settings, at(minutes)), addresses.parse(f"zoe+{minutes}@example.org"), "10.9.9.9", "a test"
        )
    assert len(left(db, settings, 61)) == 10
    assert left(db, settings, 122)[-1] == "zoe+3"
    assert left(db, settings, 180)[-1] == "zoe+3"
    assert left(db, settings, 182)[-1] == "zoe+64"


def test_a_link_that_had_to_wait_lives_seven_days_from_its_message(db: Database, settings: Settings) -> None:
    for number in range(12):
        ask(db, settings, number)
    with db.reading() as session:
        lives = list(session.scalars(select(SignUp.valid_until).order_by(SignUp.id)))
    assert lives[0] == at(0) + timedelta(days=7)
    assert lives[11] == at(120) + timedelta(days=7)


def test_other_messages_pass_those_that_wait(db: Database, settings: Settings) -> None:
    make_editor(db, "alice@digest.test")
    for number in range(12):
        ask(db, settings, number)
    left(db, settings, 1)
    logins.ask_for_password_link(Context(db, settings, at(2)), "alice@digest.test", "192.0.2.1")
    assert deliver_waiting(db, settings, open_transport(settings), lambda: at(2)) == 1


def test_the_operator_is_told_once_and_when_it_is_over(
    db: Database, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    make_editor(db)
    for number in range(MOST):
        ask(db, settings, number)
    left(db, settings, 1)
    watch_the_brake(Context(db, settings, at(1)))
    assert told(db) == []
    for number in range(MOST, 12):
        ask(db, settings, number, 2)
    for minutes in (2, 3, 70, 80):
        together(settings, *[lambda own, now=minutes: watch_the_brake(Context(own, settings, at(now)))] * 3)
        left(db, settings, minutes)
    assert told(db) == told(db, "alert") == ["More people sign up than usual"]
    assert caplog.text.count("their messages leave in order, 5 an hour; 7 wait") == 1
    with db.reading() as session:
        assert signup_caps.braked_since(session) == at(2)
    left(db, settings, 140)
    watch_the_brake(Context(db, settings, at(141)))
    watch_the_brake(Context(db, settings, at(250)))
    watch_the_brake(Context(db, settings, at(251)))
    assert told(db) == told(db, "alert") == ["More people sign up than usual", "Sign-ups are as usual again"]
    with db.reading() as session:
        assert signup_caps.braked_since(session) is None


def test_where_no_more_may_wait_whoever_can_leave_at_once_still_gets_in_and_the_operator_is_told(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_editor(db)
    monkeypatch.setattr(signup_caps, "IN_ALL_HOUR", 1_000)
    monkeypatch.setattr(signup_caps, "MOST_WAITING", 8)
    monkeypatch.setattr(signup_caps, "PER_NETWORK_HOUR", 2)
    for number in range(12):
        subscribing.ask(
            Context(db, settings, at(0)), addresses.parse(f"invented{number}@example.net"), "192.0.2.1", "a test"
        )
    ask(db, settings, 1)
    for minutes in (1, 2):
        watch_the_brake(Context(db, settings, at(minutes)))
    assert told(db) == told(db, "alert") == ["Sign-ups are turned away"]
    assert left(db, settings, 2) == ["invented0", "invented1", "reader1"]
    assert left(db, settings, 60)[3:] == ["invented2", "invented3"]
    assert left(db, settings, 1_000)[3:] == ["invented2", "invented3"]
    watch_the_brake(Context(db, settings, at(1_000)))
    assert told(db)[1:] == ["Sign-ups are taken again"]


def test_however_much_can_leave_at_once_there_is_an_end_to_what_waits(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signup_caps, "MOST_WAITING", 8)
    for number in range(12):
        ask(db, settings, number)
    with db.reading() as session:
        assert form_mail_waiting(session) == 8


@pytest.mark.only_on("sqlite")
def test_a_site_with_many_networks_has_a_share_of_its_own(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signup_caps, "IN_ALL_HOUR", 1_000)
    monkeypatch.setattr(signup_caps, "PER_SITE_HOUR", 6)
    for number in range(10):
        address = addresses.parse(f"reader{number}@example.org")
        subscribing.ask(Context(db, settings, at(0)), address, f"2001:db8:7:{number:x}00::1", "a test")
    subscribing.ask(Context(db, settings, at(0)), addresses.parse("zoe@example.org"), "2001:db8:8::1", "a test")
    assert len(left(db, settings, 0)) == 7
    assert len(left(db, settings, 60)) == 11
