"""Attempts as an account shows them: a page of an issue's batches, each with every try at it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from digest.storage.batches import Attempt, Batch, BatchState

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
