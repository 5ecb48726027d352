"""Sending on a person's word at the command line: which issue is meant, whether it may go, and the report."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from digest.domain.issues.calendar import GRACE, day_and_year
from digest.domain.issues.lifecycle import BEFORE_SENDING, FROZEN, IssueState
from digest.operations.accounting.completing import complete_if_done
from digest.operations.issues.closing import THE_COMMAND, close_issue
from digest.operations.issues.dates import issue_named
from digest.operations.issues.week import ensure_issue
from digest.operations.running.restoring import recover
from digest.operations.sending.freezing import Freeze, freeze
from digest.operations.sending.stopping import try_again_now
from digest.operations.shared.context import Context, Process
from digest.operations.shared.refusal import Interrupted, Refused
from digest.operations.suppressions.suppressing import pull_before_freeze
from digest.storage.accounting.accounts import account_of
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue, current_issue, issues_being_sent, latest_frozen_issue
from digest.storage.issues.selections import selected_count
from digest.storage.sending.batches import BatchState, batches_in, batches_with_attempts, is_anything_left


@dataclass(frozen=True)
class Ready:
    """A frozen issue: what is to be said, and how many of its batches are left to send or in somebody's hands."""

    issue_id: int
    words: str
    batches_left: int


@dataclass(frozen=True)
class BatchReport:
    """One batch of the account."""

    id: int
    state: str
    size: int
    attempts: int


@dataclass(frozen=True)
class Report:
    """The account of one issue; `paused` says why nothing is claimed, if so."""

    issue: date | None
    state: str | None
    audience: int
    accepted: int
    failed: int
    skipped: int
    unknown: int
    held: int
    waiting: int
    difference: int
    batches: Sequence[BatchReport]
    paused: str = ""
    stopped_at: datetime | None = None
    """When a person stopped it; None while it may go on."""

    @classmethod
    def nothing(cls) -> Report:
        """The report where nothing has been frozen."""
        return cls(None, None, 0, 0, 0, 0, 0, 0, 0, 0, ())


def prepare(process: Process, day: date | None) -> Ready:
    """The issue that `digest send` means, frozen: of `day`, else the one being sent, else one frozen within 24 hours
    with nothing left to do, else the current one; a rehearsal passes over one that went. Before a freeze, readers on
    SendGrid's own lists are suppressed. Raises Refused with the remedy, Interrupted if asked to stop before it.
    """
    context = process.context()
    recover(context)
    ensure_issue(context, THE_COMMAND)
    _complete_what_is_over(context)
    meant = _meant(context, day)
    if meant.state is IssueState.SKIPPED:
        raise Refused(f"{meant.name} was skipped. Put its summaries on the current issue and send that.")
    if meant.state in BEFORE_SENDING:
        _freeze(context, process, meant)
    return _frozen(context.db, context.now, meant.issue_id, meant.name)


def report(db: Database, issue_id: int) -> Report:
    """The account of a frozen issue."""
    with db.reading() as session:
        issue = session.get_one(Issue, issue_id)
        parts = account_of(session, issue)
        return Report(
            issue=issue.send_date,
            state=issue.state,
            audience=parts.audience,
            accepted=parts.accepted,
            failed=parts.failed,
            skipped=parts.skipped,
            unknown=parts.unknown,
            held=parts.held,
            waiting=parts.waiting,
            difference=parts.difference,
            batches=[
                BatchReport(batch.id, batch.state, batch.size, attempts)
                for batch, attempts in batches_with_attempts(session, issue_id)
            ],
            paused=_why_it_waits(issue),
            stopped_at=issue.stopped_at if issue.state == IssueState.SENDING else None,
        )


def _why_it_waits(issue: Issue) -> str:
    if issue.state != IssueState.SENDING:
        return ""
    return f"stopped by {issue.stopped_by}" if issue.stopped_at else issue.paused_because


@dataclass(frozen=True)
class _Meant:
    """The issue that is meant, as it is before anything is done with it."""

    issue_id: int
    name: str
    state: IssueState
    held_by: str | None
    items: int


def _meant(context: Context, day: date | None) -> _Meant:
    with context.db.reading() as session:
        issue = issue_named(session, day) if day else _meant_without_date(session, context)
        if issue is None:
            raise Refused("There is no issue.")
        return _Meant(
            issue.id,
            f"The issue of {day_and_year(issue.send_date)}",
            IssueState(issue.state),
            issue.held_by if issue.on_hold else None,
            selected_count(session, issue.id),
        )


def _meant_without_date(session: Session, context: Context) -> Issue | None:
    for issue in issues_being_sent(session):
        if is_anything_left(session, issue.id):
            return issue
    frozen = latest_frozen_issue(session)
    recent = frozen if frozen and frozen.frozen_at and context.now - frozen.frozen_at < GRACE else None
    if context.settings.mail_redirect_all:
        recent = None  # in its copy of the database that issue went in earnest: there is nothing to rehearse
    return recent or current_issue(session)


def _freeze(context: Context, process: Process, meant: _Meant) -> None:
    name, issue_id = meant.name, meant.issue_id
    if meant.held_by is not None:
        raise Refused(f"{name} is on hold, put there by {meant.held_by}. Release it on the desk, then send it.")
    if not meant.items and meant.state is IssueState.OPEN:
        remedy = _TO_REHEARSE if context.settings.mail_redirect_all else "put at least one published summary on it."
        raise Refused(f"Nothing is selected. {name} is empty: {remedy}")
    _go_on_unless(process.stop)
    if meant.state is IssueState.OPEN:
        close_issue(context, issue_id, THE_COMMAND)
    pull_before_freeze(context, process.transport, issue_id)
    _go_on_unless(process.stop)
    outcome = freeze(context, issue_id, THE_COMMAND)
    if outcome is Freeze.NO_AUDIENCE:
        raise Refused(f"{name} has no audience: there is no confirmed reader yet. Import some, or wait for sign-ups.")
    if outcome is Freeze.ON_HOLD:
        raise Refused(f"{name} is on hold. Release it on the desk, then send it.")


_TO_REHEARSE = (
    "what has gone already can’t be rehearsed. Select summaries for this issue at the site and copy the database "
    "again; or bring some into this copy with `digest summaries import FILE.jsonl --select`, with the settings of the "
    "rehearsal; then run this again."
)


def _go_on_unless(stop: threading.Event) -> None:
    """What is frozen goes out, by the clock if not by this command; until then it is not too late."""
    if stop.is_set():
        raise Interrupted


def _complete_what_is_over(context: Context) -> None:
    """A sender may have died between its last outcome and the end of the send; no such issue may stand in the way."""
    with context.db.reading() as session:
        over = [issue.id for issue in issues_being_sent(session) if not is_anything_left(session, issue.id)]
    for issue_id in over:
        complete_if_done(context, issue_id)


def _frozen(db: Database, now: datetime, issue_id: int, name: str) -> Ready:
    with db.reading() as session:
        issue = session.get_one(Issue, issue_id)
        if issue.state not in FROZEN:
            raise Refused(f"{name} was changed by someone else just now. Look at it on the desk, then send it again.")
        left = batches_in(session, issue_id, BatchState.PENDING, BatchState.CLAIMED)
        if issue.stopped_at and left:
            raise Refused(f"{name} was stopped by {issue.stopped_by}. Let it go on from the desk.")
        readers = "1 reader" if issue.audience == 1 else f"{issue.audience:,} readers"
        words = f"{name}: {readers}." if left else _over(session, issue, name)
    if left:
        try_again_now(db, now, issue_id, THE_COMMAND)
    return Ready(issue_id, words, left)


def _over(session: Session, issue: Issue, name: str) -> str:
    open_ = batches_in(session, issue.id, BatchState.UNKNOWN, BatchState.HELD)
    if not open_:
        return f"{name} has been sent; nothing is left to do."
    return f"{name}: nothing more goes by itself. Of {open_:,} {'batch' if open_ == 1 else 'batches'} nobody can know."
