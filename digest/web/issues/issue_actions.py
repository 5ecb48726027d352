"""What an editor can do with an issue: approve, reopen, hold, release, move, skip, send now, stop, resume, test.

What can't be taken back asks once, on a page of its own that names the number of readers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.domain.issues.calendar import day_and_year
from digest.domain.issues.lifecycle import IssueState
from digest.operations.issues import closing, gone, holding, week, wording
from digest.operations.sending import stopping
from digest.operations.sending.send_status import a_clock_runs
from digest.operations.shared.refusal import Refused
from digest.storage.issues.issues import Issue
from digest.storage.sending.batches import unclaimed_copies
from digest.web.issues.issue_choosing import typed_words, words_as_typed
from digest.web.issues.issue_page import Board, Stage, board, issue_of, shown
from digest.web.shared import forms
from digest.web.shared.context import db, here, now, reread, settings, signed_in
from digest.web.shared.desk import desk
from digest.web.shared.security import senders_only

_FARTHEST = timedelta(days=366)
_WITHOUT_A_CLOCK = "when the clock runs again, or by “digest send”"

_ASKED = {
    "gone": "issues/gone.html",
    "skip": "issues/skip.html",
    "send-now": "issues/send_now.html",
    "stop": "issues/stop.html",
    "move": "issues/move.html",
    "release": "issues/release.html",
}


@desk.get("/issues/<day>/<any(gone, skip, 'send-now', stop, move, release):action>")
def ask_about_issue(day: str, action: str) -> str:
    """Ask once, in words."""
    senders_only()
    found = board(issue_of(day))
    as_it_went = gone.is_as_it_went(found.issue, found.closing)
    return render_template(_ASKED[action], as_it_went=as_it_went, **shown(found))


@desk.post(
    "/issues/<day>/<any(approve, reopen, hold, release, gone, skip, move, 'send-now', 'cancel-send-now',"
    " stop, resume, test):action>"
)
def act_on_issue(day: str, action: str) -> Response:
    """Do it, and say what that means; or say why not."""
    if action not in _ANYBODYS:
        senders_only()
    issue = issue_of(day)
    if action == "approve" and (answer := _save_words(issue)):
        return answer
    try:
        words = _ACTIONS[action](issue)
    except Refused as refusal:
        flash(str(refusal), "warn")
    else:
        flash(words, "good")
    moved = reread().get_one(Issue, issue.id).send_date
    there = url_for("desk.issue_on_date", day=moved)
    if request.headers.get("HX-Request"):
        return Response(headers={"HX-Redirect": there})
    return redirect(there, 303)


_ANYBODYS = ("cancel-send-now", "test")
"""What any editor may do: calling a send back is always safe, and a test goes to nobody else."""


def _save_words(issue: Issue) -> Response | None:
    """Keep what is typed around the items before the issue closes with it; the form again, where it can't be kept."""
    if "subject" not in request.form or issue.state != IssueState.OPEN:
        return None
    try:
        wording.write_around(db(), issue.id, typed_words(), forms.line("seen"))
    except Refused as refusal:
        return words_as_typed(issue.id, f"Nor is it approved. {refusal}")
    return None


def _approve(issue: Issue) -> str:
    closing.close_issue(here(), issue.id, _who(), forms.line("override"))
    return "Approved: it is closed as it stands, and the proof is on its way to the editors."


def _reopen(issue: Issue) -> str:
    closing.reopen_issue(here(), issue.id, _who())
    return "The issue is open again. Approve it once more when it is ready: the new proof shows what changed."


def _hold(issue: Issue) -> str:
    holding.hold_issue(db(), now(), issue.id, _who())
    return "On hold. It does not go until someone releases it."


def _release(issue: Issue) -> str:
    holding.release_issue(here(), issue.id, _who(), forms.line("override"))
    return "Released."


def _gone(issue: Issue) -> str:
    gone.call_it_gone(here(), issue.id, _who())
    return "Readers have it: it is among the past issues, and nothing of it is sent."


def _skip(issue: Issue) -> str:
    because = forms.line("because")[:300].rstrip(". ") or "no reason was given"
    week.skip_issue(here(), issue.id, _who(), because)
    return "Skipped. Nothing is sent; what was on it can be chosen again."


def _move(issue: Issue) -> str:
    send_date = _date(forms.line("date"))
    week.move_issue(here(), issue.id, send_date, _who())
    moved = reread().get_one(Issue, issue.id)
    cutoff = settings().schedule.spoken(closing.cutoff_of(settings(), moved))
    return f"Moved to {send_date:%A} {day_and_year(send_date)}. Its cut-off is {cutoff}."


def _send_now(issue: Issue) -> str:
    at = week.send_now(here(), issue.id, _who(), forms.line("override"))
    if not a_clock_runs(reread()):
        return f"Asked for, but no clock runs: it goes {_WITHOUT_A_CLOCK}. Until then anyone on the desk can cancel it."
    return f"It goes at {settings().schedule.local(at):%H:%M}. Anyone on the desk can cancel it until then."


def _cancel_send_now(issue: Issue) -> str:
    week.cancel_send_now(db(), now(), issue.id, _who())
    return _what_comes_instead(board(reread().get_one(Issue, issue.id)))


def _stop(issue: Issue) -> str:
    stopping.stop_send(db(), now(), issue.id, _who())
    left = unclaimed_copies(reread(), issue.id)
    if not left:
        return "Stopped. Requests in hand are finished; no copy is left to hold back."
    waits = f"the {left:,} copies that have not left wait" if left != 1 else "the one copy that has not left waits"
    return f"Stopped. Requests in hand are finished; {waits} until someone resumes the send."


def _resume(issue: Issue) -> str:
    stopping.resume_send(db(), now(), issue.id, _who())
    return "The send goes on." if a_clock_runs(reread()) else f"Resumed. The send goes on {_WITHOUT_A_CLOCK}."


def _test(issue: Issue) -> str:
    closing.send_test(here(), issue.id, signed_in())
    return f"A test is on its way to {signed_in().email}."


_ACTIONS: dict[str, Callable[[Issue], str]] = {
    "approve": _approve,
    "reopen": _reopen,
    "hold": _hold,
    "release": _release,
    "gone": _gone,
    "skip": _skip,
    "move": _move,
    "send-now": _send_now,
    "cancel-send-now": _cancel_send_now,
    "stop": _stop,
    "resume": _resume,
    "test": _test,
}


def _what_comes_instead(found: Board) -> str:
    """What becomes of an issue whose "send now" was cancelled."""
    at = settings().schedule.spoken(found.send_at)
    if found.issue.on_hold:
        return "Cancelled: it is on hold, and does not go until someone releases it."
    if found.stage is Stage.LATE:
        return "Cancelled: over 24 hours late, it does not go by itself. Send it now, move it or skip it."
    if found.due:
        when = "by the clock, within seconds" if found.send_status.clock_runs else _WITHOUT_A_CLOCK
        goes = f"It goes {when}."
        if found.too_few:
            goes = f"{found.too_few}: it is skipped when the clock looks at it next."
        return f"Cancelled, but its moment was {at}. {goes} Put it on hold to prevent that."
    if found.too_few:
        return f"Cancelled: it does not go now. {found.too_few}: unless more are added, it is skipped on {at}."
    return "Cancelled: it does not go now. It stays closed, and goes at its moment; reopen it to change it."


def _date(text: str) -> date:
    try:
        send_date = date.fromisoformat(text)
    except ValueError:
        raise Refused("Choose a date; typed, it looks like 2024-05-17.") from None
    if abs(send_date - now().date()) > _FARTHEST:
        raise Refused("Choose a date within a year from now.")
    return send_date


def _who() -> str:
    return signed_in().email
