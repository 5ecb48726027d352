"""The search index as one transaction sees it, with what was written since it was last kept up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import cached_property

from sqlalchemy.orm import Session

from digest.domain.writing.postings import SEATS, Postings, bits_of, joined
from digest.domain.writing.shelf import ArchiveShelf, Block
from digest.operations.writing.terms import Terms, terms_of
from digest.storage.writing.search_index import (
    postings_of,
    shelf_blocks,
    stale_summaries,
    stems_beginning,
    words_of,
)

_MOST_STALE = 100
_MOST_BEGINNINGS = 20


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
        old = defaultdict[int, list[int]](list)
        for text in self._stale:
            if text.seat is not None:
                old[text.seat // SEATS].append(text.seat % SEATS)
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

    def beginning(self, beginning: str) -> list[str]:
        """Stems that begin so."""
        late = {stem for terms in self._late for stem in terms.weights if stem.startswith(beginning)}
        return list(dict.fromkeys([*stems_beginning(self._session, beginning, _MOST_BEGINNINGS), *sorted(late)]))

    def words(self, ids: Sequence[int]) -> dict[int, str]:
        """The searched words of these summaries, by id."""
        late = {text.id: terms.words for text, terms in zip(self._stale, self._late, strict=True) if text.id in ids}
        return words_of(self._session, [key for key in ids if key not in late]) | late

    @cached_property
    def _late(self) -> list[Terms]:
        return [terms_of(text) for text in self._stale]

    def _late_weights(self, stem: str) -> dict[int, int]:
        if not self._stale:
            return {}
        first = self.shelf.seats - SEATS
        return {first + at: terms.weights[stem] for at, terms in enumerate(self._late) if stem in terms.weights}


def _without_gaps(blocks: Sequence[Block]) -> list[Block]:
    by_number = {block.number: block for block in blocks}
    return [by_number.get(number, Block(number)) for number in range(max(by_number, default=-1) + 1)]
