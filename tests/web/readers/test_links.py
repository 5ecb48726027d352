"""Alice uses the links in her messages; her mail scanner opens them first."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from digest.config import Settings
from digest.domain.shared.tokens import Purpose, fingerprint, new_key, seal
from digest.operations.shared.links import confirm_url, preferences_url, unsubscribe_url
from digest.storage.base.database import Database
from digest.storage.readers.consents import consent_of
from digest.storage.readers.subscribers import Subscriber, SubscriberState, subscriber_with_address
from digest.storage.suppressions.suppressions import SuppressionReason, is_suppressed, suppress
from tests.conftest import TUESDAY, Mailbox
from tests.factories import make_subscriber, make_summary
from tests.web.readers.doors import ALICE, ask, everything, link_in, links_in, subscribed

ROUTES = {"confirm": Purpose.CONFIRM, "unsubscribe": Purpose.UNSUBSCRIBE, "preferences": Purpose.PREFERENCES}


def state_of(db: Database, address: str = ALICE) -> str:
    with db.reading() as session:
        found = subscriber_with_address(session, address)
        return found.state if found else "unknown"


def path_of(settings: Settings, url: str) -> str:
    return url.removeprefix(settings.site_url)


def leave_path(settings: Settings, subscriber: Subscriber) -> str:
    return path_of(settings, unsubscribe_url(settings, subscriber.link_key))


def preferences_path(settings: Settings, subscriber: Subscriber) -> str:
    return path_of(settings, preferences_url(settings, subscriber.link_key))


def journal(settings: Settings) -> list[dict[str, str]]:
    lines = (settings.instance_path / "journal.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_a_scanner_that_opens_every_link_changes_nothing(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    make_subscriber(db, settings, "bob@example.org")
    ask(client)
    ask(client, "bob@example.org")
    paths = set().union(*(links_in(message) for message in mailbox.read()))
    assert {path.split("/")[1] for path in paths} >= {"confirm", "unsubscribe", "preferences"}
    before = everything(db)
    for path in paths:
        for method in ("GET", "HEAD", "OPTIONS"):
            assert client.open(path, method=method).status_code in (200, 404)
    assert everything(db) == before


def test_no_readers_page_sets_a_cookie_or_may_be_kept(client: FlaskClient, db: Database, settings: Settings) -> None:
    alice = make_subscriber(db, settings, ALICE)
    guarded = [leave_path(settings, alice), preferences_path(settings, alice), "/confirm/nonsense"]
    for path in ["/", "/privacy", "/subscribe", *guarded]:
        for answer in (client.get(path), client.post(path, data={"email": ALICE})):
            assert "Set-Cookie" not in answer.headers
    for path in guarded:
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_token_opens_no_other_door(client: FlaskClient, db: Database, settings: Settings) -> None:
    alice = make_subscriber(db, settings, ALICE)
    before = everything(db)
    for route, wanted in ROUTES.items():
        for purpose in Purpose:
            if purpose is not wanted:
                path = f"/{route}/{seal(purpose, alice.link_key, settings.secret_key)}"
                assert client.get(path).status_code == 404
                assert client.post(path).status_code == 404
    assert everything(db) == before


@pytest.mark.parametrize("route", ROUTES)
def test_a_forged_or_broken_token_is_refused_with_a_remedy(client: FlaskClient, settings: Settings, route: str) -> None:
    token = seal(ROUTES[route], new_key(), settings.secret_key)
    flipped = ("B" if token[0] == "A" else "A") + token[1:]
    foreign = seal(ROUTES[route], new_key(), "another secret, another secret")
    for wrong in (flipped, foreign, token[:-1], token + "A", "x", "é" * 43, "A" * 10_000):
        answer = client.get(f"/{route}/{wrong}")
        assert answer.status_code == 404
        assert "copy the whole" in answer.text


def test_a_link_under_an_older_secret_still_works(client: FlaskClient, db: Database, settings: Settings) -> None:
    alice = make_subscriber(db, settings, ALICE)
    object.__setattr__(settings, "secret_key_fallbacks", ("an older secret, an older secret",))
    token = seal(Purpose.UNSUBSCRIBE, alice.link_key, "an older secret, an older secret")
    assert client.post(f"/unsubscribe/{token}").status_code == 200
    assert state_of(db) == SubscriberState.UNSUBSCRIBED


def test_an_expired_confirmation_says_so_and_offers_a_new_one(
    client: FlaskClient, db: Database, mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    ask(client)
    path = link_in(mailbox.to(ALICE)[0], "confirm")
    clock.shift(timedelta(days=7, seconds=1))
    page = client.get(path)
    assert page.status_code == 410
    assert "This link has expired" in page.text
    assert ALICE not in page.text
    assert client.post(path).status_code == 410
    assert state_of(db) == SubscriberState.PENDING
    assert "Check your inbox" in client.post(path, data={"again": "1"}).text
    fresh = link_in(mailbox.to(ALICE)[-1], "confirm")
    assert fresh != path
    client.post(fresh)
    assert state_of(db) == SubscriberState.CONFIRMED


def test_a_confirmation_lives_seven_days(
    client: FlaskClient, db: Database, mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    ask(client)
    path = link_in(mailbox.to(ALICE)[0], "confirm")
    clock.shift(timedelta(days=7))
    client.post(path)
    assert state_of(db) == SubscriberState.CONFIRMED


@pytest.mark.on_both
def test_a_sign_up_that_was_tidied_away_leads_to_the_form(client: FlaskClient, settings: Settings) -> None:
    answer = client.get(path_of(settings, confirm_url(settings, new_key())))
    assert answer.status_code == 410
    assert 'href="/"' in answer.text


def test_an_address_suppressed_meanwhile_is_not_confirmed(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    ask(client)
    path = link_in(mailbox.to(ALICE)[0], "confirm")
    with db.writing() as session:
        suppress(session, fingerprint(ALICE, settings.suppression_key), SuppressionReason.COMPLAINT, TUESDAY, "test")
    assert client.post(path).status_code == 410
    assert state_of(db) == SubscriberState.PENDING


def test_a_link_from_before_leaving_brings_nobody_back(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    ask(client)
    unused = link_in(mailbox.to(ALICE)[0], "confirm")
    clock.shift(timedelta(hours=2))
    ask(client)
    used = link_in(mailbox.to(ALICE)[-1], "confirm")
    client.post(used)
    with db.reading() as session:
        alice = subscriber_with_address(session, ALICE)
    assert alice
    clock.shift(timedelta(hours=2))
    client.post(leave_path(settings, alice))
    for path in (unused, used):
        assert client.post(path).status_code == 410
    assert state_of(db) == SubscriberState.UNSUBSCRIBED


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_one_click_unsubscribes(client: FlaskClient, db: Database, settings: Settings, content_type: str) -> None:
    alice = make_subscriber(db, settings, ALICE)
    for _ in range(2):
        answer = client.post(
            leave_path(settings, alice), data={"List-Unsubscribe": "One-Click"}, content_type=content_type
        )
        assert answer.status_code == 200
        assert answer.mimetype == "text/plain"
    assert state_of(db) == SubscriberState.UNSUBSCRIBED
    with db.reading() as session:
        ((record, wording),) = consent_of(session, alice.id)
    assert (record.step, wording.version) == ("unsubscribed", "one-click 1")
    assert journal(settings) == [
        {"at": TUESDAY.isoformat(), "what": "unsubscribed", "address_hash": alice.address_hash}
    ]


def test_leaving_by_the_button(client: FlaskClient, db: Database, settings: Settings) -> None:
    path = leave_path(settings, make_subscriber(db, settings, ALICE))
    page = client.get(path)
    assert "a***@example.org" in page.text
    assert ALICE not in page.text
    assert "/preferences/" in page.text
    assert "You are unsubscribed" in client.post(path, data={"leave": "1"}).text
    assert "You are unsubscribed" in client.get(path).text
    assert state_of(db) == SubscriberState.UNSUBSCRIBED


def test_coming_back_takes_a_confirmation(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    subscribed(client, mailbox)
    with db.reading() as session:
        alice = subscriber_with_address(session, ALICE)
    assert alice
    path = leave_path(settings, alice)
    client.post(path)
    assert "Check your inbox" in client.post(path, data={"undo": "1"}).text
    assert state_of(db) == SubscriberState.UNSUBSCRIBED
    client.post(link_in(mailbox.to(ALICE)[-1], "confirm"))
    assert state_of(db) == SubscriberState.CONFIRMED
    with db.reading() as session:
        taken = [record.step for record, _ in consent_of(session, alice.id)]
    assert taken == ["asked", "confirmed", "unsubscribed", "asked", "confirmed"]


def test_asking_on_the_form_again_after_leaving(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    alice = make_subscriber(db, settings, ALICE, SubscriberState.UNSUBSCRIBED)
    ask(client)
    client.post(link_in(mailbox.to(ALICE)[0], "confirm"))
    with db.reading() as session:
        found = subscriber_with_address(session, ALICE)
    assert found
    assert (found.id, found.state, found.unsubscribed_at) == (alice.id, SubscriberState.CONFIRMED, None)


def test_choosing_topics(client: FlaskClient, db: Database, settings: Settings) -> None:
    make_summary(db, topics=["Enforcement", "AI"])
    alice = make_subscriber(db, settings, ALICE)
    path = preferences_path(settings, alice)
    saved = client.post(path, data={"topics": ["enforcement", "ai", "enforcement", "made-up"]})
    assert "Saved" in saved.text
    with db.reading() as session:
        found = session.get(Subscriber, alice.id)
        ((record, wording),) = consent_of(session, alice.id)
    assert found
    assert found.topics == "ai,enforcement"
    assert (record.step, record.answer, wording.version) == ("topics", "ai,enforcement", "topics 2")
    assert client.get(path).text.count("checked") == 2
    client.post(path, data={})
    with db.reading() as session:
        assert session.get_one(Subscriber, alice.id).topics == ""


def test_preferences_show_what_we_hold(client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox) -> None:
    subscribed(client, mailbox)
    with db.reading() as session:
        alice = subscriber_with_address(session, ALICE)
    assert alice
    text = client.get(preferences_path(settings, alice)).text
    assert ALICE not in text, "a digest may have been forwarded with its link"
    for shown in (
        "a***@example.org",
        "Confirmed",
        "You asked for the digest",
        "You confirmed",
        "sign-up 1",
        "the form on our site",
    ):
        assert shown in text


@pytest.mark.on_both
def test_erasing_asks_once_and_leaves_nothing_but_a_hash(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    subscribed(client, mailbox)
    with db.reading() as session:
        alice = subscriber_with_address(session, ALICE)
    assert alice
    path = preferences_path(settings, alice)
    before = everything(db)
    assert "Erase everything about a***@example.org?" in client.post(path, data={"erase": "ask"}).text
    assert everything(db) == before
    erased = client.post(path, data={"erase": "yes"}).text
    assert "Everything about you is erased" in erased
    assert "with another address" in erased
    assert ALICE not in repr(everything(db))
    with db.reading() as session:
        assert is_suppressed(session, alice.address_hash)
    assert journal(settings)[-1]["what"] == "erased"
    assert "Nothing is sent to you" in client.get(path).text
    assert client.post(leave_path(settings, alice), data={"List-Unsubscribe": "One-Click"}).status_code == 200
    sent = len(mailbox.read())
    assert ask(client, ip="198.51.100.1").status_code == 200
    assert len(mailbox.read()) == sent


def test_an_unsubscribed_reader_may_ask_again_from_preferences(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    path = preferences_path(settings, make_subscriber(db, settings, ALICE, SubscriberState.UNSUBSCRIBED))
    assert "You are unsubscribed" in client.get(path).text
    assert "Check your inbox" in client.post(path, data={"undo": "1"}).text
    assert len(mailbox.to(ALICE)) == 1
