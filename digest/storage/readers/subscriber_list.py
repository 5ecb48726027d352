"""The list of subscribers, a page at a time by key: a million of them cost no more than a page.

Without a search the newest come first, by their ids. A search goes by the beginning of the address, in the order of
its bytes. What no index knows (a topic, a suppression, with a search the state) is looked for in so many rows at most;
a page says how far it came, and the next one goes on from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, literal, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from digest.storage.base.model import table_of
from digest.storage.readers.subscribers import Subscriber
from digest.storage.readers.topic_choices import chose
from digest.storage.suppressions.suppressions import Suppression

SUPPRESSED = "suppressed"
"""Asked for like a state: whose address is suppressed, whatever their state."""
_LOOKED_THROUGH = 10_000
_LAST = "\U0010ffff"
_ADDRESS = table_of(Subscriber).c.address


@dataclass(frozen=True)
class WantedReaders:
    """Which subscribers: of a state (or `SUPPRESSED`), who chose a topic, whose address begins so. Empty: any."""

    state: str = ""
    topic: str = ""
    beginning: str = ""

    @property
    def is_anybody(self) -> bool:
        """Whether everybody is wanted."""
        return self == WantedReaders()


@dataclass(frozen=True)
class SubscriberPage:
    """Some of them. `after` is where the next page begins, empty at the end of the list; `is_partial`: rows were left
    to look through, so that there may be more although the page is not full.
    """

    found: Sequence[Subscriber]
    suppressed: frozenset[int]
    after: str
    is_partial: bool = False


def subscriber_page(session: Session, wanted: WantedReaders, after: str, size: int) -> SubscriberPage:
    """The page that begins behind `after`, which the page before gave; empty: the first one."""
    rows = _rows(session, wanted, after)
    conditions = _unindexed(wanted)
    asked = (
        _looked_through(session, wanted, rows).where(*conditions) if conditions else rows.with_only_columns(Subscriber)
    )
    found = list(session.scalars(asked.limit(size + 1)))
    if len(found) > size:
        found = found[:size]
        return SubscriberPage(found, _suppressed(session, found), _key(wanted, found[-1]))
    end = _end(session, wanted, rows) if conditions else ""
    return SubscriberPage(found, _suppressed(session, found), end, bool(end))


def beginning_count(session: Session, wanted: WantedReaders, most: int) -> int:
    """How many subscribers there are of those whom the index knows; `most` + 1 stands for more."""
    return session.execute(
        select(func.count()).select_from(_rows(session, wanted, "").limit(most + 1).subquery())
    ).scalar_one()


def subscribers_like(session: Session, wanted: WantedReaders, size: int) -> SubscriberPage:
    """Some of those wanted who have the text anywhere in the address or name: every row is looked at."""
    text = wanted.beginning
    anywhere = Subscriber.address.contains(text, autoescape=True) | Subscriber.name.icontains(text, autoescape=True)
    asked = select(Subscriber).where(anywhere, *_unindexed(wanted)).order_by(Subscriber.id.desc())
    found = list(session.scalars(asked.limit(size + 1)))
    some = found[:size]
    return SubscriberPage(some, _suppressed(session, some), "", len(found) > size)


def are_many(session: Session, most: int) -> bool:
    """Whether there are more subscribers than that."""
    beyond = select(Subscriber.id).offset(most).limit(1)
    return session.execute(beyond).scalar_one_or_none() is not None


def _rows(session: Session, wanted: WantedReaders, after: str) -> Select[int, str]:
    """Ids and addresses of those whom an index finds, in its order."""
    asked = select(Subscriber.id, Subscriber.address)
    if not wanted.beginning:
        asked = asked.order_by(Subscriber.id.desc())
        if wanted.state and wanted.state != SUPPRESSED:
            asked = asked.where(Subscriber.state == wanted.state)
        return asked.where(Subscriber.id < int(after)) if after else asked
    asked = asked.order_by(_by_bytes(session, _ADDRESS))
    asked = asked.where(_compared(session, ">=", wanted.beginning))
    asked = asked.where(_compared(session, "<", wanted.beginning + _LAST))
    return asked.where(_compared(session, ">", after)) if after else asked


def _looked_through(session: Session, wanted: WantedReaders, rows: Select[int, str]) -> Select[Subscriber]:
    looked = rows.limit(_LOOKED_THROUGH).subquery()
    asked = select(Subscriber).join(looked, looked.c.id == Subscriber.id)
    return asked.order_by(_by_bytes(session, looked.c.address) if wanted.beginning else looked.c.id.desc())


def _unindexed(wanted: WantedReaders) -> list[ColumnElement[bool]]:
    conditions = [chose(wanted.topic)] if wanted.topic else []
    if wanted.state == SUPPRESSED:
        banned = select(Suppression.address_hash).where(Suppression.address_hash == Subscriber.address_hash)
        conditions.append(banned.correlate(Subscriber).exists())
    elif wanted.state and wanted.beginning:
        conditions.append(Subscriber.state == wanted.state)
    return conditions


def _end(session: Session, wanted: WantedReaders, rows: Select[int, str]) -> str:
    """The key of the last row that was looked through; empty where there are no more behind it."""
    last = session.execute(rows.offset(_LOOKED_THROUGH - 1).limit(2)).all()
    if len(last) < 2:
        return ""
    return str(last[0][1] if wanted.beginning else last[0][0])


def _key(wanted: WantedReaders, subscriber: Subscriber) -> str:
    return subscriber.address if wanted.beginning else str(subscriber.id)


def _suppressed(session: Session, found: Sequence[Subscriber]) -> frozenset[int]:
    hashes = {subscriber.address_hash: subscriber.id for subscriber in found}
    asked = select(Suppression.address_hash).where(Suppression.address_hash.in_(hashes))
    return frozenset(hashes[one] for one in session.scalars(asked))


def _compared(session: Session, sign: str, value: str) -> ColumnElement[bool]:
    """An address by its bytes: SQLite's own order, and on PostgreSQL that of the index for beginnings."""
    return Subscriber.address.bool_op(f"~{sign}~" if _is_postgresql(session) else sign)(literal(value))


def _by_bytes(session: Session, address: ColumnElement[str]) -> ColumnElement[str]:
    return UnaryExpression(address, modifier=custom_op("USING ~<~")) if _is_postgresql(session) else address


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
