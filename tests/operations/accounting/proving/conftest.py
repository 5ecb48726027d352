"""An issue frozen for sixty; SendGrid may take it without an answer."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from digest.config import Settings
from digest.storage.base.database import Database
from tests.factories import make_readers
from tests.loopback.faults import DropUnanswered
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.loopback.webhook import EventWebhook, flask_post
from tests.operations.accounting.proving.batches import READERS
from tests.reporting import account, both_ways, frozen_issue, send


@pytest.fixture
def environ(environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | both_ways(sendgrid)


@pytest.fixture
def webhook(client: FlaskClient) -> EventWebhook:
    return EventWebhook(flask_post(client))


@pytest.fixture
def issue_id(client: FlaskClient, db: Database, settings: Settings) -> int:  # noqa: ARG001 - the site first
    """An issue frozen for sixty readers in one batch."""
    make_readers(db, settings, READERS)
    return frozen_issue(db, settings)


@pytest.fixture
def unknown(db: Database, settings: Settings, issue_id: int, sendgrid: LoopbackSendGrid) -> int:
    """The same issue, after a request that SendGrid took without an answer."""
    sendgrid.misbehave(DropUnanswered(accept=True))
    send(db, settings, issue_id)
    assert account(db, issue_id) == {"unknown": READERS}
    return issue_id
