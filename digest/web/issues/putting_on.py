"""A summary's own way on to the issue: what its page on the desk says and offers, and the act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from digest.domain.issues.calendar import day_and_year
from digest.domain.issues.lifecycle import BEFORE_SENDING
from digest.operations.issues import selecting
from digest.operations.issues.week import ensure_issue
from digest.operations.shared.refusal import Refused
from digest.storage.issues.issues import first_open_issue
from digest.storage.issues.selections import issues_carrying
from digest.storage.writing.summaries import Summary, summary_by_id
from digest.web.shared.context import db, here, reading, reread, signed_in
from digest.web.shared.desk import ROW_ID, desk


@dataclass(frozen=True)
class PuttingOn:
    """Where a summary is, and the issue that it may go on now."""

    carriers: tuple[date, ...]
    """The dates of the issues that have it, the earliest first."""
    waiting: date | None
    """The one of these that has not gone yet."""
    open_for: date | None
    """The issue that it may be put on, unless that has it already."""


@desk.app_template_global()
def putting_on(summary: Summary) -> PuttingOn:
    """What `issues/_put_on.html` shows of a summary."""
    carriers = issues_carrying(reading(), summary.id)
    waiting = next((issue.send_date for issue in carriers if issue.state in BEFORE_SENDING), None)
    current = first_open_issue(reading())
    offers = current is not None and summary.published_at is not None and waiting is None
    return PuttingOn(
        tuple(issue.send_date for issue in carriers), waiting, current.send_date if current and offers else None
    )


@desk.post(f"/summaries/<{ROW_ID}:summary_id>/put-on")
def put_on_issue(summary_id: int) -> Response:
    """Put a published summary on the earliest issue that is open."""
    if summary_by_id(reading(), summary_id) is None:
        flash("There is no such summary. It may have been deleted.", "warn")
        return redirect(url_for("desk.summaries"), 303)
    ensure_issue(here(), signed_in().email)
    issue = first_open_issue(reread())
    try:
        if issue is None:
            raise Refused("No issue is open. Reopen this week’s, or wait until the next one is made.")
        selecting.add_summary(db(), issue.id, summary_id)
    except Refused as refusal:
        flash(str(refusal), "warn")
    else:
        flash(f"It is on the issue of {day_and_year(issue.send_date)}, as the last item.", "good")
    return redirect(url_for("desk.summary", summary_id=summary_id), 303)
