"""Which leads are one story: average link over their likeness, within three days; what editors said always wins.

Folded are the sure ones: two groups become one while the mean likeness of their leads, all pairs, is high enough; the
more leads both have already, the surer it must be, since two large groups joined in error are many errors. Near are the
likely ones. Figures: docs/stories.md.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.domain.sources.likeness import Frequencies, Index, Terms

WINDOW = timedelta(hours=72)
"""Leads further apart are never compared."""
_FOLDED = 0.252
_SURER = 0.1
"""How much surer for each doubling of the smaller group."""
_NOTICED = 0.03
"""Less likeness than this is none: nothing hangs on it, and it would fill the memory."""
_NEAR, _MOST_NEAR = 0.06, 6
_FORGETS_EVERY = 500


@dataclass(frozen=True)
class ComparedLead:
    """A lead as it is compared. `story` is where it is already; None for a new one."""

    lead_id: int
    published_at: datetime
    terms: Terms
    story: int | None = None


@dataclass(frozen=True)
class Pair:
    """Two leads of which an editor said something."""

    one: int
    other: int


@dataclass(frozen=True)
class Grouping:
    """Groups of lead ids, and for each its nearest groups by their place in `groups`, nearest first, with a score."""

    groups: tuple[tuple[int, ...], ...]
    near: tuple[tuple[tuple[int, float], ...], ...]


def grouped(
    pieces: Sequence[ComparedLead],
    background: Iterable[Terms] = (),
    together: Iterable[Pair] = (),
    apart: Iterable[Pair] = (),
) -> Grouping:
    """The stories of these leads. What is in one story stays so; `background` are other texts, to tell rare words by.

    `together` and `apart` are editors' words; those on leads that are not here are left out.
    """
    ordered = sorted(pieces, key=lambda piece: (piece.published_at, piece.lead_id))
    links = _links(ordered, background)
    groups = _Groups(ordered, links)
    groups.heed(ordered, together, apart)
    groups.join_all()
    return groups.result(ordered, links)


def _links(pieces: Sequence[ComparedLead], background: Iterable[Terms]) -> list[dict[int, float]]:
    """By place, the likeness to the pieces that come no more than the window before or after."""
    frequencies = Frequencies([*background, *(piece.terms for piece in pieces)])
    links: list[dict[int, float]] = [{} for _ in pieces]
    index, recent = Index(), list[tuple[int, dict[str, float]]]()
    for place, piece in enumerate(pieces):
        oldest = piece.published_at - WINDOW
        if place % _FORGETS_EVERY == 0:
            recent = [each for each in recent if pieces[each[0]].published_at >= oldest]
            index = Index()
            for each in recent:
                index.add(*each)
        vector = frequencies.vector(piece.terms)
        for other, likeness in index.like(vector, _NOTICED).items():
            if pieces[other].published_at >= oldest:
                links[place][other] = links[other][place] = likeness
        index.add(place, vector)
        recent.append((place, vector))
    return links


class _Groups:
    """Groups by number, with the sums of likeness between them."""

    def __init__(self, pieces: Sequence[ComparedLead], links: Sequence[Mapping[int, float]]) -> None:
        self._members = {place: [place] for place in range(len(pieces))}
        self._sums: dict[int, dict[int, float]] = {place: dict(each) for place, each in enumerate(links)}
        self._barred = defaultdict[int, set[int]](set)
        self._home: dict[int, int] = {}
        """By the number of a group that is no more: what it went into."""
        self._next = len(pieces)
        stories = defaultdict[int, list[int]](list)
        for place, piece in enumerate(pieces):
            if piece.story is not None:
                stories[piece.story].append(place)
        for places in stories.values():
            self._join_places(places)

    def heed(self, pieces: Sequence[ComparedLead], together: Iterable[Pair], apart: Iterable[Pair]) -> None:
        """Join what editors joined, and bar what they split from being joined."""
        places = {piece.lead_id: place for place, piece in enumerate(pieces)}
        for pair in together:
            if pair.one in places and pair.other in places:
                self._join_places([places[pair.one], places[pair.other]])
        for pair in apart:
            if pair.one in places and pair.other in places:
                one, other = self._group_of(places[pair.one]), self._group_of(places[pair.other])
                if one != other:
                    self._barred[one].add(other)
                    self._barred[other].add(one)

    def join_all(self) -> None:
        """Join the surest two, again and again, until none are sure enough."""
        waiting = [
            (-sureness, one, other)
            for one, sums in self._sums.items()
            for other in sums
            if other < one and (sureness := self._sureness(one, other)) >= _FOLDED
        ]
        heapq.heapify(waiting)
        while waiting:
            _, one, other = heapq.heappop(waiting)
            if one in self._members and other in self._members and other not in self._barred[one]:
                joined = self._join(one, other)
                for third in self._sums[joined]:
                    if (sureness := self._sureness(joined, third)) >= _FOLDED:
                        heapq.heappush(waiting, (-sureness, joined, third))

    def result(self, pieces: Sequence[ComparedLead], links: Sequence[Mapping[int, float]]) -> Grouping:
        """The groups as they are, the one with the earliest piece first."""
        numbers = sorted(self._members, key=lambda number: min(self._members[number]))
        at = {number: place for place, number in enumerate(numbers)}
        groups = tuple(tuple(pieces[place].lead_id for place in sorted(self._members[each])) for each in numbers)
        return Grouping(groups, tuple(self._nearest(number, at, links) for number in numbers))

    def _nearest(
        self, number: int, at: Mapping[int, int], links: Sequence[Mapping[int, float]]
    ) -> tuple[tuple[int, float], ...]:
        """Half by all pairs, half by the likeliest: one article may stand between two stories."""
        mine = self._members[number]
        found = []
        for other, total in self._sums[number].items():
            theirs = self._members[other]
            most = max(links[one].get(two, 0.0) for one in mine for two in theirs)
            score = (total / (len(mine) * len(theirs)) + most) / 2
            if score >= _NEAR:
                found.append((at[other], round(score, 4)))
        return tuple(sorted(found, key=lambda each: (-each[1], each[0]))[:_MOST_NEAR])

    def _sureness(self, one: int, other: int) -> float:
        a, b = len(self._members[one]), len(self._members[other])
        return self._sums[one].get(other, 0.0) / (a * b) / (1 + _SURER * math.log2(min(a, b)))

    def _join_places(self, places: Sequence[int]) -> None:
        first = self._group_of(places[0])
        for place in places[1:]:
            other = self._group_of(place)
            if other != first:
                first = self._join(first, other)

    def _group_of(self, place: int) -> int:
        number = place
        while number in self._home:
            number = self._home[number]
        return number

    def _join(self, one: int, other: int) -> int:
        joined, self._next = self._next, self._next + 1
        self._home[one] = self._home[other] = joined
        self._members[joined] = self._members.pop(one) + self._members.pop(other)
        sums = Counter(self._sums.pop(one))
        sums.update(self._sums.pop(other))
        for gone in (one, other):
            sums.pop(gone, None)
        self._sums[joined] = dict(sums)
        for third, total in sums.items():
            theirs = self._sums[third]
            theirs.pop(one, None)
            theirs.pop(other, None)
            theirs[joined] = total
        barred = self._barred.pop(one, set()) | self._barred.pop(other, set())
        for third in barred:
            self._barred[third] -= {one, other}
            self._barred[third].add(joined)
        self._barred[joined] = barred
        return joined
