"""Signing in and out, sessions, and passwords by link."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from digest import config
from digest.app import create_app
from digest.config import Settings
from digest.operations.people.logins import deactivate
from digest.operations.people.signing_in import TRIES_FROM_ONE_NETWORK
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.people.desk_sessions import DeskSession
from digest.storage.people.editors import editor_by_id
from tests.conftest import TUESDAY, Mailbox, text_of
from tests.web.browser import PASSWORD, Browser, words

NEW = "nine amber kettles hum"

pytestmark = pytest.mark.usefixtures("alice_id")


def test_right_password_opens_the_desk(stranger: Browser) -> None:
    answer = stranger.sign_in(" Alice@Digest.test ")
    assert (answer.status_code, answer.location) == (303, "/desk/")
    assert stranger.open("/desk/summaries").status_code == 200


def test_wrong_password_and_unknown_address_get_the_same_words(stranger: Browser) -> None:
    wrong = stranger.sign_in("alice@digest.test", "not this one at all")
    unknown = stranger.sign_in("nobody@digest.test", "not this one at all")
    assert wrong.status_code == unknown.status_code == 422
    assert words(wrong) == words(unknown)


@pytest.mark.on_both
def test_whoever_tries_too_often_is_told_how_long_to_wait(stranger: Browser, clock: time_machine.Traveller) -> None:
    for _ in range(TRIES_FROM_ONE_NETWORK):
        stranger.sign_in("alice@digest.test", "not this one at all")
    too_often = stranger.sign_in("alice@digest.test")
    assert too_often.status_code == 429
    assert "Wait 15 minutes, then try again." in words(too_often)
    clock.move_to(TUESDAY + timedelta(minutes=15, seconds=1))
    assert stranger.sign_in("alice@digest.test").status_code == 303


def test_deactivated_editor_stays_outside(stranger: Browser, db: Database, alice_id: int) -> None:
    with db.writing() as session:
        editor = editor_by_id(session, alice_id)
        assert editor is not None
        editor.is_active = False
    assert stranger.sign_in("alice@digest.test").status_code == 422


def test_sign_in_gives_a_new_session_and_ends_the_old(stranger: Browser, db: Database) -> None:
    stranger.open("/desk/sign-in")
    planted = stranger.cookie()
    stranger.sign_in("alice@digest.test")
    first = stranger.cookie()
    assert first != planted
    stranger.client.set_cookie("digest_desk", planted, path="/desk", domain="localhost")
    assert stranger.open("/desk/summaries").status_code == 302
    stranger.sign_in("alice@digest.test")
    with db.reading() as session:
        assert session.query(DeskSession).count() == 2  # the planted cookie had none; each browser has its own row


def test_signing_in_again_in_one_browser_leaves_one_session(alice: Browser, db: Database) -> None:
    alice.client.post(
        "/desk/sign-in",
        data={"csrf_token": alice.token("/desk/account"), "email": "alice@digest.test", "password": PASSWORD},
    )
    with db.reading() as session:
        assert session.query(DeskSession).count() == 1


def test_cookie_is_dead_after_sign_out(alice: Browser) -> None:
    kept = alice.cookie()
    assert alice.send("/desk/sign-out").location == "/desk/sign-in"
    alice.client.set_cookie("digest_desk", kept, path="/desk", domain="localhost")
    assert alice.open("/desk/summaries").status_code == 302


def test_row_holds_only_the_hash_of_the_key(alice: Browser, db: Database) -> None:
    with alice.client.session_transaction(path="/desk") as cookie:
        key = cookie["key"]
    with db.reading() as session:
        row = session.query(DeskSession).one()
        assert key not in row.key_hash


@pytest.mark.on_both
def test_session_idles_out_after_twelve_hours(alice: Browser, clock: time_machine.Traveller) -> None:
    clock.move_to(TUESDAY + timedelta(hours=11))
    assert alice.open("/desk/summaries").status_code == 200
    clock.move_to(TUESDAY + timedelta(hours=22))
    assert alice.open("/desk/summaries").status_code == 200
    clock.move_to(TUESDAY + timedelta(hours=35))
    assert alice.open("/desk/summaries").status_code == 302


@pytest.mark.only_on("sqlite")
def test_nobody_stays_signed_in_for_more_than_fourteen_days(alice: Browser, clock: time_machine.Traveller) -> None:
    for hours in range(11, 14 * 24, 11):
        clock.move_to(TUESDAY + timedelta(hours=hours))
        assert alice.open("/desk/summaries").status_code == 200
    clock.move_to(TUESDAY + timedelta(days=14, seconds=1))
    assert alice.open("/desk/summaries").status_code == 302


@pytest.mark.only_on("sqlite")
@pytest.mark.usefixtures("db", "clock")
def test_the_cookie_of_an_https_site_travels_over_https_alone(environ: dict[str, str], settings: Settings) -> None:
    site = config.load(environ | {"SITE_URL": "https://digest.test"}, settings.instance_path.parent)
    app = create_app(site, with_postman=False)
    (cookie,) = app.test_client().get("/desk/sign-in").headers.getlist("Set-Cookie")
    app.extensions["digest"].db.close()
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/desk"} <= set(cookie.split("; "))


@pytest.mark.on_both
def test_being_seen_is_written_once_a_minute(alice: Browser, db: Database, clock: time_machine.Traveller) -> None:
    def seen() -> object:
        with db.reading() as session:
            return session.query(DeskSession).one().seen_at

    clock.move_to(TUESDAY + timedelta(seconds=59))
    alice.open("/desk/summaries")
    assert seen() == TUESDAY
    clock.move_to(TUESDAY + timedelta(seconds=61))
    alice.open("/desk/summaries")
    assert seen() == TUESDAY + timedelta(seconds=61)


def test_deactivating_ends_the_session_at_once(alice: Browser, alice_id: int, db: Database, settings: Settings) -> None:
    deactivate(Context(db, settings, TUESDAY), alice_id, "ada@digest.test")
    assert alice.open("/desk/summaries").status_code == 302


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        "/desk\r\nSet-Cookie: a=b",
        " /desk/summaries",
        "/\t/evil.example",
        "desk/summaries",
        "",
    ],
)
def test_next_never_leads_elsewhere(stranger: Browser, target: str) -> None:
    assert stranger.sign_in("alice@digest.test", next=target).location == "/desk/"


def test_next_leads_back_to_where_one_was_going(stranger: Browser) -> None:
    sent_away = stranger.open("/desk/summaries?page=2")
    assert sent_away.location == "/desk/sign-in?next=/desk/summaries?page%3D2"
    assert stranger.sign_in("alice@digest.test", next="/desk/summaries?page=2").location == "/desk/summaries?page=2"


def _link(mailbox: Mailbox, address: str) -> str:
    found = re.search(r"http://digest\.test(/desk/password/\S+)", text_of(mailbox.to(address)[-1]))
    assert found is not None
    return found.group(1)


def _ask(browser: Browser, email: str) -> str:
    answer = browser.send("/desk/forgotten", "/desk/forgotten", email=email)
    assert answer.status_code == 200
    return answer.text


@pytest.mark.on_both
def test_forgotten_password_is_set_by_a_link_that_works_once(
    stranger: Browser, alice: Browser, mailbox: Mailbox
) -> None:
    _ask(stranger, "alice@digest.test")
    link = _link(mailbox, "alice@digest.test")
    opened = stranger.open(link)
    assert opened.status_code == 200
    assert opened.headers["Referrer-Policy"] == "strict-origin"
    assert "no-store" in opened.headers["Cache-Control"]
    assert stranger.send(link, link, password=NEW, again=NEW).location == "/desk/sign-in"
    assert alice.open("/desk/summaries").status_code == 302
    assert stranger.open(link).status_code == 410
    assert (
        stranger.send(link, "/desk/sign-in", password="another long one!", again="another long one!").status_code == 410
    )
    assert stranger.sign_in("alice@digest.test").status_code == 422
    assert stranger.sign_in("alice@digest.test", NEW).status_code == 303


def test_a_deactivated_editor_gets_no_link(
    stranger: Browser, db: Database, settings: Settings, alice_id: int, mailbox: Mailbox
) -> None:
    deactivate(Context(db, settings, TUESDAY), alice_id, "ada@digest.test")
    _ask(stranger, "alice@digest.test")
    assert mailbox.read() == []


def test_reset_link_dies_after_an_hour(
    stranger: Browser,
    mailbox: Mailbox,
    clock: time_machine.Traveller,
) -> None:
    _ask(stranger, "alice@digest.test")
    link = _link(mailbox, "alice@digest.test")
    clock.move_to(TUESDAY + timedelta(minutes=61))
    assert stranger.open(link).status_code == 410


def test_request_for_a_link_answers_alike_for_everybody(stranger: Browser, mailbox: Mailbox) -> None:
    token = stranger.token("/desk/forgotten")
    answers = [
        stranger.client.post("/desk/forgotten", data={"csrf_token": token, "email": email}).data
        for email in ("alice@digest.test", "nobody@digest.test")
    ]
    assert answers[0] == answers[1]
    assert len(mailbox.read()) == 1


@pytest.mark.on_both
def test_flood_of_requests_sends_three_messages_an_hour(stranger: Browser, mailbox: Mailbox) -> None:
    for _ in range(8):
        _ask(stranger, "alice@digest.test")
    assert len(mailbox.read()) == 3


@pytest.mark.parametrize(
    "password", ["short one", "alice@digest.test", "privacydigest1", "password12345", "aaaaaaaaaaaaaaa"]
)
def test_weak_password_is_refused_and_the_link_lives_on(
    stranger: Browser,
    mailbox: Mailbox,
    password: str,
) -> None:
    _ask(stranger, "alice@digest.test")
    link = _link(mailbox, "alice@digest.test")
    assert stranger.send(link, link, password=password, again=password).status_code == 422
    assert stranger.send(link, link, password=NEW, again="a different one").status_code == 422
    assert stranger.send(link, link, password=NEW, again=NEW).status_code == 303


def test_account_page_changes_name_and_password(alice: Browser, app: Flask) -> None:
    other = Browser(app.test_client())
    other.sign_in("alice@digest.test")
    assert alice.send("/desk/account/name", name="Alice\r\nArcher").status_code == 303
    assert "Alice Archer" in words(alice.open("/desk/account"))
    wrong = alice.send("/desk/account/password", current="not it", password=NEW, again=NEW)
    assert wrong.status_code == 422
    assert alice.send("/desk/account/password", current=PASSWORD, password=NEW, again=NEW).status_code == 303
    assert alice.open("/desk/summaries").status_code == 200
    assert other.open("/desk/summaries").status_code == 302


@pytest.mark.only_on("sqlite")
def test_a_password_typed_on_another_keyboard_is_the_same(alice: Browser, stranger: Browser) -> None:
    """Some keyboards give é as one character, others as two (RFC 8265, section 4.2)."""
    one, two = "caf\u00e9s of five quiet towns", "cafe\u0301s of five quiet towns"
    assert alice.send("/desk/account/password", current=PASSWORD, password=two, again=two).status_code == 303
    assert stranger.sign_in("alice@digest.test", one).status_code == 303


def test_sign_out_everywhere_ends_every_session(alice: Browser, app: Flask) -> None:
    other = Browser(app.test_client())
    other.sign_in("alice@digest.test")
    alice.send("/desk/account/sign-out-everywhere")
    assert other.open("/desk/summaries").status_code == 302
    assert alice.open("/desk/summaries").status_code == 302
