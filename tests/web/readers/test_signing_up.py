"""Alice asks for the digest; Mallory uses the form against her."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from digest.config import Settings
from digest.domain.shared.tokens import fingerprint
from digest.storage.base.database import Database
from digest.storage.readers.consents import ConsentStep, consent_of
from digest.storage.readers.subscribers import Subscriber, SubscriberState, subscriber_with_address
from digest.storage.suppressions.suppressions import SuppressionReason, suppress
from tests.conftest import TUESDAY, Mailbox
from tests.factories import make_subscriber
from tests.hostile import ADDRESSES
from tests.web.readers.doors import ALICE, ask, everything, link_in, subscribed


def reader(db: Database, address: str = ALICE) -> Subscriber:
    with db.reading() as session:
        found = subscriber_with_address(session, address)
        assert found is not None
        return found


def steps(db: Database, subscriber_id: int) -> list[tuple[str, str]]:
    with db.reading() as session:
        return [(record.step, wording.version) for record, wording in consent_of(session, subscriber_id)]


def test_asking_and_confirming_makes_a_reader(client: FlaskClient, db: Database, mailbox: Mailbox) -> None:
    assert "Check your inbox" in ask(client).text
    assert reader(db).state == SubscriberState.PENDING
    (message,) = mailbox.to(ALICE)
    assert message["Subject"] == "Confirm your subscription to Privacy Digest"
    page = client.get(link_in(message, "confirm"))
    assert page.text.count("<button") == 1
    assert reader(db).state == SubscriberState.PENDING
    done = client.post(link_in(message, "confirm"))
    assert "You are subscribed" in done.text
    assert "Friday 17 May 2024, 08:00 Europe/London" in done.text
    assert reader(db).state == SubscriberState.CONFIRMED
    assert reader(db).confirmed_at == TUESDAY
    assert steps(db, reader(db).id) == [("asked", "sign-up 1"), ("confirmed", "confirm 1")]


def test_the_kept_wording_is_the_one_shown_under_the_button(client: FlaskClient, db: Database) -> None:
    ask(client)
    with db.reading() as session:
        ((record, wording),) = consent_of(session, reader(db).id)
    assert record.step == ConsentStep.ASKED
    assert wording.text in client.get("/").text
    assert len(wording.hash) == 64


def test_confirming_twice_says_the_same_and_records_once(client: FlaskClient, db: Database, mailbox: Mailbox) -> None:
    path = subscribed(client, mailbox)
    before = everything(db)
    assert "You are subscribed" in client.post(path).text
    assert "You are subscribed" in client.get(path).text
    assert everything(db) == before


def test_the_answer_is_the_same_for_every_address(client: FlaskClient, db: Database, settings: Settings) -> None:
    make_subscriber(db, settings, "pending@example.org", SubscriberState.PENDING)
    make_subscriber(db, settings, "confirmed@example.org")
    make_subscriber(db, settings, "left@example.org", SubscriberState.UNSUBSCRIBED)
    make_subscriber(db, settings, "bounced@example.org")
    with db.writing() as session:
        address_hash = fingerprint("bounced@example.org", settings.suppression_key)
        suppress(session, address_hash, SuppressionReason.BOUNCE, TUESDAY, "test")
    ask(client, "capped@example.org")
    answers = [
        ask(client, f"{who}@example.org") for who in ("new", "pending", "confirmed", "left", "bounced", "capped")
    ]
    answers.append(ask(client, "bot@example.org", homepage="https://spam.example"))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.data for answer in answers}) == 1
    for answer in answers:
        assert re.fullmatch("[0-9a-f]{16}", answer.headers.pop("X-Request-ID"))  # drawn by lot for each request
    assert len({str(answer.headers) for answer in answers}) == 1


def test_each_state_gets_its_message_or_none(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    make_subscriber(db, settings, "confirmed@example.org")
    make_subscriber(db, settings, "left@example.org", SubscriberState.UNSUBSCRIBED)
    with db.writing() as session:
        address_hash = fingerprint("bounced@example.org", settings.suppression_key)
        suppress(session, address_hash, SuppressionReason.BOUNCE, TUESDAY, "test")
    for who in ("confirmed", "left", "bounced"):
        ask(client, f"{who}@example.org")
    assert mailbox.to("confirmed@example.org")[0]["Subject"] == "You already receive Privacy Digest"
    assert mailbox.to("left@example.org")[0]["Subject"].startswith("Confirm")
    assert mailbox.to("bounced@example.org") == []
    with db.reading() as session:
        assert subscriber_with_address(session, "bounced@example.org") is None
    assert reader(db, "left@example.org").state == SubscriberState.UNSUBSCRIBED


def test_a_machine_that_fills_the_hidden_field_changes_nothing(client: FlaskClient, db: Database) -> None:
    before = everything(db)
    assert ask(client, homepage="https://spam.example").status_code == 200
    assert everything(db) == before


@pytest.mark.parametrize(
    "typed",
    [
        "", "   ", "alice", "alice@", "@example.org", "alice@localhost", "a b@example.org", "alice@exa mple.org",
        "alice@example.org\r\nBcc: eve@example.org", "alice@example.org\nx", "alice\x00@example.org",
        "Alice <alice@example.org>", "alice@example.org, eve@example.org", "a" * 300 + "@example.org",
        "<script>alert(1)</script>@example.org",
    ],
)  # fmt: skip
def test_what_can_not_be_an_address_is_said_so_and_kept(client: FlaskClient, db: Database, typed: str) -> None:
    before = everything(db)
    answer = ask(client, typed)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert "<script" not in answer.text
    assert everything(db) == before


def test_a_form_without_the_field_is_refused(client: FlaskClient) -> None:
    assert client.post("/subscribe").status_code == 422


def test_white_space_case_and_other_alphabets_are_one_address(client: FlaskClient, db: Database) -> None:
    ask(client, "  Zoë@BÜCHER.example ".replace("ë", "e"))
    ask(client, "zoe@xn--bcher-kva.example")
    with db.reading() as session:
        assert session.scalars(select(Subscriber.address)).all() == ["zoe@xn--bcher-kva.example"]


def test_the_forms_own_address_leads_to_the_form(client: FlaskClient) -> None:
    assert client.get("/subscribe").headers["Location"] == "/"


def test_three_messages_in_thirty_days_are_the_most(
    client: FlaskClient, mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    for times in range(10):
        ask(client)
        assert len(mailbox.to(ALICE)) == min(3, times + 1)
        clock.shift(timedelta(hours=2))
    clock.shift(timedelta(days=30))
    ask(client)
    assert len(mailbox.to(ALICE)) == 4


@pytest.mark.parametrize(
    "machines",
    [[f"192.0.2.{n}" for n in range(22)], [f"2001:db8:0:ff{n:02x}::1" for n in range(22)],
     [f"::ffff:192.0.2.{n}" for n in range(22)]],
)  # fmt: skip
def test_a_network_causes_twenty_messages_an_hour(
    client: FlaskClient, mailbox: Mailbox, clock: time_machine.Traveller, machines: list[str]
) -> None:
    for number, machine in enumerate(machines):
        ask(client, f"victim{number}@example.org", ip=machine)
    assert len(mailbox.read()) == 20
    clock.shift(timedelta(minutes=61))
    ask(client, "late@example.org", ip=machines[0])
    assert len(mailbox.to("late@example.org")) == 1


def test_a_forwarding_header_does_not_help_against_the_cap(client: FlaskClient, mailbox: Mailbox) -> None:
    for number in range(25):
        client.post(
            "/subscribe",
            data={"email": f"victim{number}@example.org"},
            headers={"X-Forwarded-For": f"198.51.{number}.1"},
        )
    assert len(mailbox.read()) == 20


def test_no_row_names_the_network_or_the_address_in_the_clear(client: FlaskClient, db: Database) -> None:
    ask(client, ip="192.0.2.77")
    rows = everything(db)
    assert "192.0.2" not in repr(rows)
    assert ALICE not in repr(rows["tallies"])


@pytest.mark.parametrize(
    "hostile", [*ADDRESSES, "alice@exa\u00admple.org", "alice\u202e@example.org", "a\u2028b@example.org"]
)
def test_form_takes_no_address_that_mail_programs_read_as_something_else(
    hostile: str, client: FlaskClient, db: Database, mailbox: Mailbox
) -> None:
    before = everything(db)
    answer = ask(client, hostile)
    assert answer.status_code == 422
    assert "can’t be an email address" in answer.text
    assert everything(db) == before
    assert mailbox.read() == []
