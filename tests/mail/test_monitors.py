"""Alerts and heartbeats reach the operator's own monitors, also while mail is broken."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from unittest.mock import Mock

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from digest import config
from digest.config import Settings
from digest.mail.monitors import ping
from digest.mail.outgoing.interface import Answer, Certainty
from digest.mail.transports import open_transport
from digest.operations.messages.delivering import deliver_waiting
from digest.operations.messages.queue import tell_editors
from digest.operations.shared.context import Work
from digest.storage.base.database import Database
from digest.storage.messages.messages import Message, MessageState
from tests.factories import make_editor
from tests.monitor import Monitor, listening


def waiting_messages(session: Session) -> int:
    """How many messages have not left yet."""
    left = (MessageState.WAITING, MessageState.CLAIMED)
    return session.scalar(select(func.count()).where(Message.state.in_(left))) or 0


@pytest.fixture
def monitor() -> Iterator[Monitor]:
    with listening() as server:
        yield server


@pytest.fixture
def alerting(environ: dict[str, str], settings: Settings, monitor: Monitor) -> Settings:
    return config.load(environ | {"ALERT_URL": monitor.url}, settings.instance_path.parent)


def tell(db: Database, settings: Settings) -> None:
    with db.writing() as session:
        tell_editors(Work(session, settings, datetime.now(UTC)), "The send has stopped", ["Check the key."], None)


def test_an_alert_is_posted_as_json(db: Database, alerting: Settings, monitor: Monitor) -> None:
    tell(db, alerting)
    deliver_waiting(db, alerting, open_transport(alerting), lambda: datetime.now(UTC))
    [heard] = monitor.heard
    assert heard.path == monitor.path
    said = json.loads(heard.body)
    assert re.fullmatch("[0-9a-f]{32}", said.pop("id"))
    assert said == {
        "site": "http://digest.test",
        "heading": "The send has stopped",
        "text": "Check the key.",
        "link": "http://digest.test",
        "cause": "notice",
        "state": "begun",
    }


def test_an_alert_that_is_not_taken_waits(db: Database, alerting: Settings, monitor: Monitor) -> None:
    monitor.status = 500
    tell(db, alerting)
    deliver_waiting(db, alerting, open_transport(alerting), lambda: datetime.now(UTC))
    with db.reading() as session:
        assert waiting_messages(session) == 1


def test_a_monitor_that_takes_nothing_is_logged_once_for_each_cause(
    db: Database, alerting: Settings, monitor: Monitor, caplog: pytest.LogCaptureFixture
) -> None:
    tell(db, alerting)
    tell(db, alerting)

    def try_all(status: int) -> None:
        monitor.status = status
        with db.writing() as session:
            session.execute(update(Message).values(retry_at=0.0))
        deliver_waiting(db, alerting, open_transport(alerting), lambda: datetime.now(UTC))

    for status in (500, 500, 404, 404):
        try_all(status)
    assert [caplog.text.count(f"to ALERT_URL: the monitor answered {status}") for status in (500, 404)] == [1, 1]
    try_all(200)
    assert caplog.text.count("to ALERT_URL: it went, at try 5") == 2
    assert len(monitor.heard) == 10
    assert len({json.loads(heard.body)["id"] for heard in monitor.heard}) == 2


@pytest.mark.parametrize(("monitors_status", "mail"), [(204, Certainty.RETRY), (500, Certainty.ACCEPTED)])
def test_one_way_that_is_broken_keeps_no_alert_from_the_other(
    db: Database, alerting: Settings, monitor: Monitor, monitors_status: int, mail: Certainty
) -> None:
    make_editor(db, "alice@digest.test")
    monitor.status, transport = monitors_status, Mock(wraps=open_transport(alerting))
    transport.send_single.side_effect = lambda _: Answer(mail, detail="away")
    tell(db, alerting)
    deliver_waiting(db, alerting, transport, lambda: datetime.now(UTC))
    with db.reading() as session:
        left = {message.kind: message.state for message in session.scalars(select(Message))}
    assert left == {
        "alert": MessageState.ACCEPTED if monitors_status == 204 else MessageState.WAITING,
        "notice": MessageState.ACCEPTED if mail is Certainty.ACCEPTED else MessageState.WAITING,
    }


def test_no_alert_without_an_address(db: Database, settings: Settings) -> None:
    tell(db, settings)
    with db.reading() as session:
        assert waiting_messages(session) == 0


def test_the_heartbeat_says_what_is_wrong(monitor: Monitor) -> None:
    assert ping(monitor.url) is None
    monitor.status = 404
    assert ping(monitor.url) == "the monitor answered 404"
    assert "could not be reached" in str(ping("http://127.0.0.1:1/"))
    assert [(heard.path, heard.method) for heard in monitor.heard] == [(monitor.path, "GET")] * 2
