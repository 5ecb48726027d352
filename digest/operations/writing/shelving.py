"""Putting new summaries into the archive in short transactions, so that whoever else writes waits for one at most.

On SQLite everybody who writes waits for the one who does. A transaction therefore ends when its time is up, however few
rows it has, and leaves a gap in which whoever waits gets the lock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from digest.operations.shared.wakeups import pause
from digest.operations.writing.arrivals import Arrival, unpacked
from digest.storage.base.database import Database
from digest.storage.writing.import_spool import ImportSpool
from digest.storage.writing.publications import known_publication_ids, publication_ids
from digest.storage.writing.summary_rows import NewSummary, add_published, free_ids
from digest.storage.writing.topics import topics_named

HELD = 0.04
"""Seconds after which a transaction takes in no more rows."""
GAP = 0.008
"""Seconds between two transactions: pages look for the lock every 5 ms (`storage.base.patience`)."""
_STEP = 50
_READ_AHEAD = 500


def shelve(db: Database, now: datetime, spool: ImportSpool, tell: Callable[[int], None]) -> int:
    """Store every fresh line's summary, published as of `now`; returns how many. `tell` hears after each transaction.

    What is stored when it raises stays; the import, run again, finds it there and goes on behind it.
    """
    names, done, until = _Names(), 0, 0.0
    for ready in _fresh(spool):
        while ready:
            pause(until - time.monotonic())  # the rest of the gap: reading from the spool took its share
            places = _store_some(db, now, names, ready)
            until = time.monotonic() + GAP
            spool.stored(places)
            ready, done = ready[len(places) :], done + len(places)
            tell(done)
    return done


class _Names:
    """The ids of publications and topics by name, asked for as seldom as can be, and made with their first summary."""

    def __init__(self) -> None:
        self._publications: dict[str, int] = {}
        self._topics: dict[str, int] = {}

    def look_up(self, session: Session, names: Iterable[str]) -> None:
        """Ask for the publications of many summaries at once."""
        if unknown := [name for name in dict.fromkeys(names) if name not in self._publications]:
            self._publications |= known_publication_ids(session, unknown)

    def publications(self, session: Session, names: Iterable[str]) -> Mapping[str, int]:
        if unknown := [name for name in dict.fromkeys(names) if name not in self._publications]:
            self._publications |= publication_ids(session, unknown)
        return self._publications

    def topics(self, session: Session, names: Sequence[str]) -> tuple[int, ...]:
        for name in names:
            if name not in self._topics:
                self._topics[name] = topics_named(session, [name])[0].id
        return tuple(dict.fromkeys(self._topics[name] for name in names))


def _fresh(spool: ImportSpool) -> Iterator[list[tuple[int, Arrival]]]:
    last = 0
    while lines := spool.fresh(last, _READ_AHEAD):
        last = lines[-1][0]
        yield [(number, unpacked(payload)) for number, payload in lines]


def _store_some(
    db: Database, now: datetime, names: _Names, ready: Sequence[tuple[int, Arrival]]
) -> list[tuple[int, int]]:
    """Store the first of these, as many as one short transaction takes; their line numbers and ids."""
    places: list[tuple[int, int]] = []
    with db.writing() as session:
        until = time.monotonic() + HELD
        names.look_up(session, (arrival.publication for _, arrival in ready))
        while len(places) < len(ready) and (not places or time.monotonic() < until):
            step = ready[len(places) : len(places) + _STEP]
            new = _rows(session, names, [arrival for _, arrival in step])
            add_published(session, now, new)
            places += [(number, summary.id) for (number, _), summary in zip(step, new, strict=True)]
    return places


def _rows(session: Session, names: _Names, arrivals: Sequence[Arrival]) -> list[NewSummary]:
    publications = names.publications(session, (arrival.publication for arrival in arrivals))
    free = iter(free_ids(session, sum(arrival.id is None for arrival in arrivals)))
    return [
        NewSummary(
            id=next(free) if arrival.id is None else arrival.id,
            title=arrival.title,
            slug=arrival.own_slug,
            publication_id=publications[arrival.publication],
            published_on=arrival.published_on,
            body=arrival.body,
            body_format=arrival.body_format,
            body_html=arrival.body_html,
            sources=arrival.sources,
            topic_ids=names.topics(session, arrival.topics),
        )
        for arrival in arrivals
    ]
