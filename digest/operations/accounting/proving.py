"""Settling by evidence: a signed event proves that its attempt was taken, whatever we thought of it."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy.orm import Session

from digest.domain.issues.calendar import day_and_year
from digest.domain.sending import pace
from digest.mail.outgoing.interface import Certainty
from digest.operations.accounting.completing import complete_in
from digest.operations.accounting.pacing import pace_of, set_pace
from digest.operations.shared.context import Work
from digest.storage.accounting.settlements import Verdict, note_settlement
from digest.storage.base.database import database_now
from digest.storage.issues.history import note
from digest.storage.issues.issues import Issue, issue_for_change
from digest.storage.sending.attempts import attempt_for_change, taken_at_another
from digest.storage.sending.batches import Attempt, Batch, BatchState, batch_for_change

WHO = "SendGrid's events"
BY_EVENTS = "by events"
"""The outcome of an attempt that was proven after it had been judged otherwise. Apart from a 202's, because nobody
knows when SendGrid took it: silence about other batches is measured by those that have a 202."""
TAKEN = (Certainty.ACCEPTED, BY_EVENTS)
_OPEN = (BatchState.UNKNOWN, BatchState.HELD, BatchState.PENDING)

log = logging.getLogger(__name__)


def prove_attempt(work: Work, issue_id: int, attempt_id: str, evidence: str) -> None:
    """Write that this attempt was taken, and what follows for its batch; again, it changes nothing.

    `evidence` in words, such as “delivered” of 17 May. A batch that is unknown, held, or waiting to go again is
    accepted. If it has gone on meanwhile it is too late for that, and the issue's history says so.
    """
    issue = issue_for_change(work.session, issue_id)
    attempt = attempt_for_change(work.session, attempt_id)
    if attempt.outcome in TAKEN:
        return
    judged, at = attempt.outcome, database_now(work.session)
    in_time = judged is None and attempt.lease_until > at
    begun = f"{day_and_year(attempt.started_at)}, {attempt.started_at:%H:%M:%S} UTC"
    words = f"{evidence}, for its attempt of {begun}{_but(judged, attempt.detail)}"
    attempt.outcome = Certainty.ACCEPTED if in_time else BY_EVENTS
    attempt.finished_at = attempt.finished_at or work.now
    attempt.detail = words[:1000]
    work.session.flush()
    batch = batch_for_change(work.session, attempt.batch_id)
    if judged is None and batch.state == BatchState.CLAIMED:
        _accept(work, issue, batch, at)
        set_pace(issue, pace.after_accepted(pace_of(issue)))
    elif batch.state in _OPEN:
        note_settlement(work.session, batch.id, work.now, WHO, Verdict.SENT, words)
        note(work.session, issue.id, work.now, WHO, f"batch {batch.id} was taken: {words}")
        _accept(work, issue, batch, at)
    else:
        _too_late(work.session, work.now, issue, batch, attempt, words)
    work.session.flush()


def _accept(work: Work, issue: Issue, batch: Batch, at: float) -> None:
    batch.state, batch.because, batch.accepted_at = BatchState.ACCEPTED, "", at
    complete_in(work, issue)


def _too_late(session: Session, now: datetime, issue: Issue, batch: Batch, attempt: Attempt, words: str) -> None:
    """The batch has gone on since, as if this attempt had not been taken."""
    if batch.state == BatchState.ACCEPTED and not taken_at_another(session, attempt, *TAKEN):
        return  # somebody's word had it right
    what = _GONE_ON.get(BatchState(batch.state), "some of its readers may have had two copies")
    note(session, issue.id, now, WHO, f"batch {batch.id} was taken although we went on without that: {what}. {words}")
    log.warning("batch %s of %s: taken, against what was judged (%s): %s", batch.id, issue.send_date, what, words)


def _but(judged: str | None, detail: str) -> str:
    if judged is None:
        return ""
    return f", which was judged “{judged}”" + (f" ({detail})" if detail else "")


_GONE_ON = {
    BatchState.CLAIMED: "it is being sent again, and its readers may get two copies",
    BatchState.ACCEPTED: "it was sent again, and its readers may have two copies",
    BatchState.SKIPPED: "its readers have had it, although it counts as skipped",
}
