"""What is on the issue: adding, removing, ordering, taking that back, and the words around it.

Every change is an ordinary form. Sent by htmx, the answer is the parts of the page that changed instead of a redirect;
without, the page comes back at the summary that was moved.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.domain.issues.lifecycle import IssueState
from digest.operations.issues import selecting, wording
from digest.operations.issues.wording import WordsAround
from digest.operations.shared.refusal import Refused
from digest.storage.issues.issues import Issue
from digest.web.issues.issue_page import board, issue_of, shown
from digest.web.issues.looking import asked_for
from digest.web.shared import forms
from digest.web.shared.context import db, reread
from digest.web.shared.desk import desk

_LARGEST_ID = 2**31 - 1


@desk.post("/issues/<day>/<any(add, remove, up, down, top, place, order, undo, words):change>")
def change_issue(day: str, change: str) -> Response:
    """Make one change to an open issue."""
    issue = issue_of(day)
    try:
        moved = _CHANGES[change](issue)
    except Refused as refusal:
        if change == "words" and issue.state == IssueState.OPEN:
            return words_as_typed(issue.id, str(refusal))
        flash(str(refusal), "warn")
        return _whole_page(day)
    if request.headers.get("HX-Request"):
        return _changed_parts(issue.id, change, moved)
    if change == "words":
        flash("The words around it are saved.", "good")
    return _whole_page(day, _ANCHORS.get(change, f"item-{moved}"))


def typed_words() -> WordsAround:
    """The words around the items, as the form has them."""
    form = request.form
    return WordsAround(
        form.get("subject", ""), form.get("preheader", ""), form.get("introduction", ""),
        form.get("closing_note", ""), "by_topic" in form,
    )  # fmt: skip


def words_as_typed(issue_id: int, refusal: str) -> Response:
    """The words in their form as they were sent, with what is to be mended: no editor types an introduction twice."""
    found = board(reread().get_one(Issue, issue_id))
    beside = {"typed": typed_words(), "refusal": refusal, "seen": wording.around(found.issue).mark}
    if request.headers.get("HX-Request"):  # htmx puts only what it gets as 200 in place
        return make_response(render_template("issues/words.html", **beside, **shown(found)))
    return make_response(render_template("issues/issue.html", **beside, **shown(found)), 422)


def _add(issue: Issue) -> int:
    selecting.add_summary(db(), issue.id, _summary_id())
    return _summary_id()


def _remove(issue: Issue) -> int:
    selecting.remove_summary(db(), issue.id, _summary_id())
    return _summary_id()


def _up(issue: Issue) -> int:
    selecting.shift_summary(db(), issue.id, _summary_id(), -1)
    return _summary_id()


def _down(issue: Issue) -> int:
    selecting.shift_summary(db(), issue.id, _summary_id(), +1)
    return _summary_id()


def _top(issue: Issue) -> int:
    selecting.place_summary(db(), issue.id, _summary_id(), 1)
    return _summary_id()


def _place(issue: Issue) -> int:
    """Put the summary whose number was changed at that number."""
    for place, summary_id in enumerate(request.form.getlist("order", type=int), start=1):
        wanted = request.form.get(f"place-{summary_id}", place, int)
        if wanted != place:
            selecting.place_summary(db(), issue.id, summary_id, wanted)
            return summary_id
    return 0


def _order(issue: Issue) -> int:
    selecting.order_summaries(db(), issue.id, request.form.getlist("order", type=int))
    return 0


def _undo(issue: Issue) -> int:
    act = selecting.undo(db(), issue.id)
    return act.summary_id if act else 0


def _words(issue: Issue) -> int:
    wording.write_around(db(), issue.id, typed_words(), forms.line("seen"))
    return 0


_CHANGES: dict[str, Callable[[Issue], int]] = {
    "add": _add,
    "remove": _remove,
    "up": _up,
    "down": _down,
    "top": _top,
    "place": _place,
    "order": _order,
    "undo": _undo,
    "words": _words,
}
_ANCHORS = {"words": "words", "remove": "undo", "order": "picks"}
"""Where on the page one goes on, if not at the summary that was moved."""


def _summary_id() -> int:
    summary_id = request.form.get("summary", 0, int)
    return summary_id if 0 < summary_id <= _LARGEST_ID else abort(400)


def _changed_parts(issue_id: int, change: str, moved: int) -> Response:
    """The part that the form named as its target, and beside it all others that may have changed with it."""
    found = board(reread().get_one(Issue, issue_id))
    target = "words" if request.headers.get("HX-Target") == "words" else "picks"
    page = render_template(
        "issues/changed.html", target=target, saved=target == "words", moved=moved, change=change, **shown(found)
    )
    return make_response(page, 200, {"HX-Trigger": "issue-changed"})


def _whole_page(day: str, anchor: str = "") -> Response:
    if request.headers.get("HX-Request"):
        return Response(headers={"HX-Refresh": "true"})
    asked = urlencode(asked_for().as_query())
    there = url_for("desk.issue_on_date", day=day) + (f"?{asked}" if asked else "") + (f"#{anchor}" if anchor else "")
    return redirect(there, 303)
