"""The statements of a send's turns: what may be claimed, what is claimed, what became of it.

Written once, with places for their values, and run past the mapper: building them anew for every batch would take
longer than the database does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Double, bindparam, exists, insert, select, update
from sqlalchemy.orm import Session

from digest.storage.base.model import table_of
from digest.storage.issues.issues import Issue
from digest.storage.sending.batches import Attempt, Batch, BatchState

_batch, _attempt, _issue = table_of(Batch), table_of(Attempt), table_of(Issue)


@dataclass(frozen=True)
class Claimable:
    """A batch that may be claimed, with what a claim needs to know of it."""

    id: int
    edition_id: int
    copies: int
    """How many copies it has without an outcome of their own."""


def claimable_batches(
    session: Session, issue_id: int, pace: float | None, database_now: float, most: int
) -> list[Claimable]:
    """Up to `most` batches that may be claimed now; none once the issue was stopped, waits, or has another pace than
    the caller read, which on PostgreSQL may have come to pass since. There they are locked, and locked ones are passed
    over.
    """
    session.flush()  # the statement goes past the mapper
    values = {"of_issue": issue_id, "same_pace": pace, "at": database_now, "most": most}
    return [Claimable(*row) for row in session.connection().execute(_CLAIMABLE, values)]


def mark_claimed(session: Session, batch_ids: Sequence[int]) -> None:
    """Batches that an attempt is made at."""
    session.connection().execute(_MARK_CLAIMED, [{"batch": batch_id} for batch_id in batch_ids])


def mark_skipped(session: Session, batch_id: int, readers: int, whole: bool) -> None:
    """Count so many copies of a batch as skipped; all that were left in it, if `whole`."""
    values: dict[str, object] = {"skipped": _batch.c.skipped + readers}
    if whole:
        values["state"] = BatchState.SKIPPED.value
    session.connection().execute(update(_batch).where(_batch.c.id == batch_id).values(values))


def mark_accepted(session: Session, batch_id: int, database_now: float) -> None:
    """A batch that was certainly taken."""
    session.connection().execute(_MARK_ACCEPTED, {"batch": batch_id, "at": database_now})


def add_attempts(
    session: Session, attempts: Sequence[tuple[str, int]], owner: str, lease_until: float, now: datetime
) -> None:
    """Attempts, each an id and its batch, by one owner and under one lease (by the database's clock)."""
    common = {"owner": owner, "lease_until": lease_until, "started_at": now}
    session.connection().execute(_ADD, [{"id": key, "batch_id": batch_id, **common} for key, batch_id in attempts])


def attempts_out_of_lease(session: Session, issue_id: int, database_now: float) -> list[tuple[str, str]]:
    """Attempts whose owner did not report in time, each an id and its owner: their outcome is unknown."""
    rows = session.connection().execute(_OUT_OF_LEASE, {"of_issue": issue_id, "at": database_now})
    return [(attempt_id, owner) for attempt_id, owner in rows]


def close_attempt(  # noqa: PLR0913 - the columns of its row
    session: Session,
    attempt_id: str,
    outcome: str,
    now: datetime,
    status: int | None,
    message_id: str,
    detail: str,
) -> int | None:
    """Write an attempt's outcome if it has none yet, and return its batch's id.

    None means that someone else has judged it, or that it was never committed (the fence).
    """
    values = {
        "attempt": attempt_id, "what": outcome, "at": now, "answer": status, "known_as": message_id[:200],
        "words": detail[:1000],
    }  # fmt: skip
    batch_id: int | None = session.connection().execute(_CLOSE, values).scalar_one_or_none()
    return batch_id


def complete_attempt(session: Session, attempt_id: str, status: int | None, message_id: str, *outcomes: str) -> None:
    """Add SendGrid's status and message id to an attempt that was judged to have one of these outcomes without them."""
    session.connection().execute(
        update(_attempt)
        .where(_attempt.c.id == attempt_id, _attempt.c.outcome.in_(outcomes), _attempt.c.message_id == "")
        .values(status=status, message_id=message_id[:200])
    )


_CLAIMABLE = (
    select(_batch.c.id, _batch.c.edition_id, _batch.c.size - _batch.c.failed - _batch.c.skipped)
    .where(
        _batch.c.issue_id == bindparam("of_issue"),
        _batch.c.state == BatchState.PENDING.value,
        _batch.c.retry_at <= bindparam("at"),
        exists().where(
            _issue.c.id == bindparam("of_issue"),
            _issue.c.stopped_at.is_(None),
            _issue.c.paused_until <= bindparam("at"),
            _issue.c.pace.is_not_distinct_from(bindparam("same_pace", type_=Double)),
        ),
    )
    .order_by(_batch.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=_batch)
)
_MARK_CLAIMED = (
    update(_batch)
    .where(_batch.c.id == bindparam("batch"))
    .values(state=BatchState.CLAIMED.value, tries=_batch.c.tries + 1)
)
_MARK_ACCEPTED = (
    update(_batch)
    .where(_batch.c.id == bindparam("batch"))
    .values(state=BatchState.ACCEPTED.value, because="", accepted_at=bindparam("at"))
)
_ADD = insert(_attempt)
_OUT_OF_LEASE = (
    select(_attempt.c.id, _attempt.c.owner)
    .join_from(_batch, _attempt, _attempt.c.batch_id == _batch.c.id)
    .where(
        _batch.c.issue_id == bindparam("of_issue"),
        _batch.c.state == BatchState.CLAIMED.value,
        _attempt.c.outcome.is_(None),
        _attempt.c.lease_until < bindparam("at"),
    )
    .with_for_update(skip_locked=True)
)
_CLOSE = (
    update(_attempt)
    .where(_attempt.c.id == bindparam("attempt"), _attempt.c.outcome.is_(None))
    .values(
        outcome=bindparam("what"),
        finished_at=bindparam("at"),
        status=bindparam("answer"),
        message_id=bindparam("known_as"),
        detail=bindparam("words"),
    )
    .returning(_attempt.c.batch_id)
)
