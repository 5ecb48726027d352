"""Whoever confirms is welcomed with the latest issue."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from flask.testing import FlaskClient

from digest.config import Settings
from digest.operations.issues.closing import close_issue
from digest.operations.readers.consent_wordings import leaving
from digest.operations.readers.subscribing import leave
from digest.operations.sending.freezing import Freeze, freeze
from digest.operations.sending.stopping import stop_send
from digest.operations.shared.context import Context
from digest.operations.writing.ending import withdraw
from digest.storage.base.database import Database
from digest.storage.issues.issues import latest_frozen_issue
from digest.storage.messages.messages import Message
from digest.storage.readers.subscribers import subscriber_with_address
from tests.conftest import TUESDAY, Mailbox, html_of, text_of
from tests.factories import make_issue, make_subscriber, make_summary, store_as_a_newer_program
from tests.unsettled import FRIDAY
from tests.web.readers.doors import ALICE, ask, link_in, subscribed

FINE, COOKIES = "Court annuls a fine", "Cookie walls need a choice"


def send_both(db: Database, settings: Settings) -> list[int]:
    """An issue with two summaries goes to Bob; returns their ids."""
    make_subscriber(db, settings, "bob@example.org")
    made = [make_summary(db, title, topics=["Courts" if title == FINE else "Cookies"]) for title in (FINE, COOKIES)]
    issue_id = make_issue(db, FRIDAY, made)
    close_issue(Context(db, settings, TUESDAY), issue_id, "a test")
    assert freeze(Context(db, settings, TUESDAY), issue_id, "a test") is Freeze.FROZEN
    return made


def test_a_new_reader_gets_the_latest_issue_at_once_with_links_of_their_own(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    send_both(db, settings)
    ask(client)
    path = link_in(mailbox.to(ALICE)[-1], "confirm")
    assert "The latest issue is on its way to you now" in client.post(path).text
    assert "Your next digest comes" in client.post(path).text, "pressed twice, it is welcomed once"
    (_, welcome) = mailbox.to(ALICE)
    assert welcome["Subject"].startswith("Welcome to Privacy Digest: ")
    for part in (text_of(welcome), html_of(welcome)):
        assert FINE in part
        assert COOKIES in part
        assert "Welcome to Privacy Digest" in part
    leaving = link_in(welcome, "unsubscribe")
    assert welcome["List-Unsubscribe"] == f"<http://digest.test{leaving}>"
    assert welcome["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    client.post(leaving, data={"List-Unsubscribe": "One-Click"})
    with db.reading() as session:
        alice = subscriber_with_address(session, ALICE)
        assert alice
        assert alice.state == "unsubscribed"


def test_before_the_first_issue_the_page_says_when_it_comes(client: FlaskClient, mailbox: Mailbox) -> None:
    ask(client)
    page = client.post(link_in(mailbox.to(ALICE)[-1], "confirm")).text
    assert "The first issue comes" in page
    assert "Friday 17 May 2024, 08:00 Europe/London" in page
    assert len(mailbox.to(ALICE)) == 1


def test_what_was_withdrawn_since_is_not_in_it(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    fine, _ = send_both(db, settings)
    withdraw(Context(db, settings, TUESDAY), fine, "It was another court.", "alice@digest.test")
    subscribed(client, mailbox)
    welcome = mailbox.to(ALICE)[-1]
    assert COOKIES in html_of(welcome)
    assert FINE not in welcome["Subject"] + html_of(welcome) + text_of(welcome)


def test_who_has_the_issue_already_does_not_get_it_twice(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    make_subscriber(db, settings, ALICE)
    send_both(db, settings)
    with db.writing() as session:
        alice = subscriber_with_address(session, ALICE)
        assert alice
        alice.state, alice.unsubscribed_at = "unsubscribed", TUESDAY
    clock.shift(timedelta(hours=1))
    subscribed(client, mailbox)
    assert [one["Subject"] for one in mailbox.to(ALICE)] == ["Confirm your subscription to Privacy Digest"]


def test_an_issue_that_a_newer_version_stored_keeps_nobody_from_confirming(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    send_both(db, settings)
    store_as_a_newer_program(db, FRIDAY)
    subscribed(client, mailbox)
    assert len(mailbox.to(ALICE)) == 1


def test_who_left_before_the_welcome_went_gets_none(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    send_both(db, settings)
    ask(client)
    client.post(link_in(mailbox.to(ALICE)[-1], "confirm"))
    clock.shift(timedelta(seconds=1))
    with db.reading() as session:
        alice = subscriber_with_address(session, ALICE)
    assert alice
    leave(Context(db, settings, TUESDAY + timedelta(seconds=1)), alice.link_key, leaving(settings), "a test")
    assert [one["Subject"][:7] for one in mailbox.to(ALICE)] == ["Confirm"]
    with db.reading() as session:
        assert session.query(Message).filter_by(kind="welcome").count() == 0


def test_nobody_is_welcomed_with_an_issue_whose_send_was_stopped(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    send_both(db, settings)
    with db.reading() as session:
        issue = latest_frozen_issue(session)
    assert issue
    stop_send(db, TUESDAY, issue.id, "ada")
    subscribed(client, mailbox)
    assert [one["Subject"][:7] for one in mailbox.to(ALICE)] == ["Confirm"]


def test_who_was_welcomed_left_and_came_back_is_not_welcomed_with_the_same_issue_again(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    send_both(db, settings)
    subscribed(client, mailbox)
    mailbox.read()
    for moment, expected in ((timedelta(days=1), 1), (timedelta(days=2), 2)):
        clock.shift(moment)
        with db.reading() as session:
            alice = subscriber_with_address(session, ALICE)
        assert alice
        now = TUESDAY + moment
        leave(Context(db, settings, now), alice.link_key, leaving(settings), "a test")
        if expected == 2:  # another issue went while she was away
            clock.shift(timedelta(hours=1))
            issue_id = make_issue(db, FRIDAY + timedelta(days=14), [make_summary(db, "A week later")])
            later = Context(db, settings, now + timedelta(days=1, hours=1))
            close_issue(later, issue_id, "a test")
            assert freeze(later, issue_id, "a test") is Freeze.FROZEN
            clock.shift(timedelta(hours=2))
        clock.shift(timedelta(hours=1))
        ask(client)
        client.post(link_in(next(one for one in mailbox.to(ALICE)[::-1] if "Confirm" in one["Subject"]), "confirm"))
        assert sum(one["Subject"].startswith("Welcome") for one in mailbox.to(ALICE)) == expected
