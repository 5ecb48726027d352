"""Freezing an issue for its readers, sending it, and where its copies are then."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

from digest.config import Settings
from digest.mail.transports import open_transport
from digest.operations.issues.closing import close_issue
from digest.operations.running.sending_now import report
from digest.operations.sending.freezing import Freeze, freeze
from digest.operations.sending.sender import Ending, send_issue
from digest.operations.shared.context import Context, Process
from digest.storage.base.database import Database
from tests.conftest import TUESDAY
from tests.factories import make_issue, make_summary

ALICE = "alice@digest.test"


def freeze_issue(db: Database, settings: Settings, batch_size: int = 1000) -> int:
    """An issue of two summaries, frozen for everyone who reads, in batches of at most that size; returns its id."""
    issue_id = make_issue(db, summary_ids=[make_summary(db, "Court annuls a fine"), make_summary(db, "A second story")])
    close_issue(Context(db, settings, TUESDAY), issue_id, ALICE)
    assert freeze(Context(db, settings, TUESDAY), issue_id, ALICE, batch_size) is Freeze.FROZEN
    return issue_id


def send(db: Database, settings: Settings, issue_id: int, wait: bool = True) -> Ending:
    """Send what can be sent; without `wait` what is to go later is left."""
    with closing(open_transport(settings)) as transport:
        return send_issue(Process(db, settings, transport, lambda: datetime.now(UTC)), issue_id, wait=wait)


def account(db: Database, issue_id: int) -> dict[str, int]:
    """The parts of the issue's account that are not zero; they add up."""
    found = report(db, issue_id)
    assert found.difference == 0
    parts = ("accepted", "failed", "skipped", "unknown", "held", "waiting")
    return {part: getattr(found, part) for part in parts if getattr(found, part)}
