"""Skipping an issue: the reason is kept for years, so no reader's address stays in it."""

from __future__ import annotations

from digest.config import Settings
from digest.operations.issues.week import skip_issue
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.issues.history import HistoryEntry
from digest.storage.issues.issues import Issue
from tests.conftest import TUESDAY
from tests.factories import make_issue


def test_an_address_in_the_reason_is_kept_nowhere(db: Database, settings: Settings) -> None:
    issue_id = make_issue(db)
    skip_issue(Context(db, settings, TUESDAY), issue_id, "alice@digest.test", "zoe@example.org complained")
    with db.reading() as session:
        kept = [session.get_one(Issue, issue_id).skipped_because]
        kept += [line.what for line in session.query(HistoryEntry)]
    assert any("complained" in str(words) for words in kept)
    assert not any("zoe@example.org" in str(words) for words in kept)
