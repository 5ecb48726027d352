"""Reports: every issue with its state and account, and one issue's account with its batches and history."""

from __future__ import annotations

from flask import render_template, url_for

from digest.domain.lifecycle import FROZEN
from digest.storage.batches import batches_with_attempts
from digest.storage.deliveries import account_of, accounts_by_counters
from digest.storage.editors import all_editors
from digest.storage.history import history_of
from digest.storage.issues import all_issues
from digest.web.context import reading
from digest.web.desk.blueprint import desk, page_number
from digest.web.desk.issue_page import issue_of

_PAGE = 25


@desk.get("/reports")
def reports() -> str:
    """All issues, the newest date first."""
    every = all_issues(reading())
    pages = max(1, -(-len(every) // _PAGE))
    page = min(page_number(), pages)
    listed = every[(page - 1) * _PAGE : page * _PAGE]
    return render_template(
        "desk/reports/reports.html",
        issues=listed,
        accounts=accounts_by_counters(reading(), [issue for issue in listed if issue.state in FROZEN]),
        page=page,
        pages=pages,
        base=url_for("desk.reports", page=""),
    )


@desk.get("/reports/<day>")
def report(day: str) -> str:
    """Where every copy of one issue is."""
    issue = issue_of(day)
    return render_template(
        "desk/reports/report.html",
        issue=issue,
        frozen=issue.state in FROZEN,
        account=account_of(reading(), issue),
        batches=batches_with_attempts(reading(), issue.id),
        history=history_of(reading(), issue.id),
        names={editor.email: editor.name for editor in all_editors(reading())},
    )
