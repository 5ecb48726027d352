"""How alike two leads are: the cosine of their TF-IDF vectors over title and lede, made fit for short texts.

A lead is some forty words at most, often a headline alone. Figures and how they were found: docs/stories.md.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from digest.domain.shared.stems import stems

Terms = Mapping[str, float]
"""The stems of a text, each with how much it weighs there."""

_READ_OF_LEDE = 400
_TITLE = 1.3
_NAME = 1.3
_RAREST = 4.55
"""An inverse frequency counts no further than this, so that one odd word makes no likeness."""
_USUAL_LENGTH = 32
_SHORTEST = 4
_SHARED = 0.5
"""One shared word alone is two thirds of a likeness, two are four fifths, and so on."""
_ONE_SHARED = 16.0
"""Added for each shared stem to a cosine, which is 1 at most: one sum then holds both, in half the time of two."""
_MOST_FIT = (1 + _SHARED / 8) * math.sqrt(_USUAL_LENGTH / _SHORTEST)
_LOWER_CASE = 0.4
_CAPITALISED = re.compile(r"(?<=[\w,;] )[^\W\d_][^\W_]*(?:['’][^\W_]+)*")
_WORD = re.compile(r"[^\W_]+")


def terms(title: str, lede: str) -> dict[str, float]:
    """The weighed stems of a lead. Names weigh more: capitals inside a sentence, where a text has sentences."""
    found = defaultdict[str, float](float)
    names = set[str]()
    for text, weight in ((title, _TITLE), (lede[:_READ_OF_LEDE], 1.0)):
        for stem in stems(text):
            found[stem] += weight
        if _has_sentences(text):
            names.update(*(stems(each) for each in _CAPITALISED.findall(text) if each[0].isupper()))
    return {stem: math.sqrt(count) * (_NAME if stem in names else 1.0) for stem, count in found.items()}


class Frequencies:
    """In how many texts each stem occurs."""

    def __init__(self, texts: Iterable[Terms]) -> None:
        self._count, self._in = 0, Counter[str]()
        for text in texts:
            self._count += 1
            self._in.update(text.keys())

    def vector(self, text: Terms) -> dict[str, float]:
        """The text as a vector of length 1."""
        raw = {stem: weight * self._rarity(stem) for stem, weight in text.items()}
        length = math.sqrt(sum(weight * weight for weight in raw.values())) or 1.0
        return {stem: weight / length for stem, weight in raw.items() if weight}

    def _rarity(self, stem: str) -> float:
        return max(0.0, min(_RAREST, math.log((self._count + 1) / (self._in[stem] + 0.5))))


class Index:
    """Vectors by their stems, to find what is like one of them. Numbers are the caller's."""

    def __init__(self) -> None:
        self._postings = defaultdict[str, list[tuple[int, float]]](list)
        self._sizes: dict[int, int] = {}

    def add(self, number: int, vector: Mapping[str, float]) -> None:
        """Take one in."""
        self._sizes[number] = max(_SHORTEST, len(vector))
        for stem, weight in vector.items():
            self._postings[stem].append((number, weight))

    def like(self, vector: Mapping[str, float], at_least: float) -> dict[int, float]:
        """Those that are at least so like this one, each with its likeness, from 0 to 1."""
        sums = defaultdict[int, float](float)
        for stem, weight in vector.items():
            for number, other in self._postings.get(stem, ()):
                sums[number] += weight * other + _ONE_SHARED
        size, sizes, found = max(_SHORTEST, len(vector)), self._sizes, {}
        least = at_least / _MOST_FIT
        for number, both in sums.items():
            shared = int(both / _ONE_SHARED)
            cosine = both - shared * _ONE_SHARED
            if cosine >= least and (likeness := _fit(cosine, shared, size * sizes[number])) >= at_least:
                found[number] = likeness
        return found


def _fit(cosine: float, shared: int, sizes: int) -> float:
    """A cosine made comparable: two short texts have few words to share, and sharing one of them says little."""
    expected = min(1.0, math.sqrt(math.sqrt(sizes) / _USUAL_LENGTH))
    return min(1.0, cosine / expected * shared / (shared + _SHARED) * (1 + _SHARED / 8))


def _has_sentences(text: str) -> bool:
    """Whether it is no headline In Capitals Throughout."""
    found: list[str] = _WORD.findall(text)
    return sum(each[0].islower() for each in found) > _LOWER_CASE * len(found)
