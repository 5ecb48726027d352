"""A proxy that TRUSTED_PROXIES does not count is told to whoever can mend it; what a stranger sends is not."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from digest import config
from digest.app import create_app
from digest.config import Settings
from digest.operations.messages import signup_caps
from digest.storage.base.database import Database
from tests.conftest import Mailbox
from tests.web.browser import Browser, make_editor_with_password
from tests.web.running.test_service import tick

pytestmark = pytest.mark.only_on("sqlite")

REMEDY = "set TRUSTED_PROXIES=1 in .env and restart."
BY_A_PROXY = {"X-Forwarded-For": "203.0.113.9"}


def come(client: FlaskClient, peer: str, headers: dict[str, str]) -> None:
    assert client.get("/", headers=headers, environ_overrides={"REMOTE_ADDR": peer}).status_code == 200


def told(client: FlaskClient) -> str:
    """What the site's health says of proxies."""
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json is not None
    return str(answer.json.get("proxy", ""))


@pytest.fixture
def ticking(client: FlaskClient, db: Database) -> FlaskClient:
    tick(db)
    return client


@pytest.mark.parametrize(
    ("peer", "header"),
    [
        ("127.0.0.1", "X-Forwarded-For"),
        ("::1", "Forwarded"),
        ("172.17.0.1", "X-Real-IP"),
        ("::ffff:10.0.0.2", "Via"),
        ("", "X-Forwarded-For"),
    ],
)
def test_a_proxy_that_is_not_trusted_is_told_in_the_log_once_and_in_the_sites_health(
    ticking: FlaskClient, caplog: pytest.LogCaptureFixture, peer: str, header: str
) -> None:
    for _ in range(3):
        come(ticking, peer, {header: "for=203.0.113.9"})
    (line,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert line.getMessage().startswith(
        f"Requests come from {peer or 'a local socket'} with {header}, as a proxy sends it"
    )
    assert line.getMessage().endswith(REMEDY)
    assert told(ticking).endswith(REMEDY)


def test_admins_see_it_on_the_desk_and_editors_do_not(app: Flask, db: Database) -> None:
    make_editor_with_password(db, "alice@digest.test", "Alice")
    make_editor_with_password(db, "ada@digest.test", "Ada", is_admin=True)
    come(app.test_client(), "127.0.0.1", BY_A_PROXY)
    for email, sees in (("ada@digest.test", True), ("alice@digest.test", False)):
        browser = Browser(app.test_client())
        browser.sign_in(email)
        assert (REMEDY in browser.open("/desk/summaries").text) is sees


@pytest.mark.parametrize("peer", ["8.8.8.8", "2001:4860:4860::8888"])
def test_what_a_stranger_sends_is_no_proxy(ticking: FlaskClient, caplog: pytest.LogCaptureFixture, peer: str) -> None:
    come(ticking, peer, BY_A_PROXY)
    assert (told(ticking), caplog.records) == ("", [])


def test_a_local_visitor_without_such_headers_is_no_proxy(ticking: FlaskClient) -> None:
    come(ticking, "127.0.0.1", {})
    assert told(ticking) == ""


def test_an_hour_after_the_last_such_request_it_is_forgotten(
    ticking: FlaskClient, db: Database, clock: time_machine.Traveller
) -> None:
    come(ticking, "127.0.0.1", BY_A_PROXY)
    clock.shift(3_601)
    tick(db)
    assert told(ticking) == ""


def test_a_proxy_that_is_trusted_is_as_it_should_be(
    environ: dict[str, str], tmp_path: Path, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    tick(db)
    app = create_app(config.load(environ | {"TRUSTED_PROXIES": "1"}, tmp_path), with_postman=False)
    come(app.test_client(), "127.0.0.1", BY_A_PROXY)
    assert (told(app.test_client()), caplog.records) == ("", [])
    app.extensions["digest"].db.close()


@pytest.mark.usefixtures("clock")
def test_behind_two_proxies_each_reader_counts_by_an_address_of_their_own(
    environ: dict[str, str], settings: Settings, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signup_caps, "PER_NETWORK_HOUR", 1)
    folder = settings.instance_path.parent
    app = create_app(config.load(environ | {"TRUSTED_PROXIES": "2"}, folder), with_postman=False)
    for number in range(3):
        way = {"X-Forwarded-For": f"198.51.{number}.1, 203.0.113.9"}
        app.test_client().post("/subscribe", data={"email": f"reader{number}@example.org"}, headers=way)
    app.extensions["digest"].db.close()
    assert len(mailbox.read()) == 3
