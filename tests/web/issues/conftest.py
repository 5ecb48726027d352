"""Alice before Friday's issue with three summaries on it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from digest.storage.base.database import Database
from tests.factories import make_issue, make_summary
from tests.web.browser import Browser
from tests.web.issues.week import FRIDAY


@pytest.fixture
def writer(alice: Browser) -> FlaskClient:
    """Alice, signed in; her browser itself."""
    return alice.client


@pytest.fixture
def three(db: Database) -> list[int]:
    """Friday's issue with three summaries on it."""
    ids = [make_summary(db, title) for title in ("Court annuls fine", "Airline fined", "Consent rewritten")]
    make_issue(db, FRIDAY, ids, introduction="A week of courts.")
    return ids
