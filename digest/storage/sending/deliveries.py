"""Deliveries: one subscriber's copy of one issue each. They outlive the subscriber, without name or address."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain, pairwise, repeat
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    Text,
    UniqueConstraint,
    case,
    column,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from digest.storage.base.database import sqlite_function
from digest.storage.base.model import Base, BigKey
from digest.storage.issues.issues import Issue
from digest.storage.readers.subscribers import Subscriber, audience
from digest.storage.sending.batches import Batch, BatchState

_CHOICES = """
    SELECT value ->> 0 AS topics, (value ->> 1)::integer AS edition, (value ->> 2)::integer AS readers,
        (value ->> 3)::integer AS first_tile, (value ->> 4)::integer AS tiles
    FROM json_array_elements(CAST(:choices AS json))
"""
"""The choices of topics out of one parameter, an array of rows as `_choice_rows` gives them."""


class Outcome(StrEnum):
    """What became of one delivery where that differs from its batch."""

    FAILED = "failed"
    SKIPPED = "skipped"


class DeliveryStatus(StrEnum):
    """What SendGrid reports of one copy after the 202, from the least to the most telling."""

    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BLOCKED = "blocked"
    DROPPED = "dropped"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class Delivery(Base):
    """One copy. Without an outcome of its own it has its batch's."""

    __tablename__ = "deliveries"
    __table_args__ = (UniqueConstraint("issue_id", "subscriber_id"), UniqueConstraint("issue_id", "address"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    issue_id: Mapped[int]
    """Its batch's."""
    batch_id: Mapped[int] = mapped_column(index=True)
    """Neither is a foreign key: checking a million rows one by one would be a third of a freeze, which counts the
    copies by batch before it is committed; and whoever deletes an issue deletes its copies.
    """
    subscriber_id: Mapped[int | None] = mapped_column(Integer)
    """Deliberately no foreign key: erasing a reader leaves the account of past issues whole."""
    address: Mapped[str | None] = mapped_column(String(254))
    outcome: Mapped[str | None] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(500))
    fate: Mapped[str | None] = mapped_column(String(12))
    """What SendGrid's events say became of it after it was accepted."""
    fate_at: Mapped[datetime | None]
    fate_reason: Mapped[str | None] = mapped_column(String(500))
    again_at: Mapped[datetime | None]
    """When an admin last sent it again to this reader alone, as an exception."""


@dataclass(frozen=True)
class EditionBatches:
    """The readers of one edition: their choices of topics, how many they are, and the batches for them, in order."""

    choices: Collection[str]
    readers: int
    batch_ids: Sequence[int]


def deliver_to_audience(session: Session, issue_id: int, editions: Sequence[EditionBatches]) -> None:
    """Give each of the audience a delivery in a batch of the edition that has their choice of topics, spread evenly
    over its batches as `even_sizes` says.

    One statement for all editions, since each reads every reader. Their choices go along in one parameter: there may
    be more of them than a statement takes parameters, one may be longer than an index takes, and a table made for the
    moment would ask for a privilege that not every database gives. On SQLite, which is in this process, the statement
    asks for each reader's batch as it comes to them: to number them by edition it would sort them all.
    """
    if session.get_bind().dialect.name == "sqlite":
        batch = func.digest_next_batch(Subscriber.topics)
        with sqlite_function(session, "digest_next_batch", _next_batch(editions)):
            chosen = audience().with_only_columns(literal(issue_id), batch, Subscriber.id, Subscriber.address)
            _deliver(session, chosen.order_by(Subscriber.id))
        return
    ids = [batch_id for edition in editions for batch_id in edition.batch_ids]
    numbered = (_by_choice(editions) if len(editions) > 1 else _everyone(editions[0])).subquery()
    batch_of_tile: ColumnElement[int] = numbered.c.tile + ids[0]
    if ids != list(range(ids[0], ids[0] + len(ids))):
        batch_of_tile = case(dict(enumerate(ids)), value=numbered.c.tile)
    _deliver(session, select(literal(issue_id), batch_of_tile, numbered.c.id, numbered.c.address))


def _deliver(session: Session, chosen: Select[Any]) -> None:
    session.execute(insert(Delivery).from_select(["issue_id", "batch_id", "subscriber_id", "address"], chosen))


def _next_batch(editions: Sequence[EditionBatches]) -> Callable[[str], int]:
    """What tells the batch of the next reader by their choice of topics; 0, which none is, where there is none left:
    then the sums don't agree, and nothing is frozen.
    """
    left: dict[str, Iterator[int]] = {}
    for edition in editions:
        sizes = even_sizes(edition.readers, len(edition.batch_ids))
        places = chain.from_iterable(map(repeat, edition.batch_ids, sizes))
        left |= dict.fromkeys(edition.choices, places)
    nothing: Iterator[int] = iter(())
    return lambda topics: next(left.get(topics, nothing), 0)


# Readers are numbered in the order of their rows, so that a claim finds its thousand side by side.


def _everyone(edition: EditionBatches) -> Select[int, int, str]:
    number = func.row_number().over(order_by=Subscriber.id) - 1
    tile = number * len(edition.batch_ids) // edition.readers
    return audience().with_only_columns(tile.label("tile"), Subscriber.id, Subscriber.address)


def _by_choice(editions: Sequence[EditionBatches]) -> Select[int, int, str]:
    rows = text(_CHOICES).bindparams(choices=json.dumps(list(_choice_rows(editions))))
    numbers = (column(name, Integer) for name in ("edition", "readers", "first_tile", "tiles"))
    choices = rows.columns(column("topics", Text), *numbers).cte("choices")
    number = func.row_number().over(partition_by=choices.c.edition, order_by=Subscriber.id) - 1
    tile = choices.c.first_tile + number * choices.c.tiles // choices.c.readers
    return (
        audience()
        .join(choices, choices.c.topics == Subscriber.topics)
        .with_only_columns(tile.label("tile"), Subscriber.id, Subscriber.address)
    )


def _choice_rows(editions: Sequence[EditionBatches]) -> Iterator[tuple[str, int, int, int, int]]:
    """The topics, the edition's number, its readers, its first batch's place among all, and how many batches it has."""
    first_tile = 0
    for number, edition in enumerate(editions):
        for topics in edition.choices:
            yield topics, number, edition.readers, first_tile, len(edition.batch_ids)
        first_tile += len(edition.batch_ids)


def even_sizes(readers: int, batches: int) -> list[int]:
    """How many of so many readers each batch gets; no two differ by more than one."""
    firsts = [-(-number * readers // batches) for number in range(batches + 1)]
    return [after - first for first, after in pairwise(firsts)]


@dataclass(frozen=True)
class BatchCount:
    """How many copies a batch says it has, and how many there are."""

    size: int
    copies: int


def count_by_batch(session: Session, issue_id: int) -> list[BatchCount]:
    """The issue's batches counted."""
    rows = session.execute(
        select(Batch.size, func.count(Delivery.id))
        .outerjoin(Delivery, Delivery.batch_id == Batch.id)
        .where(Batch.issue_id == issue_id)
        .group_by(Batch.id, Batch.size)
    )
    return [BatchCount(size, copies) for size, copies in rows]


def end_copies(session: Session, outcome: Outcome, reasons: Mapping[int, str]) -> None:
    """Give copies an outcome of their own, each with its reason."""
    for delivery_id, reason in reasons.items():
        session.execute(update(Delivery).where(Delivery.id == delivery_id).values(outcome=outcome, reason=reason[:500]))


def move_copies(session: Session, delivery_ids: Sequence[int], batch_id: int) -> None:
    """Put copies into another batch: a refused batch goes on as its children."""
    session.execute(update(Delivery).where(Delivery.id.in_(delivery_ids)).values(batch_id=batch_id))


def has_copy(session: Session, issue_id: int, subscriber_id: int, address: str) -> bool:
    """Whether a copy of this issue was made for this reader or address, and not skipped."""
    theirs = (Delivery.subscriber_id == subscriber_id) | (Delivery.address == address)
    kept = Delivery.outcome.is_distinct_from(Outcome.SKIPPED)
    found = select(Delivery.id).where(Delivery.issue_id == issue_id, theirs, kept).limit(1)
    return session.execute(found).scalar_one_or_none() is not None


def readdress_copies(session: Session, subscriber_id: int, address: str) -> None:
    """Let a reader's copies that nobody has claimed yet go to another address."""
    theirs = (Delivery.issue_id.in_(every_issue()), Delivery.subscriber_id == subscriber_id, Delivery.outcome.is_(None))
    batch_ids = session.scalars(select(Delivery.batch_id).where(*theirs)).all()
    # A sender that claims meanwhile either has the batch's row already, or waits and reads the new address.
    unclaimed = select(Batch.id).where(Batch.id.in_(batch_ids), Batch.state == BatchState.PENDING).order_by(Batch.id)
    mine = session.scalars(unclaimed.with_for_update()).all()
    another = aliased(Delivery)
    has_one = select(another.id).where(another.issue_id == Delivery.issue_id, another.address == address)
    session.execute(
        update(Delivery)
        .where(*theirs, Delivery.batch_id.in_(mine), ~has_one.correlate(Delivery).exists())
        .values(address=address)
        .execution_options(synchronize_session=False)
    )


def addresses_of_copies(session: Session, subscriber_id: int) -> Sequence[str]:
    """Every address that a reader's copies went or go to."""
    theirs = (Delivery.issue_id.in_(every_issue()), Delivery.subscriber_id == subscriber_id)
    asked = select(Delivery.address).where(*theirs, Delivery.address.is_not(None)).distinct()
    return [address for address in session.scalars(asked) if address]


def every_issue() -> Select[int]:
    """Every issue's id. The unique indexes on copies begin with the issue: named with it, one reader's copies are
    found by a look-up an issue, where a million copies an issue would be read without it.
    """
    return select(Issue.id)


def forget_reader(session: Session, address: str, subscriber_id: int | None = None) -> None:
    """Take a reader out of every copy, also of those that went to an address before this one; the copies stay, so that
    past accounts still add up.
    """
    theirs = (Delivery.address == address, *([Delivery.subscriber_id == subscriber_id] if subscriber_id else []))
    for those in theirs:  # one by one, since each is found by an index of its own
        _forget_readers(session, Delivery.issue_id.in_(every_issue()), those)


def forget_readers_of(session: Session, batch_id: int) -> None:
    """Take its readers out of every copy of a batch."""
    _forget_readers(session, Delivery.batch_id == batch_id)


def _forget_readers(session: Session, *which: ColumnElement[bool]) -> None:
    named = func.coalesce(Delivery.address, "")
    session.execute(
        update(Delivery)
        .where(*which)
        .values(
            subscriber_id=None,
            address=None,
            reason=func.replace(Delivery.reason, named, "(erased)"),  # SendGrid's words may name the address
            fate_reason=None,  # a mail server's words may name it in any spelling
        )
        .execution_options(synchronize_session=False)
    )
