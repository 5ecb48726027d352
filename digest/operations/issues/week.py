"""An issue's week: making the next one, holding, releasing, moving, skipping, sending now.

Each is one transaction that looks at the issue again under its lock, so that two people and a clock can act at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.issues.calendar import GRACE, day_and_year
from digest.domain.issues.lifecycle import BEFORE_SENDING, IssueFacts, IssueState, Step, next_step
from digest.operations.issues.closing import THE_CLOCK, close, cutoff_of
from digest.operations.messages.queue import tell_editors
from digest.operations.shared.context import Context, Work
from digest.operations.shared.links import desk_issue_url
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database
from digest.storage.issues.history import note
from digest.storage.issues.issues import (
    Issue,
    closing_with_hold_key,
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


class HoldOutcome(StrEnum):
    """What came of following a proof's hold link."""

    HELD = "held"
    ALREADY = "already"
    TOO_LATE = "too late"


@dataclass(frozen=True)
class HoldLink:
    """What a hold link stands for: the issue's dates and items, and what pressing the button would do."""

    send_date: date
    send_now_at: datetime | None
    items: int
    outcome: HoldOutcome


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


def hold_issue(db: Database, now: datetime, issue_id: int, who: str) -> None:
    """Keep an issue from going by itself. Holding a held one changes nothing. Raises Refused once it is sending."""
    with db.writing() as session:
        issue = _not_yet_sending(session, issue_id)
        hold(session, now, issue, who)


def hold(session: Session, now: datetime, issue: Issue, who: str) -> None:
    """`hold_issue` in the caller's transaction, which has locked the issue."""
    if not issue.on_hold:
        issue.held_at, issue.held_by = now, who
        issue.send_now_at, issue.send_now_by = None, ""
        note(session, issue.id, now, who, "put it on hold")


def look_at_hold_link(session: Session, key: str) -> HoldLink | None:
    """What a proof's hold link would do now; None for a key that no proof carried."""
    closing = closing_with_hold_key(session, key)
    issue = session.get(Issue, closing.issue_id) if closing else None
    return _hold_link(session, issue, _would_hold(issue)) if issue else None


def hold_by_link(db: Database, now: datetime, key: str) -> HoldLink | None:
    """Put the issue of a proof on hold, as pressed by whoever has its link."""
    with db.writing() as session:
        closing = closing_with_hold_key(session, key)
        if closing is None:
            return None
        issue = issue_for_change(session, closing.issue_id)
        outcome = _would_hold(issue)
        if outcome is HoldOutcome.HELD:
            hold(session, now, issue, "the proof’s hold link")
        return _hold_link(session, issue, outcome)


def release_issue(context: Context, issue_id: int, who: str) -> None:
    """Let a held issue go by itself again: at its moment, or at once if that is less than 24 hours past."""
    with context.db.writing() as session:
        issue = _not_yet_sending(session, issue_id)
        if not issue.on_hold:
            return
        issue.held_at, issue.held_by = None, ""
        late = context.now - context.settings.schedule.send_moment(issue.send_date) >= GRACE
        note(
            session,
            issue.id,
            context.now,
            who,
            "released it" + ("; over a day late, it waits for an editor" if late else ""),
        )


def skip_issue(context: Context, issue_id: int, who: str, because: str) -> None:
    """Send nothing for this issue: its summaries are candidates again, the editors are told once. Raises Refused."""
    with context.db.writing() as session:
        issue = _not_yet_sending(session, issue_id)
        skip(context.within(session), issue, who, because)


def skip(work: Work, issue: Issue, who: str, because: str) -> None:
    """`skip_issue` in the caller's transaction."""
    issue.state = IssueState.SKIPPED
    issue.skipped_at, issue.skipped_because = work.now, because
    note(work.session, issue.id, work.now, who, f"skipped it: {because}")
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
        issue = _not_yet_sending(session, issue_id)
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
        session.flush()
        if cutoff_of(context.settings, issue) > context.now:
            issue.reopened_at = None
        if issue.state == IssueState.CLOSED:
            _close_anew(context.within(session), issue, who)
        make_next_issue(context.within(session), who)


def send_now(context: Context, issue_id: int, who: str) -> datetime:
    """Send an issue in five minutes, which anyone on the desk can cancel; returns when. Closes it first if it is
    open. Raises Refused on hold, when pre-flight blocks it, and when nobody would get it.
    """
    with context.db.writing() as session:
        issue = _not_yet_sending(session, issue_id)
        if issue.on_hold:
            raise Refused("This issue is on hold. Release it first.")
        if not audience_size(session):
            raise Refused("No reader would get it: there is no confirmed subscriber yet.")
        issue.send_now_at, issue.send_now_by = context.now + SEND_NOW_WAIT, who
        if issue.state == IssueState.OPEN:
            close(context.within(session), issue, who)
        note(session, issue.id, context.now, who, "asked to send it now")
        return issue.send_now_at


def cancel_send_now(db: Database, now: datetime, issue_id: int, who: str) -> None:
    """Take back "send now" while its five minutes run. Raises Refused when it is sending already."""
    with db.writing() as session:
        issue = _not_yet_sending(session, issue_id)
        if issue.send_now_at:
            issue.send_now_at, issue.send_now_by = None, ""
            note(session, issue.id, now, who, "cancelled sending it now")


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
        tell_editors(
            context.within(session), f"The issue of {day_and_year(issue.send_date)} did not go",
            [f"It was due at {at}. After 24 hours nothing goes by itself: send it now, move it, or skip it.",
             "On hold." if issue.on_hold else "The clock was not running then, or it could not send."],
            ("Decide on the desk", desk_issue_url(context.settings, issue.send_date)),
        )  # fmt: skip


def _one_lies_ahead(work: Work) -> bool:
    return any(work.settings.schedule.send_moment(issue.send_date) > work.now for issue in unsent_issues(work.session))


def _not_yet_sending(session: Session, issue_id: int) -> Issue:
    issue = issue_for_change(session, issue_id)
    if issue.state not in BEFORE_SENDING:
        remedy = " Use “Stop” to hold what has not left." if issue.state == IssueState.SENDING else ""
        raise Refused(f"This issue is {issue.state}.{remedy}")
    return issue


def _hold_link(session: Session, issue: Issue, outcome: HoldOutcome) -> HoldLink:
    return HoldLink(issue.send_date, issue.send_now_at, selected_count(session, issue.id), outcome)


def _would_hold(issue: Issue) -> HoldOutcome:
    if issue.state not in BEFORE_SENDING:
        return HoldOutcome.TOO_LATE
    return HoldOutcome.ALREADY if issue.on_hold else HoldOutcome.HELD


def _close_anew(work: Work, issue: Issue, who: str) -> None:
    if cutoff_of(work.settings, issue) > work.now or last_closing(work.session, issue) is None:
        issue.state = IssueState.OPEN
        return
    issue.state = IssueState.OPEN
    close(work, issue, who)
