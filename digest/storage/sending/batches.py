"""Batches and attempts: up to 1,000 copies that share a request, and each try at that request."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, case, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.domain.issues.lifecycle import IssueState
from digest.storage.base.model import Base
from digest.storage.issues.issues import Issue


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


def batch_for_change(session: Session, batch_id: int) -> Batch:
    """The batch, fresh and locked until the transaction ends."""
    return session.get_one(Batch, batch_id, with_for_update=True, populate_existing=True)


def batch_ids_of(session: Session, issue_id: int) -> list[int]:
    """The ids of an issue's batches."""
    return list(session.scalars(select(Batch.id).where(Batch.issue_id == issue_id).order_by(Batch.id)))


def batches_in(session: Session, issue_id: int, *states: BatchState) -> int:
    """How many of the issue's batches are in one of these states."""
    return session.execute(select(func.count()).where(Batch.issue_id == issue_id, Batch.state.in_(states))).scalar_one()


def unclaimed_copies(session: Session, issue_id: int) -> int:
    """How many copies are in no request yet, by the batches' counters."""
    return _copies_left(session, issue_id, BatchState.PENDING)


def claimed_copies(session: Session, issue_id: int) -> int:
    """How many copies are in requests that are under way, by the batches' counters."""
    return _copies_left(session, issue_id, BatchState.CLAIMED)


def _copies_left(session: Session, issue_id: int, state: BatchState) -> int:
    left = func.coalesce(func.sum(Batch.size - Batch.failed - Batch.skipped), 0)
    return int(session.execute(select(left).where(Batch.issue_id == issue_id, Batch.state == state)).scalar_one())


def others_may_go(session: Session, batch: Batch, database_now: float) -> bool:
    """Whether a batch of another edition of its issue may be claimed now, or is in somebody's hands."""
    now = (Batch.state == BatchState.PENDING) & (Batch.retry_at <= database_now)
    found = select(Batch.id).where(
        Batch.issue_id == batch.issue_id,
        Batch.edition_id != batch.edition_id,
        now | (Batch.state == BatchState.CLAIMED),
    )
    return session.execute(found.limit(1)).scalar_one_or_none() is not None


def is_known_of_edition(session: Session, batch: Batch, because: str) -> bool:
    """Whether a batch of its edition gives this reason already."""
    found = select(Batch.id).where(
        Batch.issue_id == batch.issue_id, Batch.edition_id == batch.edition_id, Batch.because == because[:500]
    )
    return session.execute(found.limit(1)).scalar_one_or_none() is not None


def postpone_edition(session: Session, batch: Batch, because: str, until: float) -> None:
    """Let the waiting batches of its edition wait until then, by the database's clock. One that somebody is claiming at
    this moment is passed over.
    """
    waiting = select(Batch.id).where(
        Batch.issue_id == batch.issue_id, Batch.edition_id == batch.edition_id, Batch.state == BatchState.PENDING
    )
    ids = session.scalars(waiting.with_for_update(skip_locked=True)).all()
    session.execute(
        update(Batch)
        .where(Batch.id.in_(ids))
        .values(because=because[:500], retry_at=until)
        .execution_options(synchronize_session=False)
    )


def next_try(session: Session, issue_id: int) -> Batch | None:
    """The batch that may be claimed first of those that wait."""
    return session.execute(
        select(Batch)
        .where(Batch.issue_id == issue_id, Batch.state == BatchState.PENDING)
        .order_by(Batch.retry_at, Batch.id)
        .limit(1)
    ).scalar_one_or_none()


def is_anything_left(session: Session, issue_id: int) -> bool:
    """Whether a batch of the issue is still to be claimed, or in somebody's hands."""
    return batches_in(session, issue_id, BatchState.PENDING, BatchState.CLAIMED) > 0


def ended_copies(session: Session, issue_id: int) -> int:
    """How many copies are neither waiting nor claimed, by the batches' counters."""
    under_way = Batch.state.in_((BatchState.PENDING, BatchState.CLAIMED))
    ended = case((under_way, Batch.failed + Batch.skipped), else_=Batch.size)
    total = session.execute(select(func.coalesce(func.sum(ended), 0)).where(Batch.issue_id == issue_id)).scalar_one()
    return int(total)


def outcomes_are_open(session: Session) -> bool:
    """Whether an attempt of an issue that is being sent is under way, or its outcome unknown and not yet settled."""
    sending = select(Issue.id).where(Issue.state == IssueState.SENDING)
    found = select(Batch.id).where(
        Batch.issue_id.in_(sending), Batch.state.in_((BatchState.CLAIMED, BatchState.UNKNOWN))
    )
    return session.execute(found.limit(1)).scalar_one_or_none() is not None


def last_accepted_and_heard(session: Session) -> tuple[float | None, float | None]:
    """When a batch was last accepted, and when an event last told of a batch for the first time; database's seconds."""
    accepted, heard = session.execute(select(func.max(Batch.accepted_at), func.max(Batch.heard_at))).one()
    return accepted, heard


def hold_all_unfinished(
    session: Session, cause: Cause, because: str, outcome: str, now: datetime, database_now: float
) -> int:
    """Hold every batch that might still go or be settled by itself, and give its open attempts this outcome; returns
    how many batches.
    """
    unfinished = Batch.state.in_((BatchState.PENDING, BatchState.CLAIMED, BatchState.UNKNOWN))
    session.execute(
        update(Attempt)
        .where(Attempt.outcome.is_(None))
        .values(outcome=outcome, finished_at=now, detail=because)
        .execution_options(synchronize_session=False)
    )
    held = session.execute(select(func.count()).select_from(Batch).where(unfinished)).scalar_one()
    session.execute(
        update(Batch)
        .where(unfinished)
        .values(
            state=BatchState.HELD,
            cause=cause,
            because=because[:500],
            unknown_at=func.coalesce(Batch.unknown_at, database_now),
        )
        .execution_options(synchronize_session=False)
    )
    return held


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
