"""Account lines: each copy of an issue by itself, with where it is and what SendGrid reported of it; why some were
skipped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digest.storage.accounting.accounts import where_it_is
from digest.storage.sending.batches import Attempt, Batch
from digest.storage.sending.deliveries import Delivery, Outcome


class AccountLine(NamedTuple):
    """One reader's copy as an account lists it; empty where nothing is known. A plain tuple, for there are many."""

    delivery_id: int
    address: str | None
    batch_id: int
    message_id: str | None
    outcome: str
    """The part of the account that it is counted in."""
    reason: str
    fate: str | None
    fate_at: datetime | None
    fate_reason: str | None


class Span(NamedTuple):
    """The ids among which an issue's copies are."""

    first: int
    last: int


def span_of(session: Session, issue_id: int) -> Span | None:
    """Where the issue's copies are; None if it has none."""
    ends = select(func.min(Delivery.id), func.max(Delivery.id)).where(Delivery.issue_id == issue_id)
    first, last = session.execute(ends).one()
    return None if first is None else Span(first, last)


def lines_in(session: Session, issue_id: int, span: Span, most: int) -> Sequence[AccountLine]:
    """The first copies of the issue within the span, in the order of their ids."""
    taken = (
        select(Attempt.batch_id, func.max(Attempt.message_id).label("message_id"))
        .join(Batch, Batch.id == Attempt.batch_id)
        .where(Batch.issue_id == issue_id, Attempt.message_id != "")
        .group_by(Attempt.batch_id)
        .subquery()
    )
    rows = session.execute(
        select(
            Delivery.id, Delivery.address, Delivery.batch_id, taken.c.message_id,
            Batch.state, Delivery.outcome, Delivery.reason, Batch.because,
            Delivery.fate, Delivery.fate_at, Delivery.fate_reason,
        )
        .join(Batch, Batch.id == Delivery.batch_id)
        .outerjoin(taken, taken.c.batch_id == Delivery.batch_id)
        # A sum has no index: by that of the issue, SQLite would read and sort all its copies for every few of them.
        .where(Delivery.id.between(*span), Delivery.issue_id + 0 == issue_id)
        .order_by(Delivery.id)
        .limit(most)
    )  # fmt: skip
    return [_line(*row) for row in rows]


def skips_in(session: Session, batch_ids: Sequence[int]) -> Mapping[int, Sequence[tuple[str, int]]]:
    """Why copies of these batches were skipped: by batch, each reason with its number of copies, the most first."""
    rows = session.execute(
        select(Delivery.batch_id, Delivery.reason, func.count())
        .where(Delivery.batch_id.in_(batch_ids), Delivery.outcome == Outcome.SKIPPED)
        .group_by(Delivery.batch_id, Delivery.reason)
        .order_by(func.count().desc(), Delivery.reason)
    )
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for batch_id, reason, copies in rows:
        found[batch_id].append((reason or "", copies))
    return found


def _line(  # noqa: PLR0913 - the columns of its row
    delivery_id: int,
    address: str | None,
    batch_id: int,
    message_id: str | None,
    state: str,
    outcome: str | None,
    reason: str | None,
    because: str,
    fate: str | None,
    fate_at: datetime | None,
    fate_reason: str | None,
) -> AccountLine:
    if outcome:
        # It ended by itself, and was not in the request that the others of its batch went with.
        return AccountLine(delivery_id, address, batch_id, None, outcome, reason or "", fate, fate_at, fate_reason)
    part = where_it_is(None, state)
    return AccountLine(delivery_id, address, batch_id, message_id, part, because, fate, fate_at, fate_reason)
