"""Where a summary goes when it is published: on the earliest issue that is still open, or on the one to come."""

from __future__ import annotations

from sqlalchemy.orm import Session

from digest.domain.issues.calendar import day_and_year
from digest.domain.issues.lifecycle import FROZEN, IssueState
from digest.operations.shared.refusal import Refused
from digest.storage.issues.issues import Issue, current_issue, first_open_issue
from digest.storage.issues.selections import append_selection, issue_carrying, issues_carrying, remove_selection
from digest.storage.writing.summaries import Summary


def place(session: Session, summary: Summary) -> None:
    """Put it on the earliest open issue, unless it is on one; where none is open, let it wait for the next."""
    if issue_carrying(session, summary.id):
        return
    issue = first_open_issue(session)
    if issue:
        append_selection(session, issue.id, summary.id)
    summary.wanted = issue is None


def closed_meanwhile(session: Session, summary: Summary, before: Issue | None) -> Issue | None:
    """The current issue, if it is closed and the summary therefore went on a later one.

    `before` is the issue that carried the summary already.
    """
    carrier, current = issue_carrying(session, summary.id), current_issue(session)
    closed = current if current and current.state == IssueState.CLOSED else None
    return closed if before is None and (carrier is not None or summary.wanted) else None


def leave_open_issues(session: Session, summary_id: int, mailed: str, then: str) -> None:
    """Take it off the issues that are open. Raises Refused for a closed one; for one that went too, if `mailed`, with
    {day} in it, says why.
    """
    for issue in issues_carrying(session, summary_id):
        day = day_and_year(issue.send_date)
        if issue.state in FROZEN:
            if mailed:
                raise Refused(mailed.format(day=day))
            continue
        if issue.state == IssueState.CLOSED:
            raise Refused(f"The issue of {day} is closed and carries this. Reopen the issue, then {then}.")
        remove_selection(session, issue.id, summary_id)
