"""The door where SendGrid reports: only SendGrid gets in, and whatever it brings, nobody falls over."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from sqlalchemy import text

from digest.app import create_app
from digest.config import Settings
from digest.storage.base.database import Database
from digest.web.events.webhook import LARGEST_BODY
from tests.conftest import TUESDAY
from tests.factories import make_subscriber
from tests.loopback.events import SHAPES, Event, body_of, events_of
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.loopback.webhook import PATH, SIGNATURE, TIMESTAMP, Behaviour, EventWebhook, flask_post
from tests.reporting import both_ways, fates, frozen_issue, send
from tests.web.readers.doors import everything
from tests.web.shared.busy import be_impatient

ALICE = "alice@example.org"


@pytest.fixture
def environ(environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | both_ways(sendgrid)


@pytest.fixture
def webhook(client: FlaskClient) -> EventWebhook:
    return EventWebhook(flask_post(client))


@pytest.fixture
def delivered(client: FlaskClient, db: Database, settings: Settings, sendgrid: LoopbackSendGrid) -> list[Event]:  # noqa: ARG001
    """The report that Alice's copy was delivered."""
    make_subscriber(db, settings, ALICE)
    send(db, settings, frozen_issue(db, settings))
    return list(events_of(sendgrid.accepted, ["delivered"]))


def post(client: FlaskClient, body: bytes, headers: Mapping[str, str]) -> int:
    return client.post(PATH, data=body, headers=dict(headers)).status_code


@pytest.mark.on_both
def test_a_signed_post_is_stored_before_it_is_answered(
    client: FlaskClient, db: Database, webhook: EventWebhook, delivered: list[Event]
) -> None:
    body = body_of(delivered)
    assert body.endswith(b"]\r\n")
    answer = client.post(PATH, data=body, headers=webhook.signed(body))
    assert (answer.status_code, answer.data) == (204, b"")
    assert fates(db)[ALICE][0] == "delivered"


def test_it_needs_no_form_token_and_sets_no_cookie(
    client: FlaskClient, webhook: EventWebhook, delivered: list[Event]
) -> None:
    body = body_of(delivered)
    for headers in (webhook.signed(body), {}):
        answer = client.post(PATH, data=body, headers=headers)
        assert answer.status_code in (204, 403)
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
    assert client.get(PATH).status_code == 405


def test_an_unsigned_or_foreign_post_is_refused(
    client: FlaskClient, db: Database, webhook: EventWebhook, delivered: list[Event]
) -> None:
    before = everything(db)
    body = body_of(delivered)
    good = webhook.signed(body)
    for headers in (
        {},
        {SIGNATURE: good[SIGNATURE]},
        {TIMESTAMP: good[TIMESTAMP]},
        good | {SIGNATURE: "not base64!"},
        good | {SIGNATURE: good[SIGNATURE][:-4]},
        good | {SIGNATURE: ""},
        good | {SIGNATURE: "ä" * 96},
        good | {TIMESTAMP: str(int(good[TIMESTAMP]) + 1)},
        good | {TIMESTAMP: "ä"},
    ):
        answer = client.post(PATH, data=body, headers=headers)
        assert answer.status_code == 403
        assert "igned" in answer.text or "signature" in answer.text
    assert webhook.tell(delivered, Behaviour.FORGED) == [403]
    assert everything(db) == before


@pytest.mark.parametrize("part", ["body", "signature", "timestamp"])
def test_one_flipped_bit_anywhere_is_refused(
    client: FlaskClient, db: Database, webhook: EventWebhook, delivered: list[Event], part: str
) -> None:
    before = everything(db)
    body = body_of(delivered)
    headers = webhook.signed(body)
    whole = {"body": body, "signature": headers[SIGNATURE].encode(), "timestamp": headers[TIMESTAMP].encode()}[part]
    for bit in range(0, len(whole) * 8, 29 if part == "body" else 1):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        if part == "body":
            assert post(client, bytes(flipped), headers) == 403
        elif 10 not in flipped and 13 not in flipped:  # no header can hold a line's end
            name = SIGNATURE if part == "signature" else TIMESTAMP
            assert post(client, body, headers | {name: flipped.decode("latin-1")}) == 403
    assert everything(db) == before


def test_a_post_from_yesterday_counts_and_an_older_one_does_not(
    db: Database, webhook: EventWebhook, delivered: list[Event], clock: time_machine.Traveller
) -> None:
    webhook.tell(delivered, Behaviour.LATE)
    assert webhook.release() == [204]
    before = everything(db)
    clock.shift(timedelta(hours=24, minutes=59))
    assert webhook.replay() == [204]
    clock.shift(timedelta(minutes=2))
    assert webhook.replay() == [403, 403]
    clock.move_to(TUESDAY - timedelta(minutes=6))
    assert set(webhook.replay()) == {403}
    assert everything(db) == before


def test_a_body_that_is_too_large_is_refused(client: FlaskClient, webhook: EventWebhook) -> None:
    body = b"[" + b" " * LARGEST_BODY + b"]"
    answer = client.post(PATH, data=body, headers=webhook.signed(body))
    assert answer.status_code == 413
    fitting = b"[" + b" " * (LARGEST_BODY - 2) + b"]"
    assert post(client, fitting, webhook.signed(fitting)) == 204


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"[", b"\xff", b"[" * 100_000, b"1" * 5_000])
def test_a_signed_body_that_is_no_array_is_told_so(client: FlaskClient, webhook: EventWebhook, body: bytes) -> None:
    answer = client.post(PATH, data=body, headers=webhook.signed(body))
    assert answer.status_code == 400
    assert "no array of events" in answer.text


hostile = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.on_both
@given(st.data())
@how(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_signed_event_holds_it_is_taken_or_left(
    client: FlaskClient, webhook: EventWebhook, delivered: list[Event], data: st.DataObject
) -> None:
    [event] = delivered
    event = event | SHAPES[data.draw(st.sampled_from(sorted(SHAPES)))]
    for name in data.draw(st.lists(st.sampled_from(sorted(event)), max_size=4)):
        event[name] = data.draw(hostile)
    body = json.dumps([event, data.draw(hostile)]).encode()
    assert post(client, body, webhook.signed(body)) == 204


def test_without_a_key_the_door_is_shut_with_a_word_why(settings: Settings, delivered: list[Event]) -> None:
    object.__setattr__(settings, "sendgrid_webhook_key", "")
    shut = create_app(settings, with_postman=False)
    answer = shut.test_client().post(PATH, data=body_of(delivered))
    shut.extensions["digest"].db.close()
    assert answer.status_code == 404
    assert "SENDGRID_WEBHOOK_KEY is not set" in answer.text


@pytest.mark.on_both
def test_what_can_not_be_stored_is_asked_for_again(
    db: Database, webhook: EventWebhook, delivered: list[Event], caplog: pytest.LogCaptureFixture
) -> None:
    with db.writing() as session:
        session.execute(text("ALTER TABLE deliveries RENAME TO away"))
    with caplog.at_level(logging.ERROR):
        assert webhook.tell(delivered) == [503]
    assert "could not be stored" in caplog.text
    assert ALICE not in caplog.text
    with db.writing() as session:
        session.execute(text("ALTER TABLE away RENAME TO deliveries"))
    assert webhook.replay() == [204]
    assert fates(db)[ALICE][0] == "delivered"


def test_a_journal_that_can_not_be_written_keeps_the_suppression_out(
    db: Database, settings: Settings, webhook: EventWebhook, delivered: list[Event]
) -> None:
    (settings.instance_path / "journal.jsonl").mkdir()
    before = everything(db)
    assert webhook.tell([delivered[0] | SHAPES["bounce"]]) == [503]
    assert everything(db) == before
    (settings.instance_path / "journal.jsonl").rmdir()
    assert webhook.replay() == [204]
    assert fates(db)[ALICE][0] == "bounced"


@pytest.mark.on_both
def test_no_address_reaches_a_log_and_one_line_tells_of_a_post(
    webhook: EventWebhook, delivered: list[Event], caplog: pytest.LogCaptureFixture
) -> None:
    stranger = {"email": "mallory@example.org", "event": "bounce", "reason": "550 <mallory@example.org> no"}
    with caplog.at_level(logging.DEBUG, logger="digest"):
        webhook.tell([delivered[0] | SHAPES[name] for name in SHAPES] + [stranger])
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("digest")]
    told, suspended = lines  # a line a POST, and one for the account, of which it tells too
    assert told == "14 events from SendGrid: 4 changes"
    assert suspended.startswith("SendGrid has suspended the account")


def test_whether_a_reader_opened_it_is_stored_nowhere(
    db: Database, webhook: EventWebhook, delivered: list[Event]
) -> None:
    before = everything(db)
    webhook.tell([delivered[0] | SHAPES["open"], delivered[0] | SHAPES["click"]])
    assert everything(db) == before
    webhook.tell([delivered[0] | SHAPES["delivered"] | {"useragent": "planted", "ip": "203.0.113.9"}])
    assert "planted" not in repr(everything(db))
    assert "203.0.113.9" not in repr(everything(db))


def test_the_webhook_is_the_only_door_of_its_room(app: Flask) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if str(rule.endpoint).startswith("events.")]
    assert [(rule.rule, sorted(rule.methods or ())) for rule in rules] == [(PATH, ["OPTIONS", "POST"])]


@pytest.mark.only_on("sqlite")
def test_a_database_that_is_busy_for_too_long_is_a_503(
    client: FlaskClient, db: Database, webhook: EventWebhook, delivered: list[Event]
) -> None:
    be_impatient(client.application)
    with db.writing() as session:
        session.execute(text("SELECT 1"))  # from here on, the lock is taken
        assert webhook.tell(delivered) == [503]
    assert webhook.replay() == [204]
