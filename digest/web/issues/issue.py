"""The issue's page: what may go on it, what is on it, how it looks, and what can be done with it now."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.operations.issues.week import ensure_issue
from digest.operations.sending.send_status import a_clock_runs
from digest.storage.issues.issues import Issue, current_issue, latest_frozen_issue, taken_dates
from digest.web.issues import issue_actions, issue_choosing, previews
from digest.web.issues.issue_page import board, issue_of, shown
from digest.web.shared.context import here, now, reading, settings, signed_in
from digest.web.shared.desk import desk

__all__ = ["issue_actions", "issue_choosing", "previews"]


@desk.get("/issue")
def issue() -> str:
    """The current issue; where none has been made yet, when there will be one, beside the one that went last."""
    if found := current_issue(reading()):
        return _page(found)
    if last := latest_frozen_issue(reading()):
        return _page(last, **_none_yet())
    return render_template("issues/none.html", **_none_yet())


@desk.post("/issue")
def make_issue() -> Response:
    """Make the current issue without waiting for the clock; if one is there, it stays the only one."""
    ensure_issue(here(), signed_in().email)
    return redirect(url_for("desk.issue"), 303)


@desk.get("/issues")
def issues() -> Response:
    """All issues stand under Reports."""
    return redirect(url_for("desk.reports"))


@desk.get("/issues/<day>")
def issue_on_date(day: str) -> str:
    """The issue of a date."""
    return _page(issue_of(day))


@desk.get("/issues/<day>/progress")
def issue_progress(day: str) -> Response:
    """The part that changes by itself; once the issue has moved on, the whole page is to be loaded again."""
    found = board(issue_of(day))
    if request.args.get("stage") != found.stage:
        return _moved_on(day)
    return make_response(render_template("issues/progress.html", **shown(found)))


def _moved_on(day: str) -> Response:
    """The page of "this week's issue" is another issue's once this one is being sent: one stays with this one."""
    here = url_for("desk.issue_on_date", day=day)
    if urlsplit(request.headers.get("HX-Current-URL", "")).path == url_for("desk.issue"):
        return Response(headers={"HX-Redirect": here})
    return Response(headers={"HX-Refresh": "true"})


def _page(found: Issue, **beside: object) -> str:
    return render_template("issues/issue.html", **shown(board(found)), **beside)


def _none_yet() -> dict[str, object]:
    schedule = settings().schedule
    send_date = schedule.next_send_date(now(), taken_dates(reading()))
    return {
        "cutoff": schedule.spoken(schedule.cutoff_moment(send_date)),
        "goes": schedule.spoken(schedule.send_moment(send_date)),
        "clock_runs": a_clock_runs(reading()),
    }
