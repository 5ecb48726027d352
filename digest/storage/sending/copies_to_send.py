"""The copies of a batch as its claim takes them: whom they still go to, and why not to the others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    String,
    bindparam,
    cast,
    exists,
    func,
    select,
)
from sqlalchemy.orm import Session

from digest.storage.base.model import table_of, utc_day
from digest.storage.readers.subscribers import Subscriber, SubscriberState
from digest.storage.sending.deliveries import Delivery
from digest.storage.suppressions.suppressions import Suppression

PASSED_OVER = "left to the copy that an admin had sent to this reader alone"
"""The reason that a batch gives which is claimed after a copy was sent again."""


@dataclass(frozen=True)
class Copies:
    """What the personalizations of one request need to know of their readers, column by column.

    Columns, because a send handles every reader once, and an object for each would be a quarter of its time.
    """

    deliveries: Sequence[int] = ()
    addresses: Sequence[str] = ()
    link_keys: str = ""
    """All keys, one behind the other: 32 hexadecimal digits each."""
    confirmed_on: Sequence[str] = ()
    """The UTC date of the confirmation, as in 2024-05-17; empty where it is not known."""

    def __len__(self) -> int:
        return len(self.deliveries)

    def only(self, index: int) -> Copies:
        """One of them, by itself."""
        at, key = slice(index, index + 1), slice(32 * index, 32 * index + 32)
        return Copies(self.deliveries[at], self.addresses[at], self.link_keys[key], self.confirmed_on[at])


def copies_in(session: Session, batch_id: int) -> Copies:
    """The batch's copies that are still to be sent: without an outcome, and with their reader still confirmed, not
    paused and not suppressed. In no certain order, but the same in every column.
    """
    ids, addresses, link_keys, days = session.connection().execute(_COPIES, {"batch": batch_id}).one()
    if not ids:
        return Copies()
    deliveries, found = [int(key) for key in ids.split(",")], addresses.split("\n")
    if len(found) != len(deliveries):
        found = _addresses_of(session, deliveries)
    return Copies(deliveries, found, link_keys, days.split(","))


def _addresses_of(session: Session, deliveries: Sequence[int]) -> list[str]:
    """One by one: an address that holds a line break, which no version takes in, can't be told apart in a list."""
    rows = session.execute(select(Delivery.id, Delivery.address).where(Delivery.id.in_(deliveries)))
    known = {delivery_id: address or "" for delivery_id, address in rows}
    return [known[delivery_id] for delivery_id in deliveries]


def copies_gone(session: Session, batch_id: int, there: Collection[int]) -> dict[int, str]:
    """The batch's copies without an outcome whose readers are not `there` (deliveries): by delivery, the reason.

    On PostgreSQL each statement sees a moment of its own: who is there was decided before, and who left or came back
    between the two is not asked again.
    """
    rows = session.execute(
        select(
            Delivery.id,
            Subscriber.state,
            Suppression.address_hash.is_not(None),
            Delivery.again_at.is_not(None),
            Subscriber.paused_until.is_not(None),
            Subscriber.address.is_distinct_from(Delivery.address),
        )
        .outerjoin(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .outerjoin(Suppression, Suppression.address_hash == Subscriber.address_hash)
        .where(Delivery.batch_id == batch_id, Delivery.outcome.is_(None))
    )
    known = set(there)
    return {row[0]: _why_gone(row[1], row[2], row[3], row[4], moved=row[5]) for row in rows if row[0] not in known}


def _why_gone(state: str | None, suppressed: bool, sent_again: bool, paused: bool, moved: bool) -> str:
    if not state:
        return "erased before it was sent"
    if suppressed:
        return "suppressed before it was sent"
    if sent_again and state == SubscriberState.CONFIRMED:
        return PASSED_OVER
    if paused and state == SubscriberState.CONFIRMED:
        return "paused before it was sent"
    if moved and state == SubscriberState.CONFIRMED:
        return "moved to another address before it was sent"
    return "unsubscribed before it was sent"


_delivery, _reader = table_of(Delivery).c, table_of(Subscriber).c
_COPIES = (
    # One row with each column joined to a text: a thousand rows would cost more than all else that a claim does.
    select(
        func.coalesce(func.aggregate_strings(cast(_delivery.id, String), ","), ""),
        func.aggregate_strings(_delivery.address, "\n"),
        func.aggregate_strings(_reader.link_key, ""),
        func.aggregate_strings(func.coalesce(utc_day(_reader.confirmed_at), ""), ","),
    )
    .join_from(table_of(Delivery), table_of(Subscriber), _reader.id == _delivery.subscriber_id)
    .where(
        _delivery.batch_id == bindparam("batch"),
        _delivery.outcome.is_(None),
        _delivery.address == _reader.address,  # who has moved gets nothing at the old one
        _delivery.again_at.is_(None),
        _reader.state == SubscriberState.CONFIRMED.value,
        _reader.paused_until.is_(None),
        ~exists().where(table_of(Suppression).c.address_hash == _reader.address_hash),
    )
)
