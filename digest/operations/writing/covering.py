"""Covered: the summaries that a text resembles most, from the archive's own search index. Nothing is asserted by it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session

from digest.domain.shared.stems import stems
from digest.storage.writing.search_index import LONGEST_STEM, frequencies_of, indexed_count, summaries_with

_READ = 400
_TITLE = 1.5
_MOST_STEMS = 26
_COMMON = 0.2
"""A stem that more of the archive has tells nothing, and costs much."""
_FEW = 50
_ALIKE = 0.08
_NEAREST = 3


class Archive:
    """The archive as it is in one transaction, to ask what texts resemble."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._count = indexed_count(session)
        self._seen: dict[str, int] = {}

    def resembling(self, title: str, text: str) -> list[tuple[int, float]]:
        """Up to three summaries, drafts among them, each with a score from 0 to 1, best first."""
        asked, whole = self._asked(title, text)
        scores = defaultdict[int, float](float)
        for stem, summary_id, weight in summaries_with(self._session, list(asked)) if asked else ():
            scores[summary_id] += asked[stem] * weight
        best = sorted(scores.items(), key=lambda each: (-each[1], -each[0]))[:_NEAREST]
        return [(key, round(min(1.0, score / whole), 4)) for key, score in best if score / whole >= _ALIKE]

    def may_resemble(self, title: str, text: str, summaries: Iterable[Mapping[str, float]]) -> bool:
        """Whether a text resembles any of these summaries, given with the weights of their stems. Asks the database for
        nothing that it has not seen.
        """
        asked, whole = self._asked(title, text)
        return any(
            sum(value * terms[stem] for stem, value in asked.items() if stem in terms) / whole >= _ALIKE
            for terms in summaries
        )

    def _asked(self, title: str, text: str) -> tuple[dict[str, float], float]:
        """The stems that tell most of a text, with what each is worth; and what a summary of just these would have."""
        weights = _weights(title, text)
        self._look_up(weights)
        idf = {stem: math.log(1 + self._count / (1 + self._seen[stem])) for stem in weights if self._seen[stem]}
        telling = [stem for stem in idf if self._seen[stem] <= max(_FEW, _COMMON * self._count)]
        asked = sorted(telling, key=lambda stem: -idf[stem] * weights[stem])[:_MOST_STEMS]
        worth = {stem: idf[stem] * weights[stem] for stem in asked}
        return worth, sum(worth.values()) * 2 or 1.0

    def _look_up(self, wanted: Iterable[str]) -> None:
        if unknown := [stem for stem in wanted if stem not in self._seen]:
            self._seen |= dict.fromkeys(unknown, 0) | frequencies_of(self._session, unknown)


def _weights(title: str, text: str) -> dict[str, float]:
    found = defaultdict[str, float](float)
    for words, weight in ((title, _TITLE), (text[:_READ], 1.0)):
        for stem in stems(words):
            found[stem[:LONGEST_STEM]] += weight
    return {stem: math.sqrt(count) for stem, count in found.items()}
