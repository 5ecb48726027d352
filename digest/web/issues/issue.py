"""The issue's page: what may go on it, what is on it, how it looks, and what can be done with it now."""

from __future__ import annotations

from contextlib import suppress

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.operations.issues.week import ensure_issue
from digest.operations.shared.context import Context
from digest.storage.base.patience import Busy
from digest.storage.issues.issues import Issue, current_issue, latest_frozen_issue
from digest.web.issues import issue_actions, issue_choosing, previews
from digest.web.issues.issue_page import board, issue_of, shown
from digest.web.shared.context import db, now, reread, settings
from digest.web.shared.desk import desk

__all__ = ["issue_actions", "issue_choosing", "previews"]


@desk.get("/issue")
def issue() -> str | Response:
    """The current issue; there always is one, unless the database is too busy to make it."""
    with suppress(Busy):
        ensure_issue(Context(db().at_once(), settings(), now()))
    session = reread()
    found = current_issue(session) or latest_frozen_issue(session)
    return _page(found) if found else redirect(url_for("desk.reports"))


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
        return Response(headers={"HX-Refresh": "true"})
    return make_response(render_template("issues/progress.html", **shown(found)))


def _page(found: Issue) -> str:
    return render_template("issues/issue.html", **shown(board(found)))
