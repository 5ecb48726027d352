"""Mallory floods with our form; an office of forty and everybody else still get their messages."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import func, select

from digest.config import Settings
from digest.domain.shared.tokens import fingerprint
from digest.operations.messages import signup_caps
from digest.operations.readers.consent_wordings import leaving
from digest.operations.readers.subscribing import leave
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.messages.messages import Message
from digest.storage.readers.subscribers import Subscriber, subscriber_with_address
from digest.storage.suppressions.suppressions import SuppressionReason, suppress
from tests.conftest import TUESDAY, Mailbox, text_of
from tests.web.browser import Browser, make_editor_with_password, words
from tests.web.readers.doors import ask, link_in, subscribed

ADA = "ada@digest.test"
HOUR = timedelta(hours=1)


def messages(db: Database) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Message)) or 0


def desk_says(client: FlaskClient, db: Database) -> str:
    make_editor_with_password(db, ADA, "Ada", is_admin=True)
    ada = Browser(client.application.test_client())
    ada.sign_in(ADA)
    return words(ada.open("/desk/subscribers"))


def test_each_of_an_office_gets_a_message_within_the_hours_caps(
    client: FlaskClient, mailbox: Mailbox, clock: time_machine.Traveller, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    answers = {ask(client, f"reader{number}@office.example", ip=f"192.0.2.{number}").data for number in range(40)}
    assert len(answers) == 1
    assert len(mailbox.read()) == 20
    assert caplog.text.count("a sign-up of r***@office.example is answered at 10:00 UTC") == 20
    clock.shift(HOUR - timedelta(seconds=1))
    assert len(mailbox.read()) == 20
    clock.shift(timedelta(seconds=1))
    assert len(mailbox.read()) == 40
    (fortieth,) = mailbox.to("reader39@office.example")
    assert "21 May 2024" in text_of(fortieth)
    clock.shift(timedelta(days=7))
    assert client.post(link_in(fortieth, "confirm")).status_code == 200


def test_a_mailbox_gets_one_message_an_hour_whatever_its_spelling(
    client: FlaskClient, mailbox: Mailbox, db: Database
) -> None:
    for number in range(30):
        ask(client, f"Bombed+{number}@example.net", ip=f"10.{number}.1.1")
    assert len(mailbox.read()) == 1
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Subscriber)) == 1


def test_thirty_spellings_from_everywhere_cause_one_message_an_hour_and_three_in_thirty_days(
    client: FlaskClient, mailbox: Mailbox, db: Database, clock: time_machine.Traveller
) -> None:
    names = ("bombed", "b.ombed", "B.o.m.bed+news", "bombed+a", "b.o.m.b.e.d")
    spellings = [
        f"{name}+{n}@{domain}" for n in range(3) for name in names for domain in ("gmail.com", "GoogleMail.com")
    ]
    for number, spelling in enumerate(spellings):
        ask(client, spelling, ip=f"10.0.{number}.1")
    assert len(mailbox.read()) == messages(db) == 1
    for hours in range(1, 6):
        clock.shift(HOUR + timedelta(seconds=1))
        for spelling in spellings[:4]:
            ask(client, spelling, ip=f"10.9.{hours}.1")
        assert len(mailbox.read()) == min(3, 1 + hours)


def test_a_message_that_waits_counts_for_its_mailbox_at_its_moment(
    client: FlaskClient, mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    for number in range(20):
        ask(client, f"invented{number}@example.net")
    ask(client, "alice+later@example.org")  # from the same network, so in an hour
    ask(client, "alice@example.org", ip="198.51.100.1")
    assert len(mailbox.to("alice@example.org")) == 1
    clock.shift(timedelta(minutes=30))
    ask(client, "alice+again@example.org", ip="198.51.100.1")
    clock.shift(timedelta(minutes=40))
    ask(client, "alice+again@example.org", ip="198.51.100.1")
    written = [message["To"] for message in mailbox.read() if "alice" in message["To"]]
    assert sorted(written) == ["alice+later@example.org", "alice@example.org"]


@pytest.mark.on_both
def test_a_network_that_floods_fills_no_more_than_a_day(
    client: FlaskClient,
    mailbox: Mailbox,
    db: Database,
    clock: time_machine.Traveller,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(signup_caps, "PER_NETWORK_HOUR", 2)
    for number in range(52):
        ask(client, f"invented{number}@example.net")
    assert messages(db) == 50
    assert caplog.text.count("a network has asked for a day’s share of sign-ups (48)") == 1
    ask(client, "alice@example.org", ip="198.51.100.1")
    assert len(mailbox.to("alice@example.org")) == 1
    said = desk_says(client, db)
    assert "48 sign-ups wait for their message: more than 2 came from one network within an hour." in said
    assert "They leave from Tue 14 May, 11:00 to Wed 15 May, 10:00 (Europe/London)." in said
    assert "In the last 24 hours 1 network sent more sign-ups than a day’s messages (48)." in said
    clock.shift(timedelta(hours=25))
    assert len(mailbox.read()) == 51
    assert "wait for their message" not in desk_says_again(client)


def desk_says_again(client: FlaskClient) -> str:
    ada = Browser(client.application.test_client())
    ada.sign_in(ADA)
    return words(ada.open("/desk/subscribers"))


def test_whose_address_is_suppressed_while_the_message_waits_gets_none(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    for number in range(22):
        ask(client, f"reader{number}@office.example")
    with db.writing() as session:
        address_hash = fingerprint("reader20@office.example", settings.suppression_key)
        suppress(session, address_hash, SuppressionReason.OBJECTION, TUESDAY, "test")
    clock.shift(HOUR)
    assert mailbox.to("reader20@office.example") == []
    assert len(mailbox.to("reader21@office.example")) == 1


def test_leaving_lets_a_reader_ask_again_at_once(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    path = subscribed(client, mailbox, "alice+digest@example.org")
    ask(client, "alice@example.org")
    assert len(mailbox.read()) == 1
    assert "You are subscribed" in client.get(path).text
    with db.reading() as session:
        alice = subscriber_with_address(session, "alice+digest@example.org")
        assert alice is not None
    leave(Context(db, settings, TUESDAY), alice.link_key, leaving(settings), "a test")
    ask(client, "alice+digest@example.org")
    assert len(mailbox.to("alice+digest@example.org")) == 2


def test_confirming_works_until_seven_days_after_the_message(
    client: FlaskClient, mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    ask(client)
    (message,) = mailbox.read()
    clock.move_to(TUESDAY + timedelta(days=7, seconds=1))
    assert client.get(link_in(message, "confirm")).status_code == 410
