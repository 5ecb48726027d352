"""Reports: every issue with its state and account, and one issue's account with its batches, decisions and history."""

from __future__ import annotations

from flask import Response, make_response, render_template, request, url_for

from digest.domain.issues.lifecycle import FROZEN, IssueState
from digest.operations.accounting.account_files import account_as_csv
from digest.operations.sending.send_status import send_status_of
from digest.storage.accounting.account_lines import skips_in
from digest.storage.accounting.accounts import Account, account_of, accounts_by_counters
from digest.storage.accounting.outcomes import latest_outcomes
from digest.storage.accounting.settlements import decisions_of, settlements_of
from digest.storage.accounting.unsettled import unsettled_batches
from digest.storage.base.database import database_now
from digest.storage.events.delivery_status import statuses_in
from digest.storage.issues.history import history_of
from digest.storage.issues.issues import Issue, all_issues
from digest.storage.people.editors import all_editors
from digest.storage.sending.attempts import attempts_at, batches_page
from digest.storage.sending.batches import BatchState, batches_in
from digest.web.accounting.charts import charts
from digest.web.issues.issue_page import issue_of, stage_of
from digest.web.shared.context import db, now, reading, settings
from digest.web.shared.desk import desk, page_number
from digest.web.shared.security import admins_only

_PAGE = 25
_BATCHES = 50
_DECISIONS = 50
_CHARTED = 26
"""How many issues the charts show: half a year of weeks."""


@desk.get("/reports")
def reports() -> str:
    """All issues, the newest date first."""
    every = [issue for issue in all_issues(reading()) if issue.imported_at is None]
    pages = max(1, -(-len(every) // _PAGE))
    page = min(page_number(), pages)
    listed = every[(page - 1) * _PAGE : page * _PAGE]
    return render_template(
        "accounting/reports.html",
        issues=listed,
        accounts=accounts_by_counters(reading(), [issue for issue in listed if issue.state in FROZEN]),
        outbox=settings().mail_transport == "outbox",
        page=page,
        pages=pages,
        base=url_for("desk.reports", page=""),
    )


@desk.get("/reports/over-time")
def over_time() -> str:
    """What became of the last issues: the account, bounces, complaints, leavers."""
    outcomes = latest_outcomes(reading(), _CHARTED)
    return render_template("accounting/over_time.html", outcomes=outcomes, charts=charts(outcomes))


@desk.get("/reports/<day>")
def report(day: str) -> str:
    """Where every copy of one issue is. Counted copy by copy once it is sent, or when asked; else by its batches."""
    issue = issue_of(day)
    counted = issue.state == IssueState.SENT or "count" in request.args
    total = batches_in(reading(), issue.id, *BatchState)
    pages = max(1, -(-total // _BATCHES))
    page = min(page_number(), pages)
    batches = batches_page(reading(), issue.id, page, _BATCHES)
    batch_ids = [batch.id for batch in batches]
    return render_template(
        "accounting/report.html",
        **_figures(issue, counted),
        frozen=issue.state in FROZEN,
        counted=counted,
        statuses=statuses_in(reading(), issue.id) if counted else None,
        outbox=settings().mail_transport == "outbox",
        events_come=settings().mail_transport == "sendgrid" and bool(settings().sendgrid_webhook_key),
        batches=batches,
        attempts=attempts_at(reading(), batch_ids),
        settlements=settlements_of(reading(), batch_ids),
        skips=skips_in(reading(), [batch.id for batch in batches if batch.skipped]),
        decisions=decisions_of(reading(), issue.id, _DECISIONS),
        history=history_of(reading(), issue.id),
        zone=settings().schedule.zone.key,
        total=total,
        page=page,
        pages=pages,
        base=url_for("desk.report", day=day, count=1 if "count" in request.args else None, page=""),
    )


@desk.get("/reports/<day>/live")
def report_live(day: str) -> Response:
    """The part that changes by itself; once the issue has moved on, the whole page is to be loaded again."""
    issue = issue_of(day)
    figures = _figures(issue, counted=False)
    if request.args.get("stage") != figures["stage"]:
        return Response(headers={"HX-Refresh": "true"})
    return make_response(render_template("accounting/live.html", **figures))


@desk.get("/reports/<day>.csv")
def report_csv(day: str) -> Response:
    """The account, a row a reader; it holds addresses."""
    admins_only()
    issue = issue_of(day)
    return Response(
        account_as_csv(db(), issue.id),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="digest-{issue.send_date}.csv"'},
    )


def _figures(issue: Issue, counted: bool) -> dict[str, object]:
    account: Account = account_of(reading(), issue) if counted else accounts_by_counters(reading(), [issue])[issue.id]
    paused = issue.paused_until > database_now(reading())
    return {
        "issue": issue,
        "account": account,
        "stage": stage_of(issue, now(), settings().schedule.send_moment(issue.send_date), paused).value,
        "send_status": send_status_of(reading(), issue),
        "names": {editor.email: editor.name for editor in all_editors(reading())},
        "live": issue.state == IssueState.SENDING and not counted,
        "first_doubt": next(iter(unsettled_batches(reading(), issue.id, most=1)), None),
    }
