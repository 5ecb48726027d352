"""/metrics: what a monitor alerts on, for whoever asks this machine directly."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from digest.config import Settings
from digest.operations.issues.closing import close_issue
from digest.operations.issues.week import ensure_issue
from digest.operations.running.metrics import measures
from digest.operations.sending.freezing import freeze
from digest.operations.shared.context import Context
from digest.storage.base.database import Database, database_now
from digest.storage.messages.messages import queue_message
from digest.storage.running.backups import claim_backup, note_backup, note_proof
from digest.storage.running.heartbeats import beat
from tests.conftest import TUESDAY
from tests.factories import make_issue, make_readers, make_summary

FRIDAY = date(2024, 5, 17)
RULES = Path(__file__).parents[3] / "docs" / "monitoring" / "alerts.yml"


@pytest.mark.on_both
def test_a_monitor_reads_how_the_clock_the_issue_and_the_messages_are(
    client: FlaskClient, db: Database, settings: Settings
) -> None:
    ensure_issue(Context(db, settings, TUESDAY))
    with db.writing() as session:
        beat(session, "clock", database_now(session) - 90)
        queue_message(session, TUESDAY, "notice", "alice@digest.test", ("s", "t", "h"))
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    told = {family.name: family.samples[0].value for family in text_string_to_metric_families(answer.text)}
    assert told["digest_up"] == 1
    assert 89 <= told["digest_clock_age_seconds"] < 150
    assert told["digest_next_issue_timestamp_seconds"] == settings.schedule.send_moment(FRIDAY).timestamp()
    assert told["digest_sendgrid_well"] == 1
    assert told["digest_alerts"] == 0


@pytest.mark.parametrize(
    ("headers", "address"),
    [({"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1"), ({"Via": "1.1 proxy"}, "10.0.0.7"), ({}, "93.184.216.34")],
)
def test_strangers_and_whoever_comes_by_a_proxy_find_nothing(
    headers: dict[str, str], address: str, client: FlaskClient
) -> None:
    assert client.get("/metrics", headers=headers, environ_overrides={"REMOTE_ADDR": address}).status_code == 404


def test_every_rule_asks_for_numbers_that_there_are(db: Database, settings: Settings) -> None:
    context = Context(db, settings, TUESDAY)
    make_readers(db, settings, 3)
    issue_id = make_issue(db, FRIDAY, [make_summary(db, "Court annuls fine")])
    close_issue(context, issue_id, "alice@digest.test")
    freeze(context, issue_id, "alice@digest.test")
    ensure_issue(context)
    with db.writing() as session:
        beat(session, "clock", database_now(session))
        claim_backup(session, TUESDAY.date(), "here", TUESDAY, TUESDAY)
        session.flush()
        note_backup(session, TUESDAY.date(), TUESDAY, "somewhere", 1)
        note_proof(session, TUESDAY.date(), TUESDAY)
    there = {each.name for each in measures(context)}
    asked = re.findall(r"expr: (.+)", RULES.read_text())
    assert len(asked) == 6
    assert {name for rule in asked for name in re.findall(r"digest_\w+", rule)} <= there
