"""Friday's issue, as Alice has it before her on Tuesday."""

from __future__ import annotations

import re
from datetime import date

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue, issue_on
from digest.storage.issues.selections import selected_summaries

FRIDAY = date(2024, 5, 17)
PAGE = "/desk/issues/2024-05-17"


def press(
    browser: FlaskClient, action: str, headers: dict[str, str] | None = None, query: str = "", **fields: object
) -> TestResponse:
    """Send one of the page's forms."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(PAGE).text)
    assert token
    return browser.post(f"{PAGE}/{action}{query}", data={"csrf_token": token[1], **fields}, headers=headers)


def the_issue(db: Database, day: date = FRIDAY) -> Issue:
    """The issue as it is stored now."""
    with db.reading() as session:
        found = issue_on(session, day)
        assert found
        return found


def order(db: Database) -> list[int]:
    """What is on it, in its order."""
    with db.reading() as session:
        return [summary.id for summary in selected_summaries(session, the_issue(db).id)]
