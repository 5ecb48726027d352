"""The postman's pace: what a stranger's request causes is not to be felt by the request after it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask

from digest.app import create_app
from digest.config import Settings
from digest.domain.shared.tokens import fingerprint
from digest.storage.base.database import Database
from digest.storage.suppressions.suppressions import SuppressionReason, suppress
from digest.web.messages import postman
from tests.conftest import TUESDAY, Mailbox
from tests.factories import make_subscriber
from tests.web.browser import Browser, make_editor_with_password
from tests.web.readers.doors import ask

pytestmark = pytest.mark.only_on("sqlite")


class Bell:
    """Stands in for the bell that a postman waits by, for ever: no round begins by itself."""

    def __init__(self) -> None:
        self.rung = 0
        self.never = threading.Event()

    def set(self) -> None:
        self.rung += 1

    def wait(self, _seconds: float) -> bool:
        return self.never.wait()

    def clear(self) -> None:
        """He goes no round."""


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[Bell]:
    hung: list[Bell] = []

    def hang() -> Bell:
        hung.append(Bell())
        return hung[-1]

    monkeypatch.setattr(postman, "ROUND_SECONDS", 1e6)
    monkeypatch.setattr(postman, "_new_bell", hang)
    return hung


@pytest.fixture
def site(settings: Settings, db: Database, bells: list[Bell]) -> Iterator[Flask]:  # noqa: ARG001
    app = create_app(settings)
    app.testing = True
    yield app
    app.extensions["digest"].db.close()


def test_no_sign_up_and_no_request_for_a_link_rings_for_the_postman(
    site: Flask, db: Database, settings: Settings, bells: list[Bell], mailbox: Mailbox
) -> None:
    make_subscriber(db, settings, "confirmed@example.org")
    make_editor_with_password(db, "alice@digest.test", "Alice")
    with db.writing() as session:
        address_hash = fingerprint("bounced@example.org", settings.suppression_key)
        suppress(session, address_hash, SuppressionReason.BOUNCE, TUESDAY, "test")
    reader, editor = site.test_client(), Browser(site.test_client())
    for who in ("new", "confirmed", "bounced", "new"):
        assert ask(reader, f"{who}@example.org").status_code == 200
    for who in ("alice", "nobody"):
        assert editor.send("/desk/forgotten", "/desk/forgotten", email=f"{who}@digest.test").status_code == 200
    assert [bell.rung for bell in bells] == [0]
    assert len(mailbox.read()) == 3


def test_an_editor_who_waits_for_a_message_rings(site: Flask, db: Database, bells: list[Bell]) -> None:
    make_editor_with_password(db, "ada@digest.test", "Ada", is_admin=True)
    ada = Browser(site.test_client())
    ada.sign_in("ada@digest.test")
    ada.send("/desk/editors", "/desk/editors", email="bob@digest.test", name="Bob")
    assert [bell.rung for bell in bells] == [1]


def test_an_editor_who_causes_no_message_does_not_ring(site: Flask, db: Database, bells: list[Bell]) -> None:
    make_editor_with_password(db, "ada@digest.test", "Ada", is_admin=True)
    bob = make_editor_with_password(db, "bob@digest.test", "Bob")
    ada = Browser(site.test_client())
    ada.sign_in("ada@digest.test")
    assert ada.send(f"/desk/editors/{bob}/role", "/desk/editors", role="admin").status_code == 303
    assert [bell.rung for bell in bells] == [0]


@pytest.mark.usefixtures("db")
def test_he_goes_his_rounds_from_the_first_request_on(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = threading.Event()

    def one_round(*_: object) -> None:
        gone.set()
        threading.Event().wait()  # he rests for good

    monkeypatch.setattr(postman, "ROUND_SECONDS", 0.01)
    monkeypatch.setattr(postman, "deliver_waiting", one_round)
    app = create_app(settings)
    app.test_client().get("/robots.txt")
    assert gone.wait(30)
    app.extensions["digest"].db.close()
