"""Accounts: where every reader's copy of an issue is, in parts that add up to the audience; told from deliveries and
batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from digest.domain.issues.lifecycle import FROZEN
from digest.storage.accounting.unsettled import UNSETTLED
from digest.storage.issues.issues import Issue
from digest.storage.sending.batches import Batch, BatchState
from digest.storage.sending.deliveries import Delivery

_PARTS = ("accepted", "failed", "skipped", "unknown", "held", "waiting")
PART_OF = {
    BatchState.PENDING: "waiting",
    BatchState.CLAIMED: "waiting",
    BatchState.ACCEPTED: "accepted",
    BatchState.UNKNOWN: "unknown",
    BatchState.HELD: "held",
    BatchState.FAILED: "failed",
    BatchState.SKIPPED: "skipped",
}
"""In which part of the account a copy without an outcome of its own is counted, by its batch's state."""


@dataclass(frozen=True)
class Account:
    """Where every reader's copy of an issue is. The six parts add up to the audience."""

    audience: int
    accepted: int
    failed: int
    skipped: int
    unknown: int
    held: int
    waiting: int

    @property
    def difference(self) -> int:
        """What the parts lack to the audience that was frozen; anything but zero is a fault."""
        parts = self.accepted + self.failed + self.skipped + self.unknown + self.held + self.waiting
        return self.audience - parts


@dataclass(frozen=True)
class UnsettledIssue:
    """How many copies of an issue are in doubt."""

    issue: Issue
    unknown: int
    held: int


def account_of(session: Session, issue: Issue) -> Account:
    """The issue's account, counted from the copies themselves."""
    rows = session.execute(
        select(Batch.state, Delivery.outcome, func.count())
        .join(Batch, Batch.id == Delivery.batch_id)
        .where(Delivery.issue_id == issue.id)
        .group_by(Batch.state, Delivery.outcome)
    )
    parts = dict.fromkeys(_PARTS, 0)
    for batch_state, outcome, count in rows:
        parts[where_it_is(outcome, batch_state)] += count
    return Account(audience=issue.audience, **parts)


def accounts_by_counters(session: Session, issues: Sequence[Issue]) -> dict[int, Account]:
    """The accounts of these issues by their ids, from the batches' counters: quick, for lists."""
    rows = session.execute(
        select(Batch.issue_id, Batch.state, func.sum(Batch.size), func.sum(Batch.failed), func.sum(Batch.skipped))
        .where(Batch.issue_id.in_([issue.id for issue in issues]))
        .group_by(Batch.issue_id, Batch.state)
    )
    parts = {issue.id: dict.fromkeys(_PARTS, 0) for issue in issues}
    for issue_id, state, size, failed, skipped in rows:
        parts[issue_id]["failed"] += int(failed)
        parts[issue_id]["skipped"] += int(skipped)
        parts[issue_id][PART_OF[BatchState(state)]] += int(size - failed - skipped)
    return {issue.id: Account(audience=issue.audience, **parts[issue.id]) for issue in issues}


def unsettled_issues(session: Session) -> list[UnsettledIssue]:
    """The issues with copies that are unknown or held, the earliest date first, from the batches' counters."""
    left = Batch.size - Batch.failed - Batch.skipped
    unknown, held = (
        func.sum(case((Batch.state == state, left), else_=0)) for state in (BatchState.UNKNOWN, BatchState.HELD)
    )
    rows = session.execute(
        select(Issue, unknown, held)
        .join(Batch, Batch.issue_id == Issue.id)
        .where(Issue.state.in_(FROZEN), Batch.state.in_(UNSETTLED))
        .group_by(Issue.id)
        .order_by(Issue.send_date)
    )
    return [UnsettledIssue(issue, int(unknown), int(held)) for issue, unknown, held in rows]


def where_it_is(outcome: str | None, batch_state: str) -> str:
    """Where a copy is: its own outcome, or its batch's; one of the parts of an account."""
    return outcome or PART_OF[BatchState(batch_state)]
