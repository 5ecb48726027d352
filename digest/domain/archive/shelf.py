"""The archive as columns: for every seat its summary, its day, its publication and its topics. What is asked of all of
them at once, counts above all, is answered from here.

What is derived from a block is kept by its very content, so that nothing kept can be out of date.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from itertools import compress

from digest.domain.archive.postings import SEATS

GONE, DRAFT = 0, -1
"""Instead of a day: nobody sees it any more; nobody but editors sees it yet."""
_EMPTY = bytes(4 * SEATS)
_NO_TOPICS = bytes(2 * SEATS)
_NONE = bytes(SEATS)
_KEPT = 400


@dataclass(frozen=True)
class Placed:
    """Where a summary stands in the archive; `day` is GONE, DRAFT or a day's ordinal."""

    id: int
    day: int
    publication: int
    topics: tuple[int, ...]


@dataclass(frozen=True)
class Block:
    """4,096 seats; the columns are arrays of 32 bits, and of 16 for the number of a set of topics."""

    number: int
    ids: bytes = _EMPTY
    days: bytes = _EMPTY
    publications: bytes = _EMPTY
    topics: bytes = _NO_TOPICS
    sets: tuple[tuple[int, ...], ...] = ((),)

    def with_places(self, places: Mapping[int, Placed]) -> Block:
        """The block with these summaries at these places in it."""
        ids, days, publications = (array("i", column) for column in (self.ids, self.days, self.publications))
        topics, sets = array("H", self.topics), list(self.sets)
        for at, placed in places.items():
            ids[at], days[at], publications[at] = placed.id, placed.day, placed.publication
            if placed.topics not in sets:
                sets.append(placed.topics)
            topics[at] = sets.index(placed.topics)
        used = sorted(set(topics))
        number = {old: new for new, old in enumerate(used)}
        topics = array("H", map(number.__getitem__, topics))
        return Block(
            self.number,
            ids.tobytes(),
            days.tobytes(),
            publications.tobytes(),
            topics.tobytes(),
            tuple(sets[old] for old in used),
        )

    def without(self, places: Sequence[int]) -> Block:
        """The block with nothing to see at these places."""
        days = array("i", self.days)
        for at in places:
            days[at] = GONE
        return replace(self, days=days.tobytes())


@dataclass(frozen=True)
class Filters:
    """What is asked for besides words; None asks nothing. Days are ordinals, both ends included."""

    topic: int | None = None
    publication: int | None = None
    since: int | None = None
    until: int | None = None


@dataclass
class Counts:
    """How many summaries there are by topic, by publication and by day, each under the other filters; and in all."""

    total: int = 0
    topics: Counter[int] = field(default_factory=Counter)
    publications: Counter[int] = field(default_factory=Counter)
    days: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True)
class ArchiveShelf:
    """All blocks, by number; blocks are numbered from 0 without a gap."""

    blocks: tuple[Block, ...]

    @property
    def seats(self) -> int:
        """How many there are, taken or free."""
        return len(self.blocks) * SEATS

    def published(self) -> bytes:
        """A byte for each seat: 1 where readers see it."""
        return b"".join(_published(block.days) for block in self.blocks)

    def alive(self) -> bytes:
        """A byte for each seat: 1 where there is a summary, a draft or published."""
        return b"".join(_alive(block.days) for block in self.blocks)

    def ids(self, seats: Sequence[int]) -> list[int]:
        """The summaries in these seats."""
        columns = [array("i", block.ids) for block in self.blocks]
        return [columns[seat // SEATS][seat % SEATS] for seat in seats]

    def marks(self, filters: Filters, among: bytes | None = None) -> bytes:
        """A byte for each seat: 1 where a published summary passes the filters, and is among these."""
        return b"".join(
            _both(each.base, each.topic, each.publication, each.days) for each in self._marked(filters, among)
        )

    def counts(self, filters: Filters, among: bytes | None = None) -> Counts:
        """How many pass, and how many would with another choice of one filter."""
        found = Counts()
        for block, each in zip(self.blocks, self._marked(filters, among), strict=True):
            found.total += _both(each.base, each.topic, each.publication, each.days).count(1)
            found.topics.update(_topics(block.topics, block.sets, _both(each.base, each.publication, each.days)))
            found.publications.update(_counted(block.publications, _both(each.base, each.topic, each.days)))
            found.days.update(_counted(block.days, _both(each.base, each.topic, each.publication)))
        return found

    def newest(self, marks: bytes, start: int, count: int) -> list[int]:
        """So many of the marked summaries from that place on, newest first; of one day the latest first."""
        by_block = [_counted(block.days, marks[at : at + SEATS]) for block, at in self._places()]
        days = Counter[int]()
        for each in by_block:
            days.update(each)
        wanted, before = set[int](), 0
        for day in sorted(days, reverse=True):
            if before + days[day] > start:
                wanted.add(day)
            if not wanted:
                before += days[day]
            elif before + sum(days[each] for each in wanted) >= start + count:
                break
        found = sorted(self._on(wanted, by_block, marks), reverse=True)
        return [key for _, key in found[start - before : start - before + count]]

    def _on(self, wanted: set[int], by_block: Sequence[Mapping[int, int]], marks: bytes) -> Iterator[tuple[int, int]]:
        for (block, at), days in zip(self._places(), by_block, strict=True):
            if not wanted.isdisjoint(days):
                rows = zip(array("i", block.days), array("i", block.ids), strict=True)
                yield from (row for row in compress(rows, marks[at : at + SEATS]) if row[0] in wanted)

    def _places(self) -> Iterator[tuple[Block, int]]:
        return ((block, number * SEATS) for number, block in enumerate(self.blocks))

    def _marked(self, filters: Filters, among: bytes | None) -> Iterator[_Marked]:
        for block, at in self._places():
            seen = _published(block.days)
            yield _Marked(
                seen if among is None else _both(seen, among[at : at + SEATS]),
                None if filters.topic is None else _about(block.topics, block.sets, filters.topic),
                None if filters.publication is None else _equal(block.publications, filters.publication),
                _between(block.days, filters.since, filters.until) if filters.since or filters.until else None,
            )


@dataclass(frozen=True)
class _Marked:
    base: bytes
    topic: bytes | None
    publication: bytes | None
    days: bytes | None


def months_of(days: Mapping[int, int]) -> Counter[tuple[int, int]]:
    """Counts of days as counts of (year, month)."""
    found = Counter[tuple[int, int]]()
    for day, count in days.items():
        found[_month(day)] += count
    return found


@lru_cache(maxsize=20_000)
def _month(day: int) -> tuple[int, int]:
    when = date.fromordinal(day)
    return when.year, when.month


def _both(first: bytes, *others: bytes | None) -> bytes:
    asked = [each for each in others if each is not None]
    if not asked:
        return first
    whole = int.from_bytes(first, "little")
    for each in asked:
        whole &= int.from_bytes(each, "little")
    return whole.to_bytes(len(first), "little")


@lru_cache(maxsize=_KEPT)
def _published(days: bytes) -> bytes:
    return bytes(day > 0 for day in array("i", days))


@lru_cache(maxsize=_KEPT)
def _alive(days: bytes) -> bytes:
    return bytes(day != GONE for day in array("i", days))


@lru_cache(maxsize=_KEPT)
def _counted(column: bytes, marks: bytes) -> Mapping[int, int]:
    return Counter(compress(array("i", column), marks))


@lru_cache(maxsize=_KEPT)
def _topics(topics: bytes, sets: tuple[tuple[int, ...], ...], marks: bytes) -> Mapping[int, int]:
    found = Counter[int]()
    for number, count in Counter(compress(array("H", topics), marks)).items():
        for topic in sets[number]:
            found[topic] += count
    return found


@lru_cache(maxsize=_KEPT)
def _about(topics: bytes, sets: tuple[tuple[int, ...], ...], topic: int) -> bytes:
    flags = [topic in each for each in sets]
    return bytes(map(flags.__getitem__, array("H", topics))) if any(flags) else _NONE


@lru_cache(maxsize=_KEPT)
def _equal(column: bytes, value: int) -> bytes:
    return bytes(map(value.__eq__, array("i", column)))


@lru_cache(maxsize=_KEPT)
def _between(days: bytes, since: int | None, until: int | None) -> bytes:
    first, last = since or 1, until or date.max.toordinal()
    return bytes(first <= day <= last for day in array("i", days))
