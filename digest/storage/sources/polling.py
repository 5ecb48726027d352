"""Whose turn it is: sources that are due, the hosts that they ask, and the lease under which one is asked.

What is decided here is decided in one transaction, so that it holds across threads, processes and machines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import Session

from digest.domain.sources.hosts import HostStanding, host_of
from digest.domain.sources.states import SourceKind, SourceState
from digest.storage.sources.hosts import FeedHost, visits_under_way
from digest.storage.sources.sources import WatchedSource

_AT_REST = (SourceState.GONE, SourceState.PAUSED)
_HOSTS_AT_ONCE = 500


@dataclass(frozen=True)
class PolledSource:
    """A source as its asker needs it, without the database."""

    id: int
    kind: str
    url: str
    fetch_url: str
    recipe: str
    etag: str
    last_modified: str
    asks: int
    """Before this one."""
    failures: int
    checked_at: datetime | None
    ok_at: datetime | None

    @property
    def is_conditional(self) -> bool:
        """Whether it gave us something to ask “anything newer?” with."""
        return bool(self.etag or self.last_modified)


_COLUMNS = tuple(getattr(WatchedSource, name) for name in PolledSource.__dataclass_fields__)


def due_sources(session: Session, now: datetime) -> list[PolledSource]:
    """Sources that are due and that nobody is asking, the longest due first."""
    asked = _askable(now).where(WatchedSource.next_at <= now).order_by(WatchedSource.next_at, WatchedSource.id)
    return [PolledSource(*row) for row in session.execute(asked)]


def these_sources(session: Session, now: datetime, ids: Collection[int]) -> list[PolledSource]:
    """Those of these sources that may be asked, due or not, and that nobody is asking."""
    asked = _askable(now).order_by(WatchedSource.next_at, WatchedSource.id)
    return [found for found in (PolledSource(*row) for row in session.execute(asked)) if found.id in ids]


def polled_ids(session: Session) -> list[int]:
    """The ids of all sources that can be polled, those at rest included."""
    asked = select(WatchedSource.id).where(WatchedSource.kind != SourceKind.MAIL)
    return list(session.execute(asked).scalars())


def standing_of_hosts(session: Session, now: datetime, hosts: Collection[str]) -> dict[str, HostStanding]:
    """How these hosts stand, each in the answer."""
    leased = select(WatchedSource.fetch_url).where(WatchedSource.lease_until > now)
    under_way = Counter(map(host_of, session.execute(leased).scalars())) + visits_under_way(session, now)
    known: dict[str, FeedHost] = {}
    names = sorted(hosts)
    for start in range(0, len(names), _HOSTS_AT_ONCE):
        some = names[start : start + _HOSTS_AT_ONCE]
        for row in session.execute(select(FeedHost).where(FeedHost.host.in_(some))).scalars():
            known[row.host] = row
    return {
        name: HostStanding(known[name].asked_at, under_way[name], known[name].not_before)
        if name in known
        else HostStanding(None, under_way[name])
        for name in names
    }


def host_named(session: Session, host: str) -> FeedHost:
    """The row of a host, made if there is none yet; under the lock of whoever polls (`one_at_a_time`)."""
    found = known_host(session, host)
    if found is None:
        found = FeedHost(host=host[:260])
        session.add(found)
    return found


def known_host(session: Session, host: str) -> FeedHost | None:
    """The row of a host, if it was ever asked."""
    return session.get(FeedHost, host[:260])


@dataclass(frozen=True)
class Lease:
    """Who asks, and until when nobody else does."""

    owner: str
    until: datetime


def lease(session: Session, source_id: int, lease: Lease, now: datetime, next_at: datetime) -> None:
    """Write that a source is about to be asked, before any byte leaves; and when it is due should we die of it."""
    session.execute(
        update(WatchedSource)
        .where(WatchedSource.id == source_id)
        .values(
            lease_owner=lease.owner,
            lease_until=lease.until,
            checked_at=now,
            next_at=next_at,
            asks=WatchedSource.asks + 1,
        )
    )


def leased_source(session: Session, source_id: int, owner: str) -> WatchedSource | None:
    """The source, locked, if it is under this lease: else it was removed, or someone else has asked since."""
    asked = select(WatchedSource).where(WatchedSource.id == source_id, WatchedSource.lease_owner == owner)
    return session.execute(asked.with_for_update()).scalar_one_or_none()


class DueMinutes:
    """How many sources are due at each minute, as of when it was read, and as added to since."""

    def __init__(self, session: Session, now: datetime) -> None:
        moments = select(WatchedSource.next_at).where(WatchedSource.next_at > now)
        self._minutes = Counter(_minute(moment) for moment in session.execute(moments).scalars() if moment)
        self.sources = session.execute(select(func.count()).select_from(WatchedSource)).scalar_one()

    def at(self, moment: datetime) -> int:
        """How many are due in this minute."""
        return self._minutes[_minute(moment)]

    def move(self, before: datetime | None, after: datetime) -> None:
        """Count one that is due at another moment now."""
        if before is not None and self._minutes[_minute(before)] > 0:
            self._minutes[_minute(before)] -= 1
        self._minutes[_minute(after)] += 1


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _askable(now: datetime) -> Select[Any]:
    return select(*_COLUMNS).where(
        WatchedSource.kind != SourceKind.MAIL,
        WatchedSource.state.not_in(_AT_REST),
        or_(WatchedSource.lease_until.is_(None), WatchedSource.lease_until <= now),
    )
