"""Somebody else writes all the while: readers go on reading, and what they send is kept on the page."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from digest.config import Settings
from digest.operations.readers import consent_wordings
from digest.operations.running.restoring import recover
from digest.operations.shared.context import Context
from digest.operations.shared.links import confirm_url, preferences_url, unsubscribe_url
from digest.storage.base.database import Database
from digest.storage.readers.signups import SignUp
from digest.storage.readers.subscribers import Subscriber, SubscriberState, subscriber_with_address
from tests.conftest import TUESDAY, Mailbox
from tests.factories import make_subscriber, make_summary
from tests.web.readers.doors import ALICE, ask
from tests.web.shared.busy import be_impatient, kept, someone_writes

pytestmark = pytest.mark.on_both


@pytest.fixture(autouse=True)
def impatient(app: Flask) -> None:
    be_impatient(app)


@pytest.fixture
def alice(db: Database, settings: Settings) -> Subscriber:
    return make_subscriber(db, settings, ALICE)


def now_of(db: Database) -> Subscriber:
    with db.reading() as session:
        found = subscriber_with_address(session, ALICE)
        assert found is not None
        return found


def test_a_sign_up_keeps_the_address_and_is_sent_again_by_one_button(
    client: FlaskClient, settings: Settings, mailbox: Mailbox
) -> None:
    with someone_writes(settings):
        answer = ask(client)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Not saved yet" in answer.text and "Traceback" not in answer.text
    assert kept(answer) == {"email": [ALICE]}
    again = client.post("/subscribe", data=kept(answer))
    assert "Check your inbox" in again.text
    assert len(mailbox.to(ALICE)) == 1


def test_whoever_presses_again_is_shown_what_the_consent_record_keeps(
    client: FlaskClient, db: Database, settings: Settings
) -> None:
    with someone_writes(settings):
        asking = ask(client)
    assert consent_wordings.signing_up(settings).text in asking.text
    assert "Send me the Friday digest" in asking.text
    ask(client)
    with db.reading() as session:
        key = session.execute(select(SignUp.key)).scalar_one()
    path = confirm_url(settings, key).removeprefix(settings.site_url)
    with someone_writes(settings):
        confirming = client.post(path)
    assert confirming.status_code == 503
    assert consent_wordings.confirming(settings).text in confirming.text
    assert "Confirm my subscription" in confirming.text


def test_every_address_is_answered_alike(client: FlaskClient, settings: Settings, alice: Subscriber) -> None:
    with someone_writes(settings):
        known, unknown = ask(client, alice.email), ask(client, "bob.b@example.org")
    assert known.text.replace(alice.email, "…") == unknown.text.replace("bob.b@example.org", "…")


def test_chosen_topics_are_kept(client: FlaskClient, db: Database, settings: Settings, alice: Subscriber) -> None:
    make_summary(db, topics=["Courts", "Fines", "Research"])
    path = preferences_url(settings, alice.link_key).removeprefix(settings.site_url)
    with someone_writes(settings):
        answer = client.post(path, data={"topics": ["courts", "fines"]})
    assert answer.status_code == 503
    assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == ("no-store", "strict-origin")
    assert client.post(path, data=kept(answer)).status_code == 200
    assert now_of(db).topics == "courts,fines"


def test_a_mail_programs_button_is_heard_all_the_same(
    client: FlaskClient, db: Database, settings: Settings, alice: Subscriber
) -> None:
    path = unsubscribe_url(settings, alice.link_key).removeprefix(settings.site_url)
    with someone_writes(settings):
        answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert client.post("/unsubscribe/nobody", data={"List-Unsubscribe": "One-Click"}).status_code == 404
    assert (answer.status_code, answer.text) == (200, "You are unsubscribed.\n")
    assert now_of(db).state == SubscriberState.CONFIRMED
    recover(Context(db, settings, TUESDAY))  # as each tick begins
    assert now_of(db).state == SubscriberState.UNSUBSCRIBED
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200


def test_a_program_is_answered_in_its_own_form(client: FlaskClient, settings: Settings) -> None:
    with someone_writes(settings):
        answer = client.post("/subscribe", data={"email": ALICE}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json) == (
        503, {"error": "The database is busy", "remedy": "Try again in a few seconds."}
    )  # fmt: skip


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize("path", ["/", "/news", "/feed.atom", "/sitemap.xml", "/privacy", "/issues"])
def test_pages_are_read_meanwhile(client: FlaskClient, db: Database, settings: Settings, path: str) -> None:
    make_summary(db, "Court annuls a fine")
    with someone_writes(settings):
        assert client.get(path).status_code == 200


def test_the_log_names_the_view_and_no_address(
    client: FlaskClient, settings: Settings, alice: Subscriber, caplog: pytest.LogCaptureFixture
) -> None:
    path = unsubscribe_url(settings, alice.link_key).removeprefix(settings.site_url)
    with someone_writes(settings):
        client.post(path)
    (line,) = [record for record in caplog.records if record.name.startswith("digest")]
    assert line.getMessage().startswith("busy: reader_links.unsubscribe was not done (")
    assert line.exc_info is None
    assert path.rsplit("/", 1)[1] not in line.getMessage()
