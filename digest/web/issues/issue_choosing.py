"""What is on the issue: adding, removing, ordering, and the words around it.

Every change is an ordinary form. Sent by htmx, the answer is the parts of the page that changed instead of a redirect.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.domain.issues.lifecycle import IssueState
from digest.operations.issues import selecting
from digest.operations.shared.refusal import Refused
from digest.storage.issues.issues import Issue
from digest.storage.issues.selections import selected_summaries
from digest.web.issues.issue_page import board, issue_of, shown
from digest.web.shared.context import db, reading, reread
from digest.web.shared.desk import desk

_LARGEST_ID = 2**31 - 1


@desk.post("/issues/<day>/<any(add, remove, up, down, order, words):change>")
def change_issue(day: str, change: str) -> Response:
    """Make one change to an open issue."""
    issue = issue_of(day)
    try:
        _CHANGES[change](issue)
    except Refused as refusal:
        if change == "words" and issue.state == IssueState.OPEN:
            return _words_as_typed(issue.id, str(refusal))
        flash(str(refusal), "warn")
        return _whole_page(day)
    if request.headers.get("HX-Request"):
        return _changed_parts(issue.id)
    if change == "words":
        flash("The words around it are saved.", "good")
    return _whole_page(day)


def _add(issue: Issue) -> None:
    selecting.add_summary(db(), issue.id, _summary_id())


def _remove(issue: Issue) -> None:
    selecting.remove_summary(db(), issue.id, _summary_id())


def _up(issue: Issue) -> None:
    _shift(issue, -1)


def _down(issue: Issue) -> None:
    _shift(issue, +1)


def _order(issue: Issue) -> None:
    selecting.order_summaries(db(), issue.id, request.form.getlist("order", type=int))


def _words(issue: Issue) -> None:
    form = request.form
    selecting.write_around(
        db(), issue.id, form.get("subject", ""), form.get("preheader", ""), form.get("introduction", "")
    )


_CHANGES: dict[str, Callable[[Issue], None]] = {
    "add": _add,
    "remove": _remove,
    "up": _up,
    "down": _down,
    "order": _order,
    "words": _words,
}


def _shift(issue: Issue, step: int) -> None:
    order = [summary.id for summary in selected_summaries(reading(), issue.id)]
    summary_id = _summary_id()
    if summary_id in order:
        place = order.index(summary_id)
        order.insert(max(0, place + step), order.pop(place))
    selecting.order_summaries(db(), issue.id, order)


def _summary_id() -> int:
    summary_id = request.form.get("summary", 0, int)
    return summary_id if 0 < summary_id <= _LARGEST_ID else abort(400)


def _words_as_typed(issue_id: int, refusal: str) -> Response:
    """The words in their form as they were sent, with what is to be mended: no editor types an introduction twice."""
    found = board(reread().get_one(Issue, issue_id))
    typed = {name: request.form.get(name, "") for name in ("subject", "preheader", "introduction")}
    if request.headers.get("HX-Request"):  # htmx puts only what it gets as 200 in place
        return make_response(render_template("issues/words.html", typed=typed, refusal=refusal, **shown(found)))
    return make_response(render_template("issues/issue.html", typed=typed, refusal=refusal, **shown(found)), 422)


def _changed_parts(issue_id: int) -> Response:
    """The part that the form named as its target, and beside it all others that may have changed with it."""
    found = board(reread().get_one(Issue, issue_id))
    target = "words" if request.headers.get("HX-Target") == "words" else "picks"
    moved = request.form.get("summary", 0, int)
    page = render_template("issues/changed.html", target=target, saved=target == "words", moved=moved, **shown(found))
    return make_response(page, 200, {"HX-Trigger": "issue-changed"})


def _whole_page(day: str) -> Response:
    if request.headers.get("HX-Request"):
        return Response(headers={"HX-Refresh": "true"})
    return redirect(url_for("desk.issue_on_date", day=day), 303)
