"""Delivery status: what became of copies after SendGrid took them, as its events report it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, bindparam, case, func, select, update
from sqlalchemy.orm import Session

from digest.storage.sending.batches import Batch, BatchState
from digest.storage.sending.deliveries import Delivery, DeliveryStatus

RANKS: Mapping[str, int] = {status.value: rank for rank, status in enumerate(DeliveryStatus, start=1)}
"""How telling each delivery status is. A copy's only rises, so that neither order nor repetition of events matters."""


@dataclass(frozen=True, slots=True)
class ReportedCopy:
    """A copy that an event may be about. Without an address its reader was erased."""

    delivery_id: int
    batch_id: int
    address: str | None
    rank: int
    """How telling its delivery status is so far; 0 without one."""


@dataclass(frozen=True, slots=True)
class StatusTold:
    """The delivery status that an event tells of one copy."""

    delivery_id: int
    address: str
    status: DeliveryStatus
    at: datetime
    reason: str

    @property
    def rank(self) -> int:
        """How telling it is."""
        return RANKS[self.status]


def reported_copies(session: Session, delivery_ids: Collection[int]) -> dict[int, ReportedCopy]:
    """Those of these copies that there are, by their ids."""
    rows = session.execute(_asked().where(Delivery.id.in_(delivery_ids))) if delivery_ids else ()
    return {row.id: _copy(row) for row in rows}


def accepted_copies_to(session: Session, issue_id: int, addresses: Collection[str]) -> dict[str, ReportedCopy]:
    """The issue's copies to these addresses that were accepted, by address."""
    rows = session.execute(
        _asked()
        .join(Batch, Batch.id == Delivery.batch_id)
        .where(
            Delivery.issue_id == issue_id,
            Delivery.address.in_(addresses),
            Delivery.outcome.is_(None),
            Batch.state == BatchState.ACCEPTED,
        )
    )
    return {row.address: _copy(row) for row in rows}


def raise_statuses(session: Session, told: Sequence[StatusTold]) -> None:
    """Give copies these statuses, unless they have one that is as telling, or their reader was erased meanwhile.

    In one order, so that two processes that write the same copies wait for each other and never for both.
    """
    if told:
        rows = [
            {"key": one.delivery_id, "to": one.address, "new": one.status, "rank": one.rank, "at": one.at,
             "why": one.reason or None}
            for one in sorted(told, key=lambda one: one.delivery_id)
        ]  # fmt: skip
        # The connection's own way: the session would take many rows for an update by primary key alone.
        session.connection().execute(_RAISE, rows)


def statuses_in(session: Session, issue_id: int) -> dict[str, int]:
    """How many of the issue's copies have each delivery status, all of them named. Copies without are not counted."""
    rows = session.execute(
        select(Delivery.fate, func.count()).where(Delivery.issue_id == issue_id).group_by(Delivery.fate)
    )
    return {status.value: 0 for status in DeliveryStatus} | {status: count for status, count in rows if status}


def _asked() -> Select[int, int, str | None, str | None]:
    return select(Delivery.id, Delivery.batch_id, Delivery.address, Delivery.fate)


def _copy(row: Row[int, int, str | None, str | None]) -> ReportedCopy:
    return ReportedCopy(row.id, row.batch_id, row.address, RANKS.get(row.fate or "", 0))


_RAISE = (
    update(Delivery)
    .where(
        Delivery.id == bindparam("key"),
        Delivery.address == bindparam("to"),
        case(dict(RANKS), value=Delivery.fate, else_=0) < bindparam("rank"),
    )
    .values(fate=bindparam("new"), fate_at=bindparam("at"), fate_reason=bindparam("why"))
)
