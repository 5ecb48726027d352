"""Mallory guesses at Alice's password, from here and from everywhere; Alice proves her mailbox and gets in."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from digest.config import Settings
from digest.operations.people import logins, password_hashing, signing_in
from digest.operations.people.password_hashing import Places
from digest.operations.people.signing_in import TRIES_FROM_ONE_NETWORK
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from tests.conftest import TUESDAY, Mailbox, text_of
from tests.web.browser import PASSWORD, Browser, one, page, words

NEW = "nine amber kettles hum"
ALICE = "alice@digest.test"
HOME, OFFICE = "198.51.100.7", "203.0.113.9"

# What only SQL can break about counting is tried on both databases in tests/operations.
pytestmark = [pytest.mark.usefixtures("alice_id"), pytest.mark.only_on("sqlite")]

SIEGE, TRIES_OF_ONE_NETWORK, LINKS_OF_ONE_NETWORK = 6, 12, 20


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer guesses make a siege: that changes nothing of what is decided."""
    monkeypatch.setattr(signing_in, "SIEGE", SIEGE)
    monkeypatch.setattr(signing_in, "TRIES_OF_ONE_NETWORK", TRIES_OF_ONE_NETWORK)
    monkeypatch.setattr(logins, "_RESETS_OF_ONE_NETWORK", LINKS_OF_ONE_NETWORK)


class Somebody(Browser):
    """A browser in a network of its own."""

    def __init__(self, app: Flask, network: str) -> None:
        super().__init__(app.test_client())
        self.client.environ_base["REMOTE_ADDR"] = network


def mistype(somebody: Browser, times: int, email: str = ALICE) -> list[int]:
    return [somebody.sign_in(email, "not this one at all").status_code for _ in range(times)]


def besiege(app: Flask) -> None:
    for number in range(SIEGE):
        assert mistype(Somebody(app, f"10.0.{number}.1"), 1) == [422]


def set_password_by_mail(somebody: Browser, mailbox: Mailbox, password: str = NEW) -> TestResponse:
    somebody.send("/desk/forgotten", "/desk/forgotten", email=ALICE)
    link = re.findall(r"/desk/password/\S+", text_of(mailbox.to(ALICE)[-1]))[0]
    return somebody.send(link, link, password=password, again=password)


def test_five_typos_then_a_new_password_by_mail_opens_the_desk(app: Flask, mailbox: Mailbox) -> None:
    alice = Somebody(app, HOME)
    assert mistype(alice, TRIES_FROM_ONE_NETWORK + 1)[-1] == 429
    set_password_by_mail(alice, mailbox)
    assert mistype(alice, 1) == [422]
    assert alice.sign_in(ALICE, NEW).status_code == 303


def test_an_invitation_opens_the_desk_as_well(ada: Browser, app: Flask, mailbox: Mailbox) -> None:
    ada.send("/desk/editors", "/desk/editors", email="bob@digest.test", name="Bob")
    bob = Somebody(app, HOME)
    assert mistype(bob, TRIES_FROM_ONE_NETWORK + 1, "bob@digest.test")[-1] == 429
    link = re.findall(r"/desk/password/\S+", text_of(mailbox.to("bob@digest.test")[-1]))[0]
    bob.send(link, link, password=NEW, again=NEW)
    assert bob.sign_in("bob@digest.test", NEW).status_code == 303


def test_under_siege_who_mistypes_once_is_told_the_remedy_and_it_works(app: Flask, mailbox: Mailbox) -> None:
    besiege(app)
    alice = Somebody(app, HOME)
    assert mistype(alice, 1) == [422]
    refused = alice.sign_in(ALICE)
    assert refused.status_code == 429
    assert "set a new password by mail" in one(page(refused), ".notice a[href='/desk/forgotten']").get_text()
    assert one(page(refused), "input[name=email]")["value"] == ALICE
    set_password_by_mail(alice, mailbox)
    besiege(app)
    assert mistype(alice, TRIES_FROM_ONE_NETWORK - 1) == [422] * (TRIES_FROM_ONE_NETWORK - 1)
    assert alice.sign_in(ALICE, NEW).status_code == 303


def test_a_network_that_has_used_up_its_tries_at_all_accounts_lets_the_owner_in(app: Flask, mailbox: Mailbox) -> None:
    alice = Somebody(app, HOME)
    for number in range(TRIES_OF_ONE_NETWORK):
        mistype(alice, 1, f"somebody{number}@digest.test")
    assert alice.sign_in(ALICE).status_code == 429
    set_password_by_mail(alice, mailbox)
    assert mistype(alice, 1, "somebody@digest.test") == [429]
    assert alice.sign_in(ALICE, NEW).status_code == 303


def test_what_the_owner_proves_gives_mallory_no_try(app: Flask, mailbox: Mailbox) -> None:
    mallory = Somebody(app, OFFICE)
    mistype(mallory, TRIES_FROM_ONE_NETWORK)
    set_password_by_mail(Somebody(app, HOME), mailbox)
    assert mistype(mallory, 1) == [429]
    assert mallory.sign_in(ALICE, NEW).status_code == 429


def test_a_proof_is_for_one_sign_in(app: Flask, mailbox: Mailbox) -> None:
    alice = Somebody(app, HOME)
    set_password_by_mail(alice, mailbox)
    assert alice.sign_in(ALICE, NEW).status_code == 303
    besiege(app)
    elsewhere = Somebody(app, HOME)
    assert mistype(elsewhere, 2) == [422, 429]


def test_each_link_in_the_mailbox_works_while_strangers_ask_for_more(app: Flask, mailbox: Mailbox) -> None:
    alice = Somebody(app, HOME)
    alice.send("/desk/forgotten", "/desk/forgotten", email=ALICE)
    first = re.findall(r"/desk/password/\S+", text_of(mailbox.to(ALICE)[0]))[0]
    for number in range(5):
        Somebody(app, f"10.0.{number}.1").send("/desk/forgotten", "/desk/forgotten", email=ALICE)
    assert alice.send(first, first, password=NEW, again=NEW).status_code == 303
    assert alice.open(first).status_code == 410


def test_strangers_who_ask_for_links_by_the_hundred_keep_nobody_from_theirs(
    app: Flask, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    for number in range(205):
        network = f"10.0.{number % 11}.1"
        logins.ask_for_password_link(Context(db, settings, TUESDAY), f"invented{number}@example.net", network)
    assert set_password_by_mail(Somebody(app, HOME), mailbox).status_code == 303
    assert len(mailbox.read()) == 1


def test_a_network_that_asks_for_too_many_links_is_told_so(app: Flask, mailbox: Mailbox) -> None:
    mallory = Somebody(app, OFFICE)
    for _ in range(LINKS_OF_ONE_NETWORK):
        assert mallory.send("/desk/forgotten", "/desk/forgotten", email="nobody@digest.test").status_code == 200
    refused = mallory.send("/desk/forgotten", "/desk/forgotten", email=ALICE)
    assert (refused.status_code, mailbox.read()) == (429, [])
    assert "Too many links were asked for from your network" in words(refused)
    assert one(page(refused), "input[name=email]")["value"] == ALICE


def test_strangers_guesses_do_not_keep_the_owner_from_changing_the_password(app: Flask, alice: Browser) -> None:
    besiege(app)
    alice.client.environ_base["REMOTE_ADDR"] = HOME
    wrong = {"current": "not it", "password": NEW, "again": NEW}
    for _ in range(TRIES_FROM_ONE_NETWORK - 1):
        assert alice.send("/desk/account/password", form=wrong).status_code == 422
    assert alice.send("/desk/account/password", form=wrong | {"current": PASSWORD}).status_code == 303
    for _ in range(TRIES_FROM_ONE_NETWORK):
        assert alice.send("/desk/account/password", form=wrong).status_code == 422
    assert alice.send("/desk/account/password", form=wrong | {"current": NEW}).status_code == 429


def test_where_all_places_are_taken_nothing_is_tried_and_what_was_typed_stays(
    app: Flask, alice: Browser, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    reset = Somebody(app, HOME)
    reset.send("/desk/forgotten", "/desk/forgotten", email=ALICE)
    link = re.findall(r"/desk/password/\S+", text_of(mailbox.to(ALICE)[0]))[0]
    with monkeypatch.context() as full:
        full.setattr(password_hashing, "STRANGERS", Places(0, of_one_network=0))
        full.setattr(password_hashing, "PROVEN", Places(0, of_one_network=0))
        for _ in range(TRIES_FROM_ONE_NETWORK + 1):
            busy = Somebody(app, HOME).sign_in(ALICE)
        assert (busy.status_code, busy.headers["Retry-After"]) == (429, "5")
        assert "send it again in some seconds" in words(busy)
        assert one(page(busy), "input[name=email]")["value"] == ALICE
        assert reset.send(link, link, password=NEW, again=NEW).status_code == 429
        form = {"current": PASSWORD, "password": NEW, "again": NEW}
        assert alice.send("/desk/account/password", form=form).status_code == 429
    assert Somebody(app, HOME).sign_in(ALICE).status_code == 303
    assert reset.send(link, link, password=NEW, again=NEW).status_code == 303


def test_one_network_does_not_take_every_place() -> None:
    places = Places(3, of_one_network=2)
    with places.taken("mallory"), places.taken("mallory"):
        with pytest.raises(password_hashing.HashingBusy), places.taken("mallory"):
            pass
        with places.taken("alice"), pytest.raises(password_hashing.HashingBusy), places.taken("bob"):
            pass
        with places.taken("bob"):
            pass
