"""Attempts: as SendGrid's events speak of them, and as an account shows them with their batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from digest.storage.issues.issues import Issue
from digest.storage.sending.batches import Attempt, Batch, BatchState
from digest.storage.sending.deliveries import Delivery, every_issue


@dataclass(frozen=True, slots=True)
class ReportedAttempt:
    """An attempt that an event may be about, with its batch and its issue."""

    attempt_id: str
    outcome: str | None
    batch_id: int
    heard: bool
    """Whether an event of any attempt at this batch came before."""
    issue_id: int
    issue_date: date


@dataclass(frozen=True, slots=True)
class AnsweredCopy:
    """A copy in a request that SendGrid gave an id when it took it, with all that names the two."""

    address: str | None
    message_id: str
    issue_date: date
    batch_id: int
    attempt_id: str
    delivery_id: int


@dataclass(frozen=True, slots=True)
class UnderWay:
    """An attempt without an outcome, and how many copies are in its request."""

    owner: str
    started_at: datetime
    lease_until: float
    """Seconds since 1970 by the database's clock."""
    copies: int


def reported_attempts(session: Session, attempt_ids: Collection[str]) -> dict[str, ReportedAttempt]:
    """Those of these attempts that there are, by their ids."""
    if not attempt_ids:
        return {}
    rows = session.execute(
        select(Attempt.id, Attempt.outcome, Batch.id, Batch.heard_at, Issue.id, Issue.send_date)
        .join(Batch, Batch.id == Attempt.batch_id)
        .join(Issue, Issue.id == Batch.issue_id)
        .where(Attempt.id.in_(attempt_ids))
    )
    return {
        key: ReportedAttempt(key, outcome, batch_id, heard_at is not None, issue_id, issue_date)
        for key, outcome, batch_id, heard_at, issue_id, issue_date in rows
    }


def answered_copies_to(session: Session, addresses: Collection[str]) -> list[AnsweredCopy]:
    """Every copy to these addresses in a request that SendGrid gave an id. An address has one copy an issue at most,
    found by an index; the ids have none.
    """
    if not addresses:
        return []
    rows = session.execute(
        select(Delivery.address, Attempt.message_id, Issue.send_date, Attempt.batch_id, Attempt.id, Delivery.id)
        .join(Attempt, Attempt.batch_id == Delivery.batch_id)
        .join(Issue, Issue.id == Delivery.issue_id)
        .where(Delivery.issue_id.in_(every_issue()), Delivery.address.in_(addresses), Attempt.message_id != "")
    )
    return [AnsweredCopy(*row) for row in rows]


def ancestors_of(session: Session, batch_ids: Collection[int]) -> dict[int, set[int]]:
    """For each of these batches, the batches that it was split off from, up to the first."""
    parents: dict[int, int | None] = {}
    asked = set(batch_ids)
    while asked:
        rows = session.execute(select(Batch.id, Batch.parent_id).where(Batch.id.in_(asked)))
        found: dict[int, int | None] = dict(rows.all())
        parents |= found
        asked = {parent for parent in found.values() if parent is not None} - parents.keys()
    return {batch_id: _line(batch_id, parents) for batch_id in batch_ids}


def attempt_for_change(session: Session, attempt_id: str) -> Attempt:
    """The attempt, fresh and locked until the transaction ends."""
    return session.get_one(Attempt, attempt_id, with_for_update=True, populate_existing=True)


def taken_at_another(session: Session, attempt: Attempt, *taken: str) -> bool:
    """Whether another attempt at the same batch has one of these outcomes."""
    found = session.execute(
        select(Attempt.id)
        .where(Attempt.batch_id == attempt.batch_id, Attempt.id != attempt.id, Attempt.outcome.in_(taken))
        .limit(1)
    )
    return found.scalar_one_or_none() is not None


def mark_heard(session: Session, batch_ids: Collection[int], database_now: float) -> None:
    """Note the first event of these batches; a later one changes nothing."""
    if batch_ids:
        session.execute(
            update(Batch)
            .where(Batch.id.in_(sorted(batch_ids)), Batch.heard_at.is_(None))
            .values(heard_at=database_now)
            .execution_options(synchronize_session=False)
        )


def _line(batch_id: int, parents: dict[int, int | None]) -> set[int]:
    line: set[int] = set()
    parent = parents.get(batch_id)
    while parent is not None:
        line.add(parent)
        parent = parents.get(parent)
    return line


def batches_page(session: Session, issue_id: int, page: int, size: int) -> list[Batch]:
    """One page of the issue's batches, counted from 1; those that need a person first."""
    rank = case({state.value: rank for rank, state in enumerate(_ORDER)}, value=Batch.state, else_=len(_ORDER))
    rows = session.execute(
        select(Batch).where(Batch.issue_id == issue_id).order_by(rank, Batch.id).limit(size).offset((page - 1) * size)
    )
    return list(rows.scalars())


def attempts_at(session: Session, batch_ids: Sequence[int]) -> Mapping[int, Sequence[Attempt]]:
    """Every attempt at these batches, the oldest first, by batch."""
    rows = session.execute(
        select(Attempt).where(Attempt.batch_id.in_(batch_ids)).order_by(Attempt.started_at, Attempt.id)
    )
    found: dict[int, list[Attempt]] = defaultdict(list)
    for attempt in rows.scalars():
        found[attempt.batch_id].append(attempt)
    return found


def last_attempts(session: Session, batch_ids: Sequence[int]) -> Mapping[int, Attempt]:
    """The attempt begun last at each of these batches; a batch that was never tried is left out."""
    return {batch_id: attempts[-1] for batch_id, attempts in attempts_at(session, batch_ids).items()}


_ORDER = (
    BatchState.HELD,
    BatchState.UNKNOWN,
    BatchState.FAILED,
    BatchState.CLAIMED,
    BatchState.PENDING,
    BatchState.SKIPPED,
    BatchState.ACCEPTED,
)
"""What needs a person comes first, what went well last."""


def was_taken(session: Session, batch_id: int, *taken: str) -> bool:
    """Whether an attempt at this batch has one of these outcomes."""
    found = session.execute(select(Attempt.id).where(Attempt.batch_id == batch_id, Attempt.outcome.in_(taken)).limit(1))
    return found.scalar_one_or_none() is not None


def attempts_under_way(session: Session, issue_id: int) -> list[UnderWay]:
    """The issue's attempts that have no outcome yet, the oldest lease first."""
    rows = session.execute(
        select(Attempt.owner, Attempt.started_at, Attempt.lease_until, Batch.size - Batch.failed - Batch.skipped)
        .join(Batch, Batch.id == Attempt.batch_id)
        .where(Batch.issue_id == issue_id, Batch.state == BatchState.CLAIMED, Attempt.outcome.is_(None))
        .order_by(Attempt.lease_until)
    )
    return [UnderWay(*row) for row in rows]


def last_lease(session: Session, issue_id: int) -> float | None:
    """Until when the newest attempt at the issue's batches may take, by the database's clock; None without any."""
    leases = select(func.max(Attempt.lease_until)).join(Batch, Batch.id == Attempt.batch_id)
    return session.execute(leases.where(Batch.issue_id == issue_id)).scalar_one()
