"""Unsettled batches: those of which nobody knows what became, and what could tell."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select, update
from sqlalchemy.orm import Session

from digest.storage.sending.batches import Attempt, Batch, BatchState
from digest.storage.sending.deliveries import Delivery, Outcome

UNSETTLED = (BatchState.HELD, BatchState.UNKNOWN)
_MOST_IDS = 5_000
_TAKEN = "accepted"
"""An attempt's outcome after a 202."""


@dataclass(frozen=True)
class UnsettledBatch:
    """One batch that events, time or a person must settle. `copies` have no outcome of their own."""

    batch_id: int
    issue_id: int
    state: str
    cause: str
    because: str
    copies: int
    unknown_at: float | None
    """Seconds since 1970 by the database's clock."""
    heard: bool


@dataclass(frozen=True)
class Listening:
    """What came by way of events for one issue."""

    accepted: int
    heard: int
    heard_at: Sequence[float]
    """When each batch of which events came was taken with a 202, in order, by the database's clock."""

    def later_than(self, moment: float) -> int:
        """How many of these were taken after a moment."""
        return len(self.heard_at) - bisect_right(self.heard_at, moment)


@dataclass(frozen=True)
class Alike:
    """How much one decision for all with the same cause concerns, and a mark that tells these batches from others."""

    batches: int = 0
    copies: int = 0
    mark: str = ""


def issues_with_unknown_batches(session: Session) -> list[int]:
    """The ids of issues whose unknown batches wait to be settled."""
    rows = session.execute(select(Batch.issue_id).where(Batch.state == BatchState.UNKNOWN).distinct())
    return list(rows.scalars())


def unsettled_batches(session: Session, issue_id: int, most: int | None = None) -> list[UnsettledBatch]:
    """The issue's batches in doubt, the held ones first, up to `most`."""
    held_first = case((Batch.state == BatchState.HELD, 0), else_=1)
    rows = session.execute(_unsettled().where(Batch.issue_id == issue_id).order_by(held_first, Batch.id).limit(most))
    return [_unsettled_batch(row) for row in rows]


def unknown_batches(session: Session, issue_id: int, lock: bool = False) -> list[UnsettledBatch]:
    """Those that events or silence may settle; `lock` keeps others from them until the transaction ends."""
    found = _unsettled().where(Batch.issue_id == issue_id, Batch.state == BatchState.UNKNOWN).order_by(Batch.id)
    return [_unsettled_batch(row) for row in session.execute(found.with_for_update() if lock else found)]


def unsettled_batch(session: Session, batch_id: int) -> UnsettledBatch | None:
    """The doubt about one batch, if there is any."""
    row = session.execute(_unsettled().where(Batch.id == batch_id)).one_or_none()
    return _unsettled_batch(row) if row else None


def unsettled_alike(session: Session, batch: UnsettledBatch, lock: bool = False) -> list[UnsettledBatch]:
    """All doubts of the same issue with the same cause, this one among them; `lock` keeps others from them until the
    transaction ends.
    """
    found = _unsettled().where(Batch.issue_id == batch.issue_id, Batch.cause == batch.cause).order_by(Batch.id)
    return [_unsettled_batch(row) for row in session.execute(found.with_for_update() if lock else found)]


def taken_together(batches: Sequence[UnsettledBatch]) -> Alike:
    """These batches counted and marked."""
    ids = ",".join(str(batch.batch_id) for batch in batches)
    return Alike(len(batches), sum(batch.copies for batch in batches), sha256(ids.encode()).hexdigest()[:16])


def unsettled_since(session: Session, issue_id: int) -> dict[str, float]:
    """Since when the oldest doubt of each state is, by the database's clock; states without one are left out."""
    rows = session.execute(
        select(Batch.state, func.min(Batch.unknown_at))
        .where(Batch.issue_id == issue_id, Batch.state.in_(UNSETTLED), Batch.unknown_at.is_not(None))
        .group_by(Batch.state)
    )
    return {state: since for state, since in rows if since is not None}


def last_unsettled(session: Session, issue_id: int) -> float | None:
    """When a batch of the issue last came into doubt, whatever became of it since, by the database's clock."""
    return session.execute(select(func.max(Batch.unknown_at)).where(Batch.issue_id == issue_id)).scalar_one()


def listening(session: Session, issue_id: int) -> Listening:
    """What events have told of the issue's accepted batches so far.

    A batch that only an event or a person called accepted says nothing about when it was sent; so the moments are
    those of batches that SendGrid took with a 202.
    """
    accepted = (Batch.issue_id == issue_id, Batch.state == BatchState.ACCEPTED)
    total, heard = session.execute(select(func.count(), func.count(Batch.heard_at)).where(*accepted)).one()
    taken = select(Attempt.batch_id).where(Attempt.batch_id == Batch.id, Attempt.outcome == _TAKEN).exists()
    moments = session.execute(
        select(Batch.accepted_at)
        .where(*accepted, Batch.heard_at.is_not(None), Batch.accepted_at.is_not(None), taken)
        .order_by(Batch.accepted_at)
    )
    return Listening(total, heard, [moment for moment in moments.scalars() if moment is not None])


def held_since(session: Session, issue_id: int, moment: float) -> int:
    """How many of the issue's held batches came into doubt after a moment (by the database's clock)."""
    return session.execute(
        select(func.count()).where(
            Batch.issue_id == issue_id, Batch.state == BatchState.HELD, Batch.unknown_at > moment
        )
    ).scalar_one()


def accept_batches(session: Session, batch_ids: Sequence[int], database_now: float) -> None:
    """These were taken, by somebody's word."""
    _set(session, batch_ids, state=BatchState.ACCEPTED, because="", accepted_at=database_now)


def release_batches(session: Session, batch_ids: Sequence[int]) -> None:
    """Let these be claimed again, at once."""
    _set(session, batch_ids, state=BatchState.PENDING, because="", retry_at=0.0)


def hold_batch(session: Session, batch_id: int, because: str) -> None:
    """Let this one wait for a person."""
    _set(session, [batch_id], state=BatchState.HELD, because=because[:500])


def skip_batches(session: Session, batch_ids: Sequence[int], reason: str) -> None:
    """Skip every copy of these that has no outcome, with the reason."""
    for some in _parts(batch_ids):
        session.execute(
            update(Delivery)
            .where(Delivery.batch_id.in_(some), Delivery.outcome.is_(None))
            .values(outcome=Outcome.SKIPPED, reason=reason[:500])
            .execution_options(synchronize_session=False)
        )
    _set(session, batch_ids, state=BatchState.SKIPPED, because=reason[:500], skipped=Batch.size - Batch.failed)


def _set(session: Session, batch_ids: Sequence[int], **values: object) -> None:
    for some in _parts(batch_ids):
        session.execute(
            update(Batch).where(Batch.id.in_(some)).values(values).execution_options(synchronize_session=False)
        )


def _parts(batch_ids: Sequence[int]) -> list[Sequence[int]]:
    """Databases take only so many parameters in a statement."""
    return [batch_ids[start : start + _MOST_IDS] for start in range(0, len(batch_ids), _MOST_IDS)]


def _unsettled() -> Select[int, int, str, str, str, int, float | None, float | None]:
    columns = (Batch.id, Batch.issue_id, Batch.state, Batch.cause, Batch.because)
    return select(*columns, _left(), Batch.unknown_at, Batch.heard_at).where(Batch.state.in_(UNSETTLED))


def _left() -> ColumnElement[int]:
    return Batch.size - Batch.failed - Batch.skipped


def _unsettled_batch(row: Sequence[Any]) -> UnsettledBatch:
    batch_id, issue_id, state, cause, because, copies, unknown_at, heard_at = row
    return UnsettledBatch(batch_id, issue_id, state, cause, because, copies, unknown_at, heard_at is not None)
