"""Holding an issue back and letting it go again: on the desk, by the link in a proof, over what pre-flight stops."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from digest.domain.issues.calendar import GRACE
from digest.domain.issues.lifecycle import BEFORE_SENDING, IssueState
from digest.domain.people.acts import Act
from digest.domain.shared.stored import UnreadableRecord
from digest.operations.issues.closing import named, note_override, reason_given, refuse_final
from digest.operations.issues.composing import compose
from digest.operations.issues.editions import with_faults_of_editions
from digest.operations.people import audit
from digest.operations.shared.context import Context, Work
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database
from digest.storage.issues.history import note
from digest.storage.issues.issues import Issue, closing_with_hold_key, issue_for_change, last_closing
from digest.storage.issues.selections import selected_count

A_RESTORED_BACKUP = "a restored backup"
"""By whom an issue is held that may have gone from a database that is lost."""


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


def hold_issue(db: Database, now: datetime, issue_id: int, who: str) -> None:
    """Keep an issue from going by itself. Holding a held one changes nothing. Raises Refused once it is sending."""
    with db.writing() as session:
        issue = not_yet_sending(session, issue_id)
        hold(session, now, issue, who)


def hold(session: Session, now: datetime, issue: Issue, who: str) -> None:
    """`hold_issue` in the caller's transaction, which has locked the issue."""
    if not issue.on_hold:
        issue.held_at, issue.held_by = now, who
        issue.send_now_at, issue.send_now_by = None, ""
        note(session, issue.id, now, who, "put it on hold")
        audit.note_in(session, now, who, Act.HELD, named(issue))


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


def release_issue(context: Context, issue_id: int, who: str, override: str = "") -> None:
    """Let a held issue go by itself again: at its moment, or at once if that is less than 24 hours past.

    One that the clock closed although pre-flight blocks it needs a reason, the `override`; raises Refused without, and
    for what no reason lets pass.
    """
    with context.db.writing() as session:
        issue = not_yet_sending(session, issue_id)
        if not issue.on_hold:
            return
        _pass_preflight(context.within(session), issue, who, override)
        issue.held_at, issue.held_by = None, ""
        late = context.now - context.settings.schedule.send_moment(issue.send_date) >= GRACE
        note(
            session,
            issue.id,
            context.now,
            who,
            "released it" + ("; over a day late, it waits for an editor" if late else ""),
        )
        audit.note(context.within(session), who, Act.RELEASED, named(issue))


def not_yet_sending(session: Session, issue_id: int) -> Issue:
    """The issue, locked for change. Raises Refused once it is sending, sent or skipped."""
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


def _pass_preflight(work: Work, issue: Issue, who: str, override: str) -> None:
    closing = last_closing(work.session, issue)
    if issue.state != IssueState.CLOSED or closing is None:
        return
    try:
        composed = with_faults_of_editions(work.session, work.settings, compose(work.session, work.settings, issue))
    except UnreadableRecord:
        return  # nobody can say what is in it; the page says so
    refuse_final(composed)
    blocking = composed.blocking
    if closing.override or not blocking:
        return
    reason = reason_given(override)
    if not reason:
        raise Refused(
            f"Pre-flight stops it. {' '.join(blocking)} Reopen it and mend that, or give a reason to release it so."
        )
    closing.override = reason
    note_override(work, issue, who, reason, blocking)
