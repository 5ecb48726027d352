"""Covered: the summaries that a text resembles most, from the archive's own search index. Nothing is asserted by it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session

from digest.domain.archive.postings import HEAVIEST, Sums, seats_of
from digest.domain.shared.stems import stems
from digest.operations.archive.archive_index import ArchiveIndex
from digest.storage.archive.search_index import LONGEST_STEM

_READ = 400
_TITLE = 1.5
_MOST_STEMS = 26
_COMMON = 0.2
"""A stem that more of the archive has tells nothing, and costs much."""
_FEW = 50
_ALIKE = 0.08
_NEAREST = 3
_CANDIDATES = 20
_FACTOR = 31
_UNIT = 2.2 / HEAVIEST


class Archive:
    """The archive as it is in one transaction, to ask what texts resemble."""

    def __init__(self, session: Session) -> None:
        self._index = ArchiveIndex(session)
        self._count = self._index.alive.bit_count()

    def resembling(self, title: str, text: str, most: int = _NEAREST) -> list[tuple[int, float]]:
        """Up to so many summaries, drafts among them, each with a score from 0 to 1, best first."""
        asked, whole = self._asked(title, text)
        if not asked:
            return []
        postings, largest = self._index.postings(list(asked)), max(asked.values())
        sums = Sums()
        for stem, worth in asked.items():
            sums.add(postings[stem], max(1, round(_FACTOR * worth / largest)))
        seats = seats_of(sums.best(self._index.alive, _CANDIDATES))
        scores = [0.0] * len(seats)
        for stem, worth in asked.items():
            for at, weight in enumerate(postings[stem].weights(seats)):
                scores[at] += worth * weight * _UNIT
        best = sorted(zip(self._index.shelf.ids(seats), scores, strict=True), key=lambda each: (-each[1], -each[0]))
        return [(key, round(min(1.0, score / whole), 4)) for key, score in best[:most] if score / whole >= _ALIKE]

    def may_resemble(self, title: str, text: str, summaries: Iterable[Mapping[str, int]]) -> bool:
        """Whether a text resembles any of these summaries, given with the weights of their stems."""
        asked, whole = self._asked(title, text)
        return any(
            sum(worth * weights[stem] * _UNIT for stem, worth in asked.items() if stem in weights) / whole >= _ALIKE
            for weights in summaries
        )

    def _asked(self, title: str, text: str) -> tuple[dict[str, float], float]:
        """The stems that tell most of a text, with what each is worth; and what a summary of just these would have."""
        weights = _weights(title, text)
        postings = self._index.postings(list(weights))
        seen = {stem: (each.there & self._index.alive).bit_count() for stem, each in postings.items()}
        telling = [stem for stem in weights if 0 < seen[stem] <= max(_FEW, _COMMON * self._count)]
        worth = {stem: math.log(1 + self._count / (1 + seen[stem])) * weights[stem] for stem in telling}
        asked = sorted(telling, key=worth.__getitem__, reverse=True)[:_MOST_STEMS]
        return {stem: worth[stem] for stem in asked}, sum(worth[stem] for stem in asked) * 2 or 1.0


def _weights(title: str, text: str) -> dict[str, float]:
    found = defaultdict[str, float](float)
    for words, weight in ((title, _TITLE), (text[:_READ], 1.0)):
        for stem in stems(words):
            found[stem[:LONGEST_STEM]] += weight
    return {stem: math.sqrt(count) for stem, count in found.items()}
