"""The search index as one transaction sees it, with what was written since it was last kept up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from sqlalchemy.orm import Session

from digest.domain.archive.pairs import pairs_of, seats_at, spots_of
from digest.domain.archive.postings import SEATS, Postings, bits_of, joined, seats_of, together
from digest.domain.archive.shelf import ArchiveShelf, Block
from digest.operations.archive.terms import Terms, terms_of
from digest.storage.archive.index_due import hidden_seats, stale_summaries
from digest.storage.archive.search_index import (
    all_are_paired,
    blocks_beginning,
    postings_of,
    shelf_blocks,
    stems_beginning,
    with_phrase,
    words_of,
)
from digest.storage.archive.word_pairs import stored_bucket

_MOST_STALE = 100
_MOST_BEGINNINGS = 500
"""Stems that begin alike, those that most of the archive has first; English has few beginnings with more."""


@dataclass(frozen=True)
class WordBeginning:
    """The seats of the summaries that have a word that begins so; `whole` unless there are too many such words."""

    seats: int = 0
    whole: bool = True


_terms = lru_cache(maxsize=512)(terms_of)
"""By the text itself, so that nothing kept can be out of date: while one is stale, every search asks for it."""


class ArchiveIndex:
    """What the index says; up to a hundred summaries that it does not have yet are taken in here, by the way."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._stale = stale_summaries(session, _MOST_STALE + 1)
        self.complete = len(self._stale) <= _MOST_STALE
        """Whether it has everything; otherwise many were written lately, and the clock is at it."""
        self._postings: dict[str, Postings] = {}

    @cached_property
    def shelf(self) -> ArchiveShelf:
        """The archive as columns."""
        blocks = _without_gaps(shelf_blocks(self._session))
        if not self._stale:
            return ArchiveShelf(tuple(blocks))
        # Beyond the hundred, what was renamed is better found as it was than not at all; what is hidden is not found.
        hidden = [] if self.complete else hidden_seats(self._session)
        old = defaultdict[int, list[int]](list)
        for seat in {*hidden, *(text.seat for text in self._stale if text.seat is not None)}:
            old[seat // SEATS].append(seat % SEATS)
        blocks = [block.without(old[block.number]) if block.number in old else block for block in blocks]
        latest = Block(len(blocks)).with_places({at: text.placed for at, text in enumerate(self._stale)})
        return ArchiveShelf((*blocks, latest))

    @cached_property
    def published(self) -> int:
        """The seats of what readers see."""
        return bits_of(self.shelf.published())

    @cached_property
    def alive(self) -> int:
        """The seats of what was not withdrawn, drafts among them."""
        return bits_of(self.shelf.alive())

    def postings(self, stems: Collection[str]) -> dict[str, Postings]:
        """Of each of these stems, where it is."""
        if unknown := [stem for stem in dict.fromkeys(stems) if stem not in self._postings]:
            stored = postings_of(self._session, unknown)
            for stem in unknown:
                self._postings[stem] = joined(stored.get(stem, {}), self._late_weights(stem))
        return {stem: self._postings[stem] for stem in stems}

    def beginning(self, beginning: str) -> WordBeginning:
        """What has a word that begins so."""
        stems = stems_beginning(self._session, beginning, _MOST_BEGINNINGS + 1)
        seats = together(blocks_beginning(self._session, stems[:_MOST_BEGINNINGS]))
        late = self._late_seats(lambda terms: any(stem.startswith(beginning) for stem in terms.weights))
        return WordBeginning(seats | late, len(stems) <= _MOST_BEGINNINGS)

    @cached_property
    def all_are_paired(self) -> bool:
        """Whether `with_pairs` finds all that there is."""
        return all_are_paired(self._session)

    def with_pairs(self, seats: int, words: Sequence[str]) -> int:
        """Those of these seats in whose searched words these, two or more, follow each other."""
        blocks = range(self._first_late // SEATS)
        spots = set[int]()
        for at, pair in enumerate(pairs_of(words)):
            there = spots_of(stored_bucket(self._session, pair.bucket, blocks), pair.mark)
            spots = there if at == 0 else there.intersection(spot + 1 for spot in spots)
            if not spots:
                break
        marks = bytearray(self._first_late)
        for seat in seats_at(spots):
            marks[seat] = 1
        return seats & (bits_of(marks) | self._late_with(words))

    def with_phrase(self, seats: int, words: Sequence[str]) -> int:
        """The same by reading what each of them says, which takes long where there are many."""
        first = self._first_late
        stored = [seat for seat in seats_of(seats) if seat < first]
        ids = self.shelf.ids(stored)
        found = with_phrase(self._session, ids, _phrase(words))
        marks = bytearray(first)
        for seat, key in zip(stored, ids, strict=True):
            marks[seat] = key in found
        return bits_of(marks) | seats & self._late_with(words)

    def words(self, ids: Sequence[int]) -> dict[int, str]:
        """The searched words of these summaries, by id."""
        late = {text.id: terms.words for text, terms in zip(self._stale, self._late, strict=True) if text.id in ids}
        return words_of(self._session, [key for key in ids if key not in late]) | late

    @cached_property
    def _late(self) -> list[Terms]:
        return [_terms(text) for text in self._stale]

    @property
    def _first_late(self) -> int:
        return self.shelf.seats - (SEATS if self._stale else 0)

    def _late_seats(self, has: Callable[[Terms], bool]) -> int:
        return sum(1 << self._first_late + at for at, terms in enumerate(self._late) if has(terms))

    def _late_with(self, words: Sequence[str]) -> int:
        return self._late_seats(lambda terms: _phrase(words) in terms.words)

    def _late_weights(self, stem: str) -> dict[int, int]:
        first = self._first_late
        return {first + at: terms.weights[stem] for at, terms in enumerate(self._late) if stem in terms.weights}


def _phrase(words: Sequence[str]) -> str:
    return f" {' '.join(words)} "


def _without_gaps(blocks: Sequence[Block]) -> list[Block]:
    by_number = {block.number: block for block in blocks}
    return [by_number.get(number, Block(number)) for number in range(max(by_number, default=-1) + 1)]
