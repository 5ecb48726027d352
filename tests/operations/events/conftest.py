"""An issue that went to Alice and to Bob; SendGrid reports what became of it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from digest.config import Settings
from digest.storage.base.database import Database
from tests.factories import make_subscriber
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.loopback.webhook import EventWebhook, flask_post
from tests.reporting import both_ways, frozen_issue, send


@pytest.fixture
def environ(environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | both_ways(sendgrid)


@pytest.fixture
def webhook(client: FlaskClient) -> EventWebhook:
    return EventWebhook(flask_post(client))


@pytest.fixture
def issue_id(client: FlaskClient, db: Database, settings: Settings) -> int:  # noqa: ARG001 - the site first
    """An issue that went to Alice and to Bob."""
    make_subscriber(db, settings, "Alice@Example.org")
    make_subscriber(db, settings, "bob@example.org")
    issue_id = frozen_issue(db, settings)
    send(db, settings, issue_id)
    return issue_id
