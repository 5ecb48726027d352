"""A step towards a send that the clock could not take: its editors hear of it at once, and not a day later."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from digest.domain.issues.calendar import day_and_year
from digest.domain.running.alerts import AlertKind, cause
from digest.domain.shared.stored import UnreadableRecord
from digest.operations.issues.closing import THE_CLOCK
from digest.operations.messages.alerting import Sighting, see_again, sight
from digest.operations.shared.context import Context, Work
from digest.operations.shared.links import desk_issue_url
from digest.operations.shared.refusal import Miscounted, Refused
from digest.storage.base.faults import is_database_away
from digest.storage.issues.history import last_line_beginning, note
from digest.storage.issues.issues import issue_for_change

_IN_OUR_WORDS = (Miscounted, Refused, UnreadableRecord)
"""Errors whose message is written for people. Others may quote rows, and with them readers."""

_QUIET = timedelta(hours=1)
"""After a notice there is no other of the same, even if the step went well since: some fail every other time."""


def tell_of_failed_step(context: Context, issue_id: int, doing: str, error: Exception) -> None:
    """Tell the editors that the clock failed at `doing` (“closing it”) with an issue: once for each kind of error, and
    again once the step has gone well in between.

    The issue's history remembers it, for any number of clocks and restarts. A database that is away or busy is not told
    of: it could not keep the message, and `/health` and the monitors have it.
    """
    if isinstance(error, DBAPIError) and is_database_away(error):
        return
    words = f"failed at {doing} ({type(error).__name__}); each tick tries again"
    with context.db.writing() as session:
        issue = issue_for_change(session, issue_id)
        which = cause(AlertKind.STEP_FAILED, issue.send_date, doing, type(error).__name__)
        if _is_told(context.within(session), issue_id, doing, words):
            see_again(context.within(session), which)
            return
        note(session, issue_id, context.now, THE_CLOCK, words)
        found = Sighting(
            which,
            f"The issue of {day_and_year(issue.send_date)} is stuck: {doing} failed",
            [
                _cause(error),
                "The clock tries again every few seconds, and you are told of this once. If the issue has not gone on "
                "in a few minutes, tell the operator: the log on the server has the whole of it.",
            ],
            ("Open the issue", desk_issue_url(context.settings, issue.send_date)),
        )
        sight(context.within(session), found, is_news=True)


def note_recovery(context: Context, issue_id: int, doing: str) -> None:
    """Note that a step went well again, if its editors were told that it failed. Its next failure is news to them."""
    with context.db.reading() as session:
        if not _lasts(session, issue_id, doing):
            return
    with context.db.writing() as session:
        issue_for_change(session, issue_id)
        if _lasts(session, issue_id, doing):
            note(session, issue_id, context.now, THE_CLOCK, _well(doing))


def _is_told(work: Work, issue_id: int, doing: str, words: str) -> bool:
    told = last_line_beginning(work.session, issue_id, THE_CLOCK, words)
    well = last_line_beginning(work.session, issue_id, THE_CLOCK, _well(doing))
    return told is not None and (well is None or well.id < told.id or work.now - told.at < _QUIET)


def _lasts(session: Session, issue_id: int, doing: str) -> bool:
    failed = last_line_beginning(session, issue_id, THE_CLOCK, f"failed at {doing} (")
    well = last_line_beginning(session, issue_id, THE_CLOCK, _well(doing))
    return failed is not None and (well is None or well.id < failed.id)


def _well(doing: str) -> str:
    return f"succeeded again at {doing}"


def _cause(error: Exception) -> str:
    if isinstance(error, _IN_OUR_WORDS):
        return str(error)
    return f"The program met an error of its own: {type(error).__name__}."
