"""An issue's week: making the next one, holding, releasing, moving, skipping, sending now.

Each is one transaction that looks at the issue again under its lock, so that two people and a clock can act at once.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.issues.calendar import day_and_year
from digest.domain.issues.lifecycle import IssueFacts, IssueState, Step, next_step
from digest.domain.people.acts import Act
from digest.domain.running.alerts import AlertKind, cause
from digest.operations.issues.closing import THE_CLOCK, close, cutoff_of, named
from digest.operations.issues.holding import not_yet_sending
from digest.operations.messages.alerting import Sighting, sight
from digest.operations.messages.queue import tell_editors
from digest.operations.people import audit
from digest.operations.shared.context import Context, Work
from digest.operations.shared.links import desk_issue_url
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database
from digest.storage.issues.history import note
from digest.storage.issues.issues import (
    Issue,
    issue_for_change,
    issue_on,
    last_closing,
    taken_dates,
    unsent_issues,
)
from digest.storage.issues.selections import append_selection, selected_count
from digest.storage.readers.subscribers import audience_size
from digest.storage.writing.summaries import wanted_summaries

THE_PROGRAM = "Digest"
"""Who made an issue because something else needed one, where the caller does not say who asked."""

SEND_NOW_WAIT = timedelta(minutes=5)


def ensure_issue(context: Context, who: str = THE_PROGRAM) -> None:
    """Make the next issue unless one with its send moment ahead is there. Two clocks at once make one."""
    with context.db.reading() as session:
        if _one_lies_ahead(context.within(session)):
            return
    try:
        with context.db.writing() as session:
            make_next_issue(context.within(session), who)
    except IntegrityError:
        return  # another process has just made it: the date is unique


def make_next_issue(work: Work, who: str) -> None:
    """Make the issue for the next free send moment, unless one lies ahead; it begins with what was wanted for it."""
    taken = taken_dates(work.session)  # read first: an issue that another clock makes after this has the same date
    if _one_lies_ahead(work):
        return
    send_date = work.settings.schedule.next_send_date(work.now, taken)
    issue = Issue(send_date=send_date, slot=send_date, created_at=work.now)
    work.session.add(issue)
    work.session.flush()
    for summary in wanted_summaries(work.session):
        append_selection(work.session, issue.id, summary.id)
        summary.wanted = False
    note(work.session, issue.id, work.now, who, "made it")


def step_of(work: Work, issue: Issue) -> Step:
    """What this moment asks of the issue."""
    return next_step(facts_of(work.session, work.settings, issue), work.now, work.settings.minimum_items)


def facts_of(session: Session, settings: Settings, issue: Issue) -> IssueFacts:
    """What the clock must know of the issue."""
    return IssueFacts(
        state=IssueState(issue.state),
        on_hold=issue.on_hold,
        left_open=issue.reopened_at is not None,
        reminded=issue.reminded_at is not None,
        missed=issue.missed_at is not None,
        send_at=settings.schedule.send_moment(issue.send_date),
        cutoff_at=cutoff_of(settings, issue),
        send_now_at=issue.send_now_at,
        items=selected_count(session, issue.id),
    )


def skip_issue(context: Context, issue_id: int, who: str, because: str) -> None:
    """Send nothing for this issue: its summaries are candidates again, the editors are told once. Raises Refused."""
    with context.db.writing() as session:
        issue = not_yet_sending(session, issue_id)
        skip(context.within(session), issue, who, because)


def skip(work: Work, issue: Issue, who: str, because: str) -> None:
    """`skip_issue` in the caller's transaction."""
    because = audit.without_readers(because)
    issue.state = IssueState.SKIPPED
    issue.skipped_at, issue.skipped_because = work.now, because
    note(work.session, issue.id, work.now, who, f"skipped it: {because}")
    audit.note(work, who, Act.SKIPPED, f"{named(issue)}: {because}")
    tell_editors(
        work, f"No digest on {day_and_year(issue.send_date)}",
        [f"The issue of {issue.send_date:%A} {day_and_year(issue.send_date)} was skipped by {who}: {because}.",
         "What was on it can be chosen again for another issue."],
        ("Open the desk", desk_issue_url(work.settings, issue.send_date)),
    )  # fmt: skip
    work.session.flush()
    make_next_issue(work, who)


def move_issue(context: Context, issue_id: int, send_date: date, who: str) -> None:
    """Give an issue another date. A closed one opens again if its new cut-off lies ahead, else it is closed anew with
    a new proof. Raises Refused for a date that is past or taken.
    """
    schedule = context.settings.schedule
    with context.db.writing() as session:
        issue = not_yet_sending(session, issue_id)
        if schedule.send_moment(send_date) <= context.now:
            raise Refused(f"{day_and_year(send_date)} at {schedule.send.at:%H:%M} has passed. Choose a later date.")
        other = issue_on(session, send_date)
        if other is not None and other.id != issue.id:
            raise Refused(
                f"{day_and_year(send_date)} has an issue already. Choose another date, or move that one first."
            )
        before, issue.send_date = issue.send_date, send_date
        issue.cutoff_at = None if send_date == issue.slot else schedule.cutoff_after_move(send_date, context.now)
        issue.missed_at = issue.reminded_at = issue.send_now_at = None
        note(session, issue.id, context.now, who, f"moved it from {day_and_year(before)} to {day_and_year(send_date)}")
        moved = f"issue of {before.isoformat()} to {send_date.isoformat()}"
        audit.note(context.within(session), who, Act.MOVED, moved)
        session.flush()
        if cutoff_of(context.settings, issue) > context.now:
            issue.reopened_at = None
        if issue.state == IssueState.CLOSED:
            _close_anew(context.within(session), issue, who)
        make_next_issue(context.within(session), who)


def send_now(context: Context, issue_id: int, who: str, override: str = "") -> datetime:
    """Send an issue in five minutes, which anyone on the desk can cancel; returns when. Closes it first if it is
    open. Raises Refused on hold, when pre-flight blocks it, and when nobody would get it.
    """
    with context.db.writing() as session:
        issue = not_yet_sending(session, issue_id)
        if issue.on_hold:
            raise Refused("This issue is on hold. Release it first.")
        if not audience_size(session):
            raise Refused("No reader would get it: there is no confirmed subscriber yet.")
        issue.send_now_at, issue.send_now_by = context.now + SEND_NOW_WAIT, who
        if issue.state == IssueState.OPEN:
            close(context.within(session), issue, who, override)
        note(session, issue.id, context.now, who, "asked to send it now")
        audit.note(context.within(session), who, Act.ASKED_TO_SEND, named(issue))
        return issue.send_now_at


def cancel_send_now(db: Database, now: datetime, issue_id: int, who: str) -> None:
    """Take back "send now" while its five minutes run. Raises Refused when it is sending already."""
    with db.writing() as session:
        issue = not_yet_sending(session, issue_id)
        if issue.send_now_at:
            issue.send_now_at, issue.send_now_by = None, ""
            note(session, issue.id, now, who, "cancelled sending it now")
            audit.note_in(session, now, who, Act.CANCELLED, named(issue))


def tell_of_missed_issue(context: Context, issue_id: int) -> None:
    """Tell the editors, once, that an issue is over a day late and waits for them; the week after goes on."""
    with context.db.writing() as session:
        issue = issue_for_change(session, issue_id)
        if step_of(context.within(session), issue) is not Step.MISSED:
            return
        issue.missed_at = context.now
        issue.send_now_at = None
        at = context.settings.schedule.spoken(context.settings.schedule.send_moment(issue.send_date))
        note(session, issue.id, context.now, THE_CLOCK, "did not send it: it is over 24 hours late")
        sight(context.within(session), Sighting(
            cause(AlertKind.MISSED, issue.send_date), f"The issue of {day_and_year(issue.send_date)} did not go",
            [f"It was due at {at}. After 24 hours nothing goes by itself: send it now, move it, or skip it.",
             "On hold." if issue.on_hold else "The clock was not running then, or it could not send."],
            ("Decide on the desk", desk_issue_url(context.settings, issue.send_date)),
        ))  # fmt: skip


def _one_lies_ahead(work: Work) -> bool:
    return any(work.settings.schedule.send_moment(issue.send_date) > work.now for issue in unsent_issues(work.session))


def _close_anew(work: Work, issue: Issue, who: str) -> None:
    before = last_closing(work.session, issue)
    issue.state = IssueState.OPEN
    if before is not None and cutoff_of(work.settings, issue) <= work.now:
        close(work, issue, who, before.override)
