"""Batches and attempts: up to 1,000 copies that share a request, and each try at that request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, case, func, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base import Base
from digest.storage.issues import Issue


class BatchState(StrEnum):
    """Where a batch is; a copy without an outcome of its own is there too."""

    PENDING = "pending"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    HELD = "held"
    FAILED = "failed"
    SKIPPED = "skipped"


class Batch(Base):
    """One batch. `failed` and `skipped` count the copies that have that outcome of their own."""

    __tablename__ = "batches"
    __table_args__ = (Index(None, "issue_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"))
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(10), default=BatchState.PENDING)
    size: Mapped[int]
    failed: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[float] = mapped_column(default=0.0)
    """Seconds since 1970 by the database's clock: not claimed before."""
    because: Mapped[str] = mapped_column(String(500), default="")
    cause: Mapped[str] = mapped_column(String(20), default="")
    """Why nobody can know what became of it (`Cause`), so that one decision can cover all that share it."""
    accepted_at: Mapped[float | None]
    """Seconds since 1970 by the database's clock: when a 202, an event or a person said that it was taken."""
    unknown_at: Mapped[float | None]
    """Seconds since 1970 by the database's clock: since when nobody knows."""
    heard_at: Mapped[float | None]
    """Seconds since 1970 by the database's clock: when the first signed event of one of its attempts came."""


class Cause(StrEnum):
    """Why nobody can know what became of a batch."""

    NO_ANSWER = "no answer"
    """The whole request had left, and no complete answer came."""
    BAD_ANSWER = "bad answer"
    """A complete answer came that says nothing certain, such as a 503."""
    SENDER_DIED = "sender died"
    """The sender did not report within its lease."""
    RESTORED = "restored"
    """The database was brought back from a backup that is older than the send."""


class Attempt(Base):
    """One try at a batch, committed before any byte leaves. Without an outcome it is under way, or its worker died."""

    __tablename__ = "attempts"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"), index=True)
    owner: Mapped[str] = mapped_column(String(200))
    lease_until: Mapped[float]
    """Seconds since 1970 by the database's clock."""
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(20), index=True)
    status: Mapped[int | None]
    message_id: Mapped[str] = mapped_column(String(200), default="")
    detail: Mapped[str] = mapped_column(String(1000), default="")


@dataclass(frozen=True)
class Claimable:
    """A batch that may be claimed, with what a claim needs to know of it."""

    id: int
    edition_id: int


def claimable_batches(session: Session, issue_id: int, database_now: float, most: int) -> list[Claimable]:
    """Up to `most` batches that may be claimed now. On PostgreSQL they are locked, and locked ones are passed over."""
    rows = session.execute(
        select(Batch.id, Batch.edition_id)
        .where(Batch.issue_id == issue_id, Batch.state == BatchState.PENDING, Batch.retry_at <= database_now)
        .order_by(Batch.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return [Claimable(batch_id, edition_id) for batch_id, edition_id in rows]


def mark_claimed(session: Session, batch_ids: Sequence[int]) -> None:
    """Batches that an attempt is made at."""
    session.execute(
        update(Batch)
        .where(Batch.id.in_(batch_ids))
        .values(state=BatchState.CLAIMED, tries=Batch.tries + 1)
        .execution_options(synchronize_session=False)
    )


def mark_skipped(session: Session, batch_id: int, readers: int, whole: bool) -> None:
    """Count so many copies of a batch as skipped; all that were left in it, if `whole`."""
    values: dict[str, object] = {"skipped": Batch.skipped + readers}
    if whole:
        values["state"] = BatchState.SKIPPED
    session.execute(
        update(Batch).where(Batch.id == batch_id).values(values).execution_options(synchronize_session=False)
    )


def mark_accepted(session: Session, batch_id: int, database_now: float) -> None:
    """A batch that was certainly taken."""
    session.execute(
        update(Batch)
        .where(Batch.id == batch_id)
        .values(state=BatchState.ACCEPTED, because="", accepted_at=database_now)
        .execution_options(synchronize_session=False)
    )


def add_attempts(
    session: Session, attempts: Sequence[tuple[str, int]], owner: str, lease_until: float, now: datetime
) -> None:
    """Attempts, each an id and its batch, by one owner and under one lease (by the database's clock)."""
    common = {"owner": owner, "lease_until": lease_until, "started_at": now}
    session.execute(insert(Attempt), [{"id": key, "batch_id": batch_id, **common} for key, batch_id in attempts])


def attempts_out_of_lease(session: Session, issue_id: int, database_now: float) -> list[tuple[str, str]]:
    """Attempts whose owner did not report in time, each an id and its owner: their outcome is unknown."""
    rows = session.execute(
        select(Attempt.id, Attempt.owner)
        .join(Batch, Batch.id == Attempt.batch_id)
        .where(
            Batch.issue_id == issue_id,
            Batch.state == BatchState.CLAIMED,
            Attempt.outcome.is_(None),
            Attempt.lease_until < database_now,
        )
        .with_for_update(skip_locked=True)
    )
    return [(attempt_id, owner) for attempt_id, owner in rows]


def close_attempt(
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
    return session.execute(
        update(Attempt)
        .where(Attempt.id == attempt_id, Attempt.outcome.is_(None))
        .values(outcome=outcome, finished_at=now, status=status, message_id=message_id[:200], detail=detail[:1000])
        .returning(Attempt.batch_id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()


def batch_for_change(session: Session, batch_id: int) -> Batch:
    """The batch, fresh and locked until the transaction ends."""
    return session.get_one(Batch, batch_id, with_for_update=True, populate_existing=True)


def batches_in(session: Session, issue_id: int, *states: BatchState) -> int:
    """How many of the issue's batches are in one of these states."""
    return session.execute(select(func.count()).where(Batch.issue_id == issue_id, Batch.state.in_(states))).scalar_one()


def unclaimed_copies(session: Session, issue_id: int) -> int:
    """How many copies are in no request yet, by the batches' counters."""
    left = func.coalesce(func.sum(Batch.size - Batch.failed - Batch.skipped), 0)
    return int(
        session.execute(select(left).where(Batch.issue_id == issue_id, Batch.state == BatchState.PENDING)).scalar_one()
    )


def ended_copies(session: Session, issue_id: int) -> int:
    """How many copies are neither waiting nor claimed, by the batches' counters."""
    under_way = Batch.state.in_((BatchState.PENDING, BatchState.CLAIMED))
    ended = case((under_way, Batch.failed + Batch.skipped), else_=Batch.size)
    total = session.execute(select(func.coalesce(func.sum(ended), 0)).where(Batch.issue_id == issue_id)).scalar_one()
    return int(total)


def seconds_until_claimable(session: Session, issue_id: int, database_now: float) -> float | None:
    """How long until a pending batch may be claimed or a lease ends; None when nothing is left to wait for."""
    issue = session.get_one(Issue, issue_id)
    pending = session.execute(
        select(func.min(Batch.retry_at)).where(Batch.issue_id == issue_id, Batch.state == BatchState.PENDING)
    ).scalar_one()
    lease = session.execute(
        select(func.min(Attempt.lease_until))
        .join(Batch, Batch.id == Attempt.batch_id)
        .where(Batch.issue_id == issue_id, Batch.state == BatchState.CLAIMED, Attempt.outcome.is_(None))
    ).scalar_one()
    moments = [max(pending, issue.paused_until)] if pending is not None and issue.stopped_at is None else []
    moments += [lease] if lease is not None else []
    return max(0.0, min(moments) - database_now) if moments else None


def batches_with_attempts(session: Session, issue_id: int) -> list[tuple[Batch, int]]:
    """The issue's batches in order, each with how many attempts it had."""
    rows = session.execute(
        select(Batch, func.count(Attempt.id))
        .outerjoin(Attempt, Attempt.batch_id == Batch.id)
        .where(Batch.issue_id == issue_id)
        .group_by(Batch.id)
        .order_by(Batch.id)
    )
    return [(batch, count) for batch, count in rows]
