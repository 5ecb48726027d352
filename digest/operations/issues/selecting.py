"""Choosing what is on an issue: adding, removing, ordering, and the words around it. Only while it is open."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from digest.domain.issues.lifecycle import IssueState
from digest.domain.issues.manuscript import one_line, several_lines
from digest.domain.writing.markup import fault_in_links
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue, issue_for_change
from digest.storage.issues.selections import append_selection, put_in_order, remove_selection
from digest.storage.writing.summaries import published_summary

LONGEST_LINE = 200
LONGEST_INTRODUCTION = 5_000


def add_summary(db: Database, issue_id: int, summary_id: int) -> None:
    """Put a published summary at the end of the issue."""
    with db.writing() as session:
        _open_issue(session, issue_id)
        if published_summary(session, summary_id) is None:
            raise Refused("This summary is not published. Publish it first, then add it.")
        append_selection(session, issue_id, summary_id)


def remove_summary(db: Database, issue_id: int, summary_id: int) -> None:
    """Take a summary off the issue; it stays in the archive."""
    with db.writing() as session:
        _open_issue(session, issue_id)
        remove_selection(session, issue_id, summary_id)


def order_summaries(db: Database, issue_id: int, summary_ids: Sequence[int]) -> None:
    """Set the order; summaries that someone added meanwhile come last."""
    with db.writing() as session:
        _open_issue(session, issue_id)
        put_in_order(session, issue_id, summary_ids)


def write_around(db: Database, issue_id: int, subject: str, preheader: str, introduction: str) -> None:
    """Set the subject and preheader (empty: the default ones) and the introduction (Markdown). Raises Refused."""
    for name, text in (("subject", subject), ("preheader", preheader)):
        if len(text) > LONGEST_LINE:
            raise Refused(f"The {name} has {len(text)} characters; {LONGEST_LINE} is the most. Shorten it.")
    if len(introduction) > LONGEST_INTRODUCTION:
        raise Refused(f"The introduction has {len(introduction)} characters; {LONGEST_INTRODUCTION} is the most.")
    if fault := fault_in_links(introduction, is_html=False):
        raise Refused(f"Mend a link in the introduction: {fault}")
    with db.writing() as session:
        issue = _open_issue(session, issue_id)
        issue.subject = one_line(subject)
        issue.preheader = one_line(preheader)
        issue.introduction = several_lines(introduction)


def _open_issue(session: Session, issue_id: int) -> Issue:
    issue = issue_for_change(session, issue_id)
    if issue.state != IssueState.OPEN:
        raise Refused(
            "This issue is closed, so what it carries stays as the proof showed it. Reopen it to change it."
            if issue.state == IssueState.CLOSED
            else f"This issue is {issue.state}; it can’t change any more."
        )
    return issue
