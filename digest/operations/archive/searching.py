"""Searching the archive: all words first; if no summary has them all, any of them.

Case, accents, plurals and the kinds of dashes and quotation marks don't matter; an exact form ranks higher, a quoted
phrase is exact, and the last word may be a beginning. What is typed is never a query language, and never an error.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import pairwise
from operator import and_, or_

from sqlalchemy.orm import Session

from digest.domain.archive.postings import Postings, Sums, seats_of
from digest.domain.shared.folding import fold, words
from digest.domain.shared.stems import stems
from digest.operations.archive.archive_index import ArchiveIndex, WordBeginning
from digest.storage.archive.search_index import LONGEST_STEM
from digest.storage.writing.summaries import published_titles

_PART = re.compile(r'"([^"]*)"?|([^"]+)')
_MOST_WORDS = 24
_MOST_PHRASES = 4
"""Further ones are looked for word by word."""
_MOST_READ = 60_000
"""Texts that one search looks through for its phrases, where pairs of words are not stored yet: those in which their
words weigh most."""
_READ = 100
"""So many of the best are looked at word by word."""
_AS_BEGINNING = 4
_EXACT, _BESIDE, _IN_TITLE = 0.5, 0.5, 0.5
_FACTOR = 31


@dataclass(frozen=True)
class SearchHit:
    """A summary that was found."""

    id: int
    title: str
    score: float


@dataclass(frozen=True)
class Found:
    """What was found, best first. `loosened`: none has all words, so these have some. `total` counts all there are,
    unless it is not `whole`: then there may be more.
    """

    loosened: bool
    whole: bool
    total: int
    results: tuple[SearchHit, ...]


@dataclass(frozen=True)
class WantedWords:
    """A word or phrase that was typed. `stems` must all be there; where a word begins so, `beginning`, does as well."""

    words: tuple[str, ...]
    stems: tuple[str, ...]
    beginning: WordBeginning | None = None
    quoted: bool = False


def search(session: Session, typed: str, most: int = 20) -> Found:
    """The published summaries that answer what was typed."""
    looked = ArchiveSearch(ArchiveIndex(session), typed)
    best = looked.best(looked.found, 0, most)
    titles = published_titles(session, [key for key, _ in best])
    hits = tuple(SearchHit(key, titles[key], round(score, 4)) for key, score in best if key in titles)
    return Found(looked.loosened, looked.whole, looked.found.bit_count(), hits)


class ArchiveSearch:
    """What was typed, looked up. `found` are the seats of the published summaries that answer, all if `whole`."""

    def __init__(self, index: ArchiveIndex, typed: str) -> None:
        self._index = index
        self.wanted = wanted_in(index, typed)
        self.whole = all(each.beginning.whole for each in self.wanted if each.beginning)
        self._may_read = _MOST_READ
        asked = [each for each in self.wanted if each.stems or (each.beginning and each.beginning.seats)]
        postings = index.postings([stem for each in asked for stem in each.stems])
        self._parts = [part for each in asked for part in self._parts_of(each, postings)]
        found = [self._there(each, postings) for each in asked]
        self.found = reduce(and_, found, index.published) if found else 0
        self.loosened = not self.found and len(found) > 1
        if self.loosened:
            self.found = reduce(or_, found) & index.published

    def best(self, among: int, start: int, count: int) -> list[tuple[int, float]]:
        """So many of these seats from that place on, the best first: (id, score)."""
        if not among:
            return []
        sums = self._sums()
        if start >= _READ:
            return self._ranked(sums.best(among, start + count) & ~sums.best(among, start))[:count]
        read = self._exactly(self._ranked(sums.best(among, _READ)))
        further = start + count - len(read)
        if further > 0 and among.bit_count() > len(read):
            read += self._ranked(sums.best(among, len(read) + further) & ~sums.best(among, len(read)))
        return read[start : start + count]

    def _parts_of(self, wanted: WantedWords, postings: dict[str, Postings]) -> list[tuple[Postings, float]]:
        """The postings that count for it, each with how much its rarity says."""
        found = [_with_beginnings(wanted, postings)] if not wanted.quoted else [postings[s] for s in wanted.stems]
        return [(each, self._rarity(each.there)) for each in found]

    def _there(self, wanted: WantedWords, postings: dict[str, Postings]) -> int:
        if not wanted.quoted:
            return _with_beginnings(wanted, postings).there
        together = reduce(and_, (postings[stem].there for stem in wanted.stems), self._index.published)
        return self._with_phrase(wanted, together) if len(wanted.words) > 1 else together

    def _rarity(self, seats: int) -> float:
        count = self._index.published.bit_count()
        return math.log(1 + count / (1 + (seats & self._index.published).bit_count()))

    def _sums(self) -> Sums:
        sums = Sums()
        most = max(rarity for _, rarity in self._parts) or 1.0
        for postings, rarity in self._parts:
            sums.add(postings, max(1, round(_FACTOR * rarity / most)))
        return sums

    def _ranked(self, seats: int) -> list[tuple[int, float]]:
        wanted = seats_of(seats)
        totals = [0.0] * len(wanted)
        for postings, rarity in self._parts:
            for at, weight in enumerate(postings.weights(wanted)):
                totals[at] += weight * rarity
        ids = self._index.shelf.ids(wanted)
        return sorted(zip(ids, totals, strict=True), key=lambda each: (-each[1], -each[0]))

    def _exactly(self, best: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
        """The same, those up that have the words in the very form that was typed, beside each other, in the title."""
        texts = self._index.words([key for key, _ in best])
        forms = [f" {' '.join(each.words)} " for each in self.wanted]
        typed = [word for each in self.wanted for word in each.words]
        pairs = [f" {one} {other} " for one, other in pairwise(typed)]
        found = [(key, score * _liking(texts.get(key, ""), forms, pairs)) for key, score in best]
        return sorted(found, key=lambda each: (-each[1], -each[0]))

    def _with_phrase(self, wanted: WantedWords, seats: int) -> int:
        if self._index.all_are_paired:
            return self._index.with_pairs(seats, wanted.words)
        if seats.bit_count() > self._may_read:
            self.whole = False
            sums = Sums()
            for postings in self._index.postings(wanted.stems).values():
                sums.add(postings, 1)
            seats = sums.best(seats, self._may_read)
        self._may_read -= seats.bit_count()
        return self._index.with_phrase(seats, wanted.words)


def wanted_in(index: ArchiveIndex, typed: str) -> list[WantedWords]:
    """The words and phrases in what was typed."""
    found, phrases = list[WantedWords](), set[tuple[str, ...]]()
    for phrase, loose in _PART.findall(fold(typed)):
        quoted = tuple(words(phrase))
        if quoted and quoted not in phrases and len(phrases) < _MOST_PHRASES:
            phrases.add(quoted)
            found.append(WantedWords(quoted, _stems(phrase), quoted=True))
        elif quoted not in phrases:
            found += [WantedWords((word,), _stems(word)) for word in quoted]
        found += [WantedWords((word,), _stems(word)) for word in words(loose)]
    found = found[:_MOST_WORDS]
    means_nothing = len(found) > 1 and not found[-1].stems
    if found and not found[-1].quoted and not means_nothing:
        last = found[-1].words[0]
        beginning = index.beginning(last[:LONGEST_STEM]) if len(last) > 1 else WordBeginning()
        found[-1] = replace(found[-1], beginning=beginning)
    return found


def _stems(text: str) -> tuple[str, ...]:
    return tuple(stem[:LONGEST_STEM] for stem in stems(text))


def _with_beginnings(wanted: WantedWords, postings: dict[str, Postings]) -> Postings:
    own = postings[wanted.stems[0]] if wanted.stems else Postings()
    return own.also(wanted.beginning.seats, _AS_BEGINNING) if wanted.beginning else own


def _liking(text: str, forms: Sequence[str], pairs: Sequence[str]) -> float:
    title = f"{text.partition('|')[0]} "
    exact = sum(form in text for form in forms) / len(forms)
    beside = sum(pair in text for pair in pairs) / max(1, len(pairs))
    in_title = sum(form in title for form in forms) / len(forms)
    return 1 + _EXACT * exact + _BESIDE * beside + _IN_TITLE * in_title
