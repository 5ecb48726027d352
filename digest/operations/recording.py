"""Recording what came of an attempt. One transaction, fenced: an attempt that was judged meanwhile is left alone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.calendar import day_and_year
from digest.domain.lifecycle import IssueState
from digest.mail.outbox import Answer, Certainty
from digest.operations.claiming import Claim
from digest.operations.links import desk_issue_url
from digest.operations.messaging import tell_editors
from digest.storage.batches import Batch, BatchState, batches_in, close_attempt
from digest.storage.database import Database, database_now
from digest.storage.deliveries import account_of, fail_copies, move_copies
from digest.storage.history import note
from digest.storage.issues import Issue, issue_for_change

log = logging.getLogger(__name__)

_FIRST_WAIT = 2.0
_LONGEST_WAIT = 300.0
_MOST_DOUBLINGS = 10
_REFUSED_WAIT = 300.0
"""Seconds until one batch tries whether a refusal of the whole send was mended."""


def record(db: Database, settings: Settings, now: datetime, claim: Claim, answer: Answer) -> None:
    """Write the outcome of one attempt and what follows from it for its batch."""
    with db.writing() as session:
        attempt = close_attempt(
            session, claim.attempt_id, answer.certainty, now, answer.status, answer.message_id, answer.detail
        )
        if attempt is None:
            log.warning("attempt %s was judged before it came back: %s", claim.attempt_id, answer.certainty)
            return
        batch = session.get_one(Batch, claim.batch_id, with_for_update=True)
        _CONSEQUENCES[answer.certainty](session, settings, now, claim, batch, answer)


def finish_if_done(db: Database, settings: Settings, now: datetime, issue_id: int) -> None:
    """Call an issue sent once every copy has ended or waits for a person."""
    with db.writing() as session:
        issue = issue_for_change(session, issue_id)
        under_way = batches_in(session, issue_id, BatchState.PENDING, BatchState.CLAIMED, BatchState.UNKNOWN)
        if issue.state != IssueState.SENDING or under_way:
            return
        issue.state, issue.sent_at = IssueState.SENT, now
        parts = account_of(session, issue)
        note(
            session, issue.id, now, "the send",
            f"finished: {parts.accepted:,} accepted, {parts.failed:,} failed, {parts.skipped:,} skipped, "
            f"{parts.held:,} held",
        )  # fmt: skip
        if parts.held or parts.failed:
            _tell_of_rest(session, settings, now, issue, parts.failed, parts.held)


def _accepted(session: Session, _s: Settings, _n: datetime, _c: Claim, batch: Batch, _a: Answer) -> None:
    batch.state, batch.because = BatchState.ACCEPTED, ""
    issue = session.get_one(Issue, batch.issue_id)
    if issue.paused_because and issue.paused_until <= database_now(session):
        issue.paused_because = ""


def _retry(session: Session, _s: Settings, _n: datetime, _c: Claim, batch: Batch, answer: Answer) -> None:
    wait = answer.retry_after or min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(batch.tries - 1, _MOST_DOUBLINGS))
    batch.state, batch.because = BatchState.PENDING, answer.detail[:500]
    batch.retry_at = database_now(session) + wait


def _refused(session: Session, settings: Settings, now: datetime, _claim: Claim, batch: Batch, answer: Answer) -> None:
    """Nothing was sent and nothing will be until someone mends it: everything waits and tries now and then."""
    issue = issue_for_change(session, batch.issue_id)
    batch.state, batch.because = BatchState.PENDING, answer.detail[:500]
    issue.paused_until = database_now(session) + _REFUSED_WAIT
    if issue.paused_because == answer.detail[:1000]:
        return
    issue.paused_because = answer.detail[:1000]
    note(session, issue.id, now, "the send", f"stopped: {answer.detail}")
    tell_editors(
        session,
        settings,
        now,
        "The send has stopped",
        [f"{answer.detail}. Nothing is lost: what has not left waits.",
         "Check the API key and the verified sender. The send tries again every five minutes by itself."],
        ("See how far it is", desk_issue_url(settings, issue.send_date)),
    )  # fmt: skip


def _offenders(session: Session, settings: Settings, now: datetime, claim: Claim, batch: Batch, answer: Answer) -> None:
    """Record the refused addresses as failed; the others, certainly not sent, go again as a child batch."""
    refused = {
        claim.copies[index].delivery_id: reason
        for index, reason in answer.offenders.items()
        if index < len(claim.copies)
    }
    if not refused:
        _too_large(session, settings, now, claim, batch, answer)
        return
    _fail(session, batch, refused, answer)
    rest = [copy.delivery_id for copy in claim.copies if copy.delivery_id not in refused]
    if rest:
        _split_off(session, batch, [rest])


def _too_large(
    session: Session, _settings: Settings, _now: datetime, claim: Claim, batch: Batch, answer: Answer
) -> None:
    """Halve; a single copy that is refused by itself fails."""
    copies = [copy.delivery_id for copy in claim.copies]
    if len(copies) == 1:
        _fail(session, batch, {copies[0]: answer.detail}, answer)
        return
    middle = len(copies) // 2
    _split_off(session, batch, [copies[:middle], copies[middle:]])
    batch.because = answer.detail[:500]


def _unknown(_s: Session, _x: Settings, _n: datetime, _c: Claim, batch: Batch, answer: Answer) -> None:
    """Nobody can know whether it was sent, so it waits for a person: doubling it would be worse than asking."""
    batch.state, batch.because = BatchState.HELD, answer.detail[:500]


def _fail(session: Session, batch: Batch, reasons: Mapping[int, str], answer: Answer) -> None:
    fail_copies(session, dict(reasons))
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


def _tell_of_rest(session: Session, settings: Settings, now: datetime, issue: Issue, failed: int, held: int) -> None:
    tell_editors(
        session,
        settings,
        now,
        f"The digest of {day_and_year(issue.send_date)} went, with exceptions",
        [f"{failed:,} copies failed: SendGrid refused their addresses. {held:,} are held: nobody can know whether they "
         "left.", "Held copies are never sent again by themselves."],
        ("See the account", desk_issue_url(settings, issue.send_date)),
    )  # fmt: skip


_Consequence = Callable[[Session, Settings, datetime, Claim, Batch, Answer], None]

_CONSEQUENCES: Mapping[Certainty, _Consequence] = {
    Certainty.ACCEPTED: _accepted,
    Certainty.RETRY: _retry,
    Certainty.REFUSED: _refused,
    Certainty.OFFENDERS: _offenders,
    Certainty.TOO_LARGE: _too_large,
    Certainty.UNKNOWN: _unknown,
}
