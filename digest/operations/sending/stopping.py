"""Stopping a send that runs, and letting it go on: what has not left is held meanwhile."""

from __future__ import annotations

from datetime import datetime

from digest.domain.issues.lifecycle import IssueState
from digest.domain.people.acts import Act
from digest.operations.issues.closing import named
from digest.operations.people import audit
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database
from digest.storage.issues.history import note
from digest.storage.issues.issues import issue_for_change


def stop_send(db: Database, now: datetime, issue_id: int, who: str) -> None:
    """Claim no more batches of this issue; requests in hand are finished. Raises Refused if it is not sending."""
    with db.writing() as session:
        issue = issue_for_change(session, issue_id)
        if issue.state != IssueState.SENDING:
            raise Refused(f"This issue is {issue.state}; there is nothing to stop.")
        if issue.stopped_at is None:
            issue.stopped_at, issue.stopped_by = now, who
            note(session, issue.id, now, who, "stopped the send")
            audit.note_in(session, now, who, Act.STOPPED, named(issue))


def try_again_now(db: Database, now: datetime, issue_id: int, who: str) -> None:
    """Try at once what waits because SendGrid refused the whole send; a stop, and a limit that runs, stay."""
    with db.writing() as session:
        issue = issue_for_change(session, issue_id)
        if issue.state == IssueState.SENDING and issue.paused_because:
            issue.paused_until, issue.paused_because = 0.0, ""
            note(session, issue.id, now, who, "let the send go on")


def resume_send(db: Database, now: datetime, issue_id: int, who: str) -> None:
    """Let a stopped or paused send go on at once. Raises Refused if it is not sending."""
    with db.writing() as session:
        issue = issue_for_change(session, issue_id)
        if issue.state != IssueState.SENDING:
            raise Refused(f"This issue is {issue.state}; there is nothing to go on with.")
        if issue.stopped_at or issue.paused_until:
            issue.stopped_at, issue.stopped_by, issue.paused_until, issue.paused_because = None, "", 0.0, ""
            note(session, issue.id, now, who, "let the send go on")
            audit.note_in(session, now, who, Act.RESUMED, named(issue))
