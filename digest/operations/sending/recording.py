"""Recording what came of attempts, fenced: an attempt that was judged meanwhile is left alone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.running.alerts import AlertKind, cause, mark_of
from digest.domain.sending import pace
from digest.mail.outgoing.interface import Answer, Certainty
from digest.operations.accounting.pacing import ask_for_probe, pace_of, set_pace
from digest.operations.accounting.proving import TAKEN, WHO
from digest.operations.messages.alerting import Sighting, sight
from digest.operations.shared.context import Work
from digest.operations.shared.links import desk_issue_url
from digest.storage.accounting.settlements import Verdict, note_settlement
from digest.storage.base.database import database_now
from digest.storage.issues.history import note
from digest.storage.issues.issues import Issue
from digest.storage.sending.attempts import was_taken
from digest.storage.sending.batches import (
    Batch,
    BatchState,
    Cause,
    batch_for_change,
    batches_in,
    is_known_of_edition,
    others_may_go,
    postpone_edition,
)
from digest.storage.sending.claims import attempts_out_of_lease, close_attempt, complete_attempt, mark_accepted
from digest.storage.sending.deliveries import Outcome, end_copies, move_copies

log = logging.getLogger(__name__)

_FIRST_WAIT = 2.0
_LONGEST_WAIT = 300.0
_MOST_DOUBLINGS = 10
_REFUSED_WAIT = 300.0
"""Seconds until one batch tries whether a refusal of the whole send was mended."""

NO_WEBHOOK = "no events can tell, since SENDGRID_WEBHOOK_KEY is not set"


@dataclass(frozen=True)
class Result:
    """What came of one attempt. `deliveries` are its copies in the order of the request's personalizations."""

    attempt_id: str
    deliveries: Sequence[int]
    answer: Answer


def record(work: Work, at: float, issue: Issue, result: Result) -> None:
    """Write the outcome of one attempt and what follows from it for its batch; the issue must be locked unless the
    answer is a plain yes. `at` is this moment by the database's clock.
    """
    answer = result.answer
    batch_id = close_attempt(
        work.session, result.attempt_id, answer.certainty, work.now, answer.status, answer.message_id, answer.detail
    )
    if batch_id is None:
        level = logging.WARNING
        if answer.certainty is Certainty.ACCEPTED:
            level = logging.INFO  # an event was quicker than the answer, which knows more
            complete_attempt(work.session, result.attempt_id, answer.status, answer.message_id, *TAKEN)
        log.log(level, "attempt %s was judged before it came back: %s", result.attempt_id, answer.certainty)
        return
    if answer.certainty is Certainty.ACCEPTED:
        _accepted(work.session, at, issue, batch_id)
        return
    batch = batch_for_change(work.session, batch_id)
    proven = was_taken(work.session, batch_id, *TAKEN)
    if not proven or answer.certainty in _OF_THE_SEND:
        _CONSEQUENCES[answer.certainty](work, issue, batch, result)
    if proven:
        _accept_proven(work.session, work.now, at, issue, batch, answer.certainty)


def expire_leases(work: Work, at: float, issue: Issue, lease: float) -> None:
    """An attempt whose owner did not report in time may have been sent or not: unknown, never simply sent again."""
    for attempt_id, owner in attempts_out_of_lease(work.session, issue.id, at):
        words = f"the sender {owner} did not report back within {lease:.0f} s"
        batch_id = close_attempt(work.session, attempt_id, Certainty.UNKNOWN, work.now, None, "", words)
        if batch_id is None:
            continue
        batch = batch_for_change(work.session, batch_id)
        if was_taken(work.session, batch_id, *TAKEN):
            _accept_proven(work.session, work.now, at, issue, batch, Certainty.UNKNOWN)
        else:
            leave_unsettled(work.session, work.settings, issue, batch, Cause.SENDER_DIED, words)


def _accept_proven(
    session: Session, now: datetime, at: float, issue: Issue, batch: Batch, certainty: Certainty
) -> None:
    """An event proved an earlier attempt while this one was under way: whatever came of this one, none may follow."""
    batch.state, batch.because, batch.accepted_at = BatchState.ACCEPTED, "", at
    note_settlement(session, batch.id, now, WHO, Verdict.SENT, "an event had proven an earlier attempt at it")
    if certainty is Certainty.UNKNOWN:
        ask_for_probe(issue)


def leave_unsettled(session: Session, settings: Settings, issue: Issue, batch: Batch, cause: Cause, words: str) -> None:
    """Nobody can know whether it was sent: events may settle it, else a person; doubling it would be worse.

    Nothing more is claimed until SendGrid answers a probe.
    """
    batch.cause, batch.unknown_at = cause, database_now(session)
    if settings.sendgrid_webhook_key:
        batch.state, batch.because = BatchState.UNKNOWN, words[:500]
    else:
        batch.state, batch.because = BatchState.HELD, f"{words}; {NO_WEBHOOK}"[:500]
    ask_for_probe(issue)


def _accepted(session: Session, at: float, issue: Issue, batch_id: int) -> None:
    mark_accepted(session, batch_id, at)
    before = pace_of(issue)
    if (after := pace.after_accepted(before)) != before:
        set_pace(issue, after)
    if issue.paused_because and issue.paused_until <= at:
        issue.paused_because = ""


def _retry(work: Work, issue: Issue, batch: Batch, result: Result) -> None:
    answer = result.answer
    wait = answer.retry_after or min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(batch.tries - 1, _MOST_DOUBLINGS))
    batch.state, batch.because = BatchState.PENDING, answer.detail[:500]
    batch.retry_at = database_now(work.session) + wait
    if answer.too_many:
        in_flight = batches_in(work.session, issue.id, BatchState.CLAIMED)
        set_pace(issue, pace.after_too_many(pace_of(issue), in_flight))
        if answer.retry_after:
            # The limit is the account's: another batch would only be told the same.
            if issue.paused_until <= database_now(work.session):
                issue.paused_because = ""  # a refusal's pause is over, and this answer is another
            issue.paused_until = max(issue.paused_until, batch.retry_at)


def _back(_work: Work, _issue: Issue, batch: Batch, _result: Result) -> None:
    batch.state, batch.retry_at = BatchState.PENDING, 0.0


def _refused(work: Work, issue: Issue, batch: Batch, result: Result) -> None:
    """Nothing was sent and nothing will be until someone mends it: everything waits and tries now and then.

    What is wrong with one edition stops no other: its batches wait by themselves for as long as others may go.
    """
    detail = result.answer.detail
    if result.answer.of_edition and others_may_go(work.session, batch, database_now(work.session)):
        _postpone_edition(work, issue, batch, detail)
        return
    batch.state, batch.because = BatchState.PENDING, detail[:500]
    issue.paused_until = max(issue.paused_until, database_now(work.session) + _REFUSED_WAIT)
    if issue.paused_because != detail[:1000]:
        issue.paused_because = detail[:1000]
        note(work.session, issue.id, work.now, "the send", f"stopped: {detail}")
    _alert(
        work, issue, detail, "The send has stopped",
        [f"{detail}. Nothing is lost: what has not left waits.",
         "Check the API key and the verified sender. While the clock runs, it tries again every five minutes."],
    )  # fmt: skip


def _postpone_edition(work: Work, issue: Issue, batch: Batch, detail: str) -> None:
    told = is_known_of_edition(work.session, batch, detail)
    until = database_now(work.session) + _REFUSED_WAIT
    batch.state, batch.because, batch.retry_at = BatchState.PENDING, detail[:500], until
    postpone_edition(work.session, batch, detail, until)
    if not told:
        note(work.session, issue.id, work.now, "the send", f"passed an edition over: {detail}")
    _alert(
        work, issue, f"{batch.edition_id} {detail}", "One edition does not go",
        [f"{detail}. Its readers’ copies wait; those of other editions go on. Nothing is lost.",
         "Tell the operator. It is tried again every five minutes."],
    )  # fmt: skip


def _alert(work: Work, issue: Issue, reason: str, heading: str, paragraphs: Sequence[str]) -> None:
    """Of each try that is refused: the alert knows what was told. A reason is told by itself."""
    which = cause(AlertKind.SEND_REFUSED, issue.send_date, mark_of(reason))
    link = ("See how far it is", desk_issue_url(work.settings, issue.send_date))
    sight(work, Sighting(which, heading, paragraphs, link))


def _offenders(work: Work, issue: Issue, batch: Batch, result: Result) -> None:
    """Record the refused addresses as failed; the others, certainly not sent, go again as a child batch."""
    refused = {
        result.deliveries[index]: reason
        for index, reason in result.answer.offenders.items()
        if index < len(result.deliveries)
    }
    if not refused:
        _too_large(work, issue, batch, result)
        return
    _fail(work.session, batch, refused, result.answer)
    rest = [delivery for delivery in result.deliveries if delivery not in refused]
    if rest:
        _split_off(work.session, batch, [rest])


def _too_large(work: Work, _issue: Issue, batch: Batch, result: Result) -> None:
    """Halve; a single copy that is refused by itself fails."""
    copies = list(result.deliveries)
    if len(copies) == 1:
        _fail(work.session, batch, {copies[0]: result.answer.detail}, result.answer)
        return
    middle = len(copies) // 2
    _split_off(work.session, batch, [copies[:middle], copies[middle:]])
    batch.because = result.answer.detail[:500]


def _unknown(work: Work, issue: Issue, batch: Batch, result: Result) -> None:
    cause = Cause.NO_ANSWER if result.answer.status is None else Cause.BAD_ANSWER
    leave_unsettled(work.session, work.settings, issue, batch, cause, result.answer.detail)


def _fail(session: Session, batch: Batch, reasons: Mapping[int, str], answer: Answer) -> None:
    end_copies(session, Outcome.FAILED, reasons)
    batch.failed += len(reasons)
    batch.state, batch.because = BatchState.FAILED, answer.detail[:500]


def _split_off(session: Session, batch: Batch, groups: list[list[int]]) -> None:
    """Move copies to new batches of their own; what stays behind has its own outcomes."""
    for group in groups:
        child = Batch(issue_id=batch.issue_id, edition_id=batch.edition_id, parent_id=batch.id, size=len(group))
        session.add(child)
        session.flush()
        move_copies(session, group, child.id)
        batch.size -= len(group)
    batch.state = BatchState.FAILED if batch.failed else BatchState.SKIPPED


_OF_THE_SEND = (Certainty.RETRY, Certainty.REFUSED)
"""What also says something of the send, its pace or its pause, and not only of the batch."""

_Consequence = Callable[[Work, Issue, Batch, Result], None]

_CONSEQUENCES: Mapping[Certainty, _Consequence] = {
    Certainty.RETRY: _retry,
    Certainty.NEVER_LEFT: _back,
    Certainty.REFUSED: _refused,
    Certainty.OFFENDERS: _offenders,
    Certainty.TOO_LARGE: _too_large,
    Certainty.UNKNOWN: _unknown,
}
