"""The judges. What was accepted is read from the loopback SendGrid's journal; our database only says what it claims.

Nothing lost, nothing doubled, nothing stuck; and a copy waits for a person only where its bytes may have left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass

from sqlalchemy import select

from digest.domain.issues.lifecycle import IssueState
from digest.storage.accounting.accounts import account_of
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue, issue_on
from digest.storage.sending.batches import Attempt, Batch, BatchState, Cause
from digest.storage.sending.deliveries import Delivery
from tests.crash.stage import FRIDAY, ISSUE, PICKY, READERS, REFUSED, Case
from tests.loopback.journal import Received
from tests.loopback.orders import MAIL_SEND

_LATE = {"Hang", "AnswerSlowly", "StallReading"}
"""Faults that may outlast a deadline, whatever they answer in the end."""


@dataclass(frozen=True)
class Copy:
    """One reader's copy, as our account has it. `cause` is why its batch is in doubt, if it is."""

    address: str
    state: str
    reason: str
    batch: int
    cause: str


@dataclass(frozen=True)
class Said:
    """What our database says of the issue in the end."""

    issue: str
    difference: int
    copies: Sequence[Copy]
    open_attempts: int


@dataclass(frozen=True)
class Allowed:
    """What a case may cost."""

    died: int = 0
    """Batches in doubt because senders died or stood still."""
    failed: int = 0
    """Requests that a sender's own failure has left in doubt, whatever SendGrid answered."""
    left: Collection[str] = ()
    """Readers who left before any batch was claimed."""


def judge(case: Case, received: Sequence[Received], allowed: Allowed) -> list[str]:
    """What is wrong, in words; nothing, if all is well. The loopback must have ended all conversations."""
    said = what_is_said(case)
    truth = accepted_copies(received)
    complaints = [f"doubled: {address} was accepted {times} times" for address, times in truth.items() if times > 1]
    complaints += _sums(said)
    for copy in said.copies:
        complaints += _one(copy, truth[copy.address], allowed)
    refused = _refused(received)
    complaints += [
        f"lost: {copy.address} is called failed, and SendGrid never said no to it"
        for copy in said.copies
        if copy.state == BatchState.FAILED and copy.address not in refused
    ]
    complaints += _doubts(said, received, allowed, case.overran())
    return complaints


def accepted_copies(received: Sequence[Received]) -> Counter[str]:
    """How often SendGrid accepted the issue for each address."""
    accepted = [one for one in received if one.accepted and one.path == MAIL_SEND]
    copies = [copy for one in accepted for copy in one.copies]
    return Counter(copy.address for copy in copies if copy.args.get("digest_issue") == ISSUE)


def requests_in_hand(case: Case, pid: int) -> int:
    """How many attempts of this sender have no outcome."""
    with closing(Database(case.url)) as database, database.reading() as session:
        asked = session.query(Attempt).filter(Attempt.outcome.is_(None), Attempt.owner.endswith(f":{pid}"))
        return asked.count()


def what_is_said(case: Case) -> Said:
    """Our account."""
    with closing(Database(case.url)) as database, database.reading() as session:
        issue = issue_on(session, FRIDAY.date())
        assert isinstance(issue, Issue)
        rows = session.execute(select(Delivery, Batch).join(Batch, Batch.id == Delivery.batch_id)).all()
        unanswered = session.query(Attempt).filter(Attempt.outcome.is_(None)).count()
        copies = [
            Copy(
                copy.address or "",
                copy.outcome or batch.state,
                (copy.reason if copy.outcome else batch.because) or "",
                batch.id,
                batch.cause,
            )
            for copy, batch in rows
        ]
        return Said(issue.state, account_of(session, issue).difference, copies, unanswered)


def _sums(said: Said) -> list[str]:
    complaints = []
    if said.difference:
        complaints.append(f"the account does not add up: difference {said.difference}")
    if said.issue != IssueState.SENT:
        complaints.append(f"stuck: the issue is {said.issue}")
    if said.open_attempts:
        complaints.append(f"stuck: {said.open_attempts} attempts have no outcome")
    missing = {*READERS, PICKY} - {copy.address for copy in said.copies}
    return complaints + [f"lost: {address} has no copy" for address in sorted(missing)]


def _one(copy: Copy, times: int, allowed: Allowed) -> list[str]:
    complaints = []
    if copy.state == BatchState.ACCEPTED and not times:
        complaints.append(f"lost: {copy.address} is called accepted, and SendGrid never took it")
    if copy.state in (BatchState.FAILED, BatchState.SKIPPED) and times:
        complaints.append(f"wrongly certain: {copy.address} is called {copy.state}, and SendGrid took it")
    if copy.state in (BatchState.PENDING, BatchState.CLAIMED):
        complaints.append(f"stuck: {copy.address} is {copy.state}")
    if copy.state == BatchState.UNKNOWN:
        complaints.append(f"stuck: {copy.address} is unknown, and nothing will settle it")
    if copy.state != BatchState.ACCEPTED and not copy.reason and copy.state != BatchState.PENDING:
        complaints.append(f"{copy.address} is {copy.state} without a reason")
    if copy.address in allowed.left and times:
        complaints.append(f"mailed although gone: {copy.address}")
    return complaints


def _doubts(said: Said, received: Sequence[Received], allowed: Allowed, overran: Collection[str]) -> list[str]:
    """Held only where bytes may have left: one batch for each uncertain request, and for each claim of the dead."""
    held = {copy.batch: copy.cause for copy in said.copies if copy.state in (BatchState.HELD, BatchState.UNKNOWN)}
    died = sum(cause == Cause.SENDER_DIED for cause in held.values())
    uncertain = allowed.failed + sum(_is_uncertain(one, overran) for one in received if one.path == MAIL_SEND)
    complaints = []
    if died > allowed.died:
        complaints.append(f"{died} batches are held because their sender died, and {allowed.died} can have been")
    if len(held) - died > uncertain:
        complaints.append(f"{len(held) - died} batches are held for {uncertain} uncertain answers")
    return complaints


def _refused(received: Sequence[Received]) -> set[str]:
    """Who was refused by name, or alone in a request that was called too large."""
    alone = {one.copies[0].address for one in received if one.status == 413 and len(one.copies) == 1}
    return {REFUSED} | alone


def _is_uncertain(one: Received, overran: Collection[str]) -> bool:
    if not one.whole or one.status is None or one.fault in _LATE:
        return True
    if any(copy.args.get("digest_attempt") in overran for copy in one.copies):
        return True
    return one.status != 202 and not (400 <= one.status < 500 and one.status != 408)
