"""Alice uses the links in her messages; her mail scanner opens them first."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from digest.config import Settings
from digest.domain.shared.tokens import Purpose, fingerprint, new_key, seal
from digest.operations.issues.closing import close_issue
from digest.operations.readers import subscribing
from digest.operations.running.replaying import replay
from digest.operations.sending.freezing import freeze
from digest.operations.shared.context import Context
from digest.operations.shared.links import confirm_url, preferences_url, unsubscribe_url
from digest.storage.base.database import Database
from digest.storage.issues.history import history_of
from digest.storage.readers.consents import consent_of
from digest.storage.readers.subscribers import Subscriber, SubscriberState, audience_size, subscriber_with_address
from digest.storage.sending.deliveries import Delivery
from digest.storage.suppressions.suppressions import SuppressionReason, suppress
from tests.conftest import TUESDAY, Mailbox
from tests.factories import make_issue, make_subscriber, make_summary
from tests.web.readers.doors import ALICE, ask, everything, link_in, links_in

FRIDAY = datetime(2024, 5, 17, 7, 0, tzinfo=UTC)
ROUTES = {"confirm": Purpose.CONFIRM, "unsubscribe": Purpose.UNSUBSCRIBE, "preferences": Purpose.PREFERENCES}
YOURS = (Purpose.YOURS, Purpose.MOVE)


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


def undo_mark(answer: TestResponse) -> str:
    """What the button that undoes a leaving carries; "" where the page has none."""
    button = BeautifulSoup(answer.text, "html.parser").select_one("button[name=undo]")
    value = str(button["value"]) if button else "1"
    return "" if value == "1" else value


def text_on(answer: TestResponse) -> str:
    return " ".join(BeautifulSoup(answer.text, "html.parser").get_text(" ").split())


def send(db: Database, settings: Settings, day: date) -> Callable[[], list[str | None]]:
    """An issue of that day, closed; what is returned freezes it and tells whose copies it has."""
    issue_id = make_issue(db, day, [make_summary(db)])
    close_issue(Context(db, settings, TUESDAY), issue_id, "a test")

    def addresses() -> list[str | None]:
        freeze(Context(db, settings, datetime.now(UTC)), issue_id, "a test")
        with db.reading() as session:
            mine = select(Delivery.address).where(Delivery.issue_id == issue_id).order_by(Delivery.address)
            return list(session.scalars(mine))

    return addresses


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


@pytest.mark.on_both
def test_leaving_is_undone_by_one_button(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    alice = make_subscriber(db, settings, ALICE, topics="ai")
    client.post(preferences_path(settings, alice), data={"pause": "1", "until": "2024-05-24"})
    path = leave_path(settings, alice)
    mark = undo_mark(client.post(path))
    clock.shift(timedelta(minutes=30))
    assert "You are subscribed again" in client.post(path, data={"undo": mark}).text
    assert replay(Context(db, settings, datetime.now(UTC))) == 0, (
        "the journal has the leaving, and the undoing is later"
    )
    with db.reading() as session:
        found = session.get_one(Subscriber, alice.id)
        assert (found.state, found.topics, found.unsubscribed_at) == (SubscriberState.CONFIRMED, "ai", None)
        assert [record.step for record, _ in consent_of(session, alice.id)] == ["paused", "unsubscribed", "returned"]
        assert found.paused_until is not None, "a pause outlasts a leaving that was a mistake"
        assert found.confirmed_at == alice.confirmed_at, "what they confirmed, they confirmed when they did"
    assert [one["Subject"] for one in mailbox.to(ALICE)] == ["Privacy Digest keeps coming"]


@pytest.mark.on_both
def test_a_forwarded_link_undoes_no_leaving_but_its_own(
    client: FlaskClient, db: Database, settings: Settings, clock: time_machine.Traveller
) -> None:
    path = leave_path(settings, make_subscriber(db, settings, ALICE))
    mallorys = undo_mark(client.post(path))
    clock.shift(timedelta(seconds=1))
    client.post(path, data={"List-Unsubscribe": "One-Click"})
    for answer in (client.get(path), client.post(path), client.post(path, data={"undo": mallorys})):
        assert "Undo" not in answer.text
        assert state_of(db) == SubscriberState.UNSUBSCRIBED


def test_a_forwarded_link_floods_no_mailbox(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    path = leave_path(settings, make_subscriber(db, settings, ALICE))
    for number in range(12):
        left = client.post(path)
        for door in ("/privacy", "/subscribe"):
            client.post(door, data={"email": ALICE}, environ_overrides={"REMOTE_ADDR": f"198.51.{number}.1"})
        mailbox.read()
        client.post(path, data={"undo": undo_mark(left) or "1"})
        clock.shift(timedelta(minutes=70))
    subjects = [message["Subject"] for message in mailbox.to(ALICE)]
    assert subjects.count("Your data with Privacy Digest") == 6, "three, and then one in three hours: it is their right"
    assert len(subjects) == 12, "three a month of each other kind"


def test_later_only_the_mailbox_brings_a_reader_back(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    path = leave_path(settings, make_subscriber(db, settings, ALICE))
    mark = undo_mark(client.post(path))
    clock.shift(timedelta(minutes=31))
    assert "Check your inbox" in client.post(path, data={"undo": mark}).text
    assert state_of(db) == SubscriberState.UNSUBSCRIBED
    client.post(link_in(mailbox.to(ALICE)[-1], "confirm"))
    assert state_of(db) == SubscriberState.CONFIRMED


def test_undo_makes_no_reader_of_who_never_was_one(client: FlaskClient, db: Database, settings: Settings) -> None:
    path = leave_path(settings, make_subscriber(db, settings, ALICE, SubscriberState.PENDING))
    assert not undo_mark(client.post(path))
    client.post(path, data={"undo": "1"})
    assert state_of(db) == SubscriberState.UNSUBSCRIBED


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


def test_a_forwarded_link_shows_and_erases_nothing(client: FlaskClient, db: Database, settings: Settings) -> None:
    make_summary(db, topics=["Artificial intelligence"])
    alice = make_subscriber(db, settings, ALICE, topics="artificial-intelligence,data-brokers")
    subscribing.choose_topics(Context(db, settings, TUESDAY), alice.link_key, ["data-brokers"], "a secret place")
    path = preferences_path(settings, alice)
    before = everything(db)
    for answer in (
        client.get(path),
        client.post(path, data={"erase": "ask"}),
        client.post(path, data={"erase": "yes"}),
    ):
        page = BeautifulSoup(answer.text, "html.parser").get_text(" ")
        assert "a***@example.org" in page
        assert "Artificial intelligence" in page
        assert "Data brokers" in page
        assert not [word for word in (ALICE, "secret place", "-brokers", "agreed", "Erase") if word in page]
    after = everything(db)
    assert len(after["subscribers"]) == 1
    assert {name for name in before if len(before[name]) != len(after[name])} <= {"consent_records"}


@pytest.mark.on_both
def test_a_pause_keeps_issues_away_until_its_day_and_ends_by_itself(
    client: FlaskClient, db: Database, settings: Settings, clock: time_machine.Traveller
) -> None:
    alice, bob = make_subscriber(db, settings, ALICE), make_subscriber(db, settings, "bob@example.org")
    path = preferences_path(settings, alice)
    assert (
        "Choose a day from 15 May 2024 to 15 May 2025"
        in client.post(path, data={"pause": "1", "until": "2024-05-14"}).text
    )
    assert "before 24 May 2024" in text_on(client.post(path, data={"pause": "1", "until": "2024-05-24"}))
    first, second = (send(db, settings, day) for day in (date(2024, 5, 17), date(2024, 5, 24)))
    clock.move_to(FRIDAY)
    assert first() == [bob.address]
    clock.move_to(FRIDAY + timedelta(days=7))
    assert second() == [alice.address, bob.address]
    with db.reading() as session:
        assert session.get_one(Subscriber, alice.id).paused_until is None
        ((record, wording),) = consent_of(session, alice.id)
        assert (record.step, record.answer, wording.version) == ("paused", "until 2024-05-24", "pause 1")
        notes = [note.what for note in history_of(session, 1)]
    assert "froze it for 1 reader; 1 more has paused" in notes


def test_a_pause_is_ended_by_its_button(client: FlaskClient, db: Database, settings: Settings) -> None:
    path = preferences_path(settings, make_subscriber(db, settings, ALICE))
    client.post(path, data={"pause": "1", "until": "2024-06-01"})
    assert "The pause is over" in client.post(path, data={"resume": "1", "until": ""}).text
    with db.reading() as session:
        assert audience_size(session) == 1


def test_an_unsubscribed_reader_may_ask_again_from_preferences(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    path = preferences_path(settings, make_subscriber(db, settings, ALICE, SubscriberState.UNSUBSCRIBED))
    assert "You are unsubscribed" in client.get(path).text
    assert "Check your inbox" in client.post(path, data={"undo": "1"}).text
    assert len(mailbox.to(ALICE)) == 1
