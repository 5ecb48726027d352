"""Searching the archive: all words first; if no summary has them all, any of them.

Case, accents, plurals and the kinds of dashes and quotation marks don't matter; an exact form ranks higher, a quoted
phrase is exact, and the last word may be a beginning. What is typed is never a query language, and never an error.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from digest.domain.shared.folding import fold, words
from digest.domain.shared.stems import stems
from digest.operations.writing.indexing import plain_text
from digest.storage.writing.search_index import (
    LONGEST_STEM,
    indexed_count,
    published_among,
    stems_beginning,
    summaries_with,
    texts_of,
)

_PART = re.compile(r'"([^"]*)"?|([^"]+)')
_MOST_WORDS = 12
_MOST_BEGINNINGS = 20
_MOST_PHRASES_READ = 2_000
_READ_EXACTLY = 100
_EXACT = 0.5


@dataclass(frozen=True)
class SearchHit:
    """A summary that was found."""

    id: int
    title: str
    score: float


@dataclass(frozen=True)
class Found:
    """What was found, best first. `loosened`: none has all words, so these have some. `total` counts all there are."""

    loosened: bool
    total: int
    results: tuple[SearchHit, ...]


@dataclass(frozen=True)
class _Wanted:
    """A word or phrase that was typed. `stems` must all be there; of `beginnings` any does as well."""

    words: tuple[str, ...]
    stems: tuple[str, ...]
    beginnings: tuple[str, ...] = ()
    quoted: bool = False


def search(session: Session, typed: str, most: int = 20) -> Found:
    """The published summaries that answer what was typed."""
    wanted = [each for each in _wanted(session, typed) if each.stems or each.beginnings]
    if not wanted:
        return Found(False, 0, ())
    scores = [_scores(session, each) for each in wanted]
    everything = set.intersection(*(set(each) for each in scores))
    ids = published_among(session, everything)
    loosened = not ids and len(wanted) > 1
    if loosened:
        ids = published_among(session, set[int]().union(*scores))
    totals = {key: sum(each.get(key, 0.0) for each in scores) for key in ids}
    best = sorted(totals, key=lambda key: (-totals[key], -key))
    return Found(loosened, len(best), _exactly(session, wanted, totals, best, most))


def _wanted(session: Session, typed: str) -> list[_Wanted]:
    found = list[_Wanted]()
    parts = _PART.findall(fold(typed))
    for phrase, loose in parts:
        if phrase:
            found.append(_Wanted(tuple(words(phrase)), tuple(stems(phrase)), quoted=True))
        found += [_Wanted((word,), tuple(stems(word))) for word in words(loose)]
    means_nothing = len(found) > 1 and not found[-1].stems
    if found and not found[-1].quoted and not means_nothing:
        last = found[-1].words[0]
        beginnings = stems_beginning(session, last[:LONGEST_STEM], _MOST_BEGINNINGS) if len(last) > 1 else []
        found[-1] = _Wanted(found[-1].words, found[-1].stems, tuple(beginnings))
    return found[-_MOST_WORDS:]


def _scores(session: Session, wanted: _Wanted) -> dict[int, float]:
    """The summaries that have it, each with how much it says there."""
    count = indexed_count(session)
    by_stem = defaultdict[str, dict[int, float]](dict)
    for stem, key, weight in summaries_with(
        session, {*(each[:LONGEST_STEM] for each in wanted.stems), *wanted.beginnings}
    ):
        by_stem[stem][key] = weight
    for there in by_stem.values():
        rarity = math.log(1 + count / (1 + len(there)))
        for key in there:
            there[key] *= rarity
    own = [by_stem.get(stem[:LONGEST_STEM], {}) for stem in wanted.stems]
    scores = {key: sum(each[key] for each in own) for key in set.intersection(*map(set, own))} if own else {}
    for stem in wanted.beginnings:
        for key, score in by_stem[stem].items():
            scores[key] = max(scores.get(key, 0.0), score)
    return _with_phrase(session, wanted, scores) if wanted.quoted and len(wanted.words) > 1 else scores


def _with_phrase(session: Session, wanted: _Wanted, scores: dict[int, float]) -> dict[int, float]:
    best = sorted(scores, key=lambda key: -scores[key])[:_MOST_PHRASES_READ]
    return {
        key: 2 * scores[key] for key, text in _words(session, best).items() if f" {' '.join(wanted.words)} " in text
    }


def _exactly(
    session: Session, wanted: Sequence[_Wanted], totals: dict[int, float], best: Sequence[int], most: int
) -> tuple[SearchHit, ...]:
    """The first of them, those up that have a word in the very form that was typed."""
    read = list(best[: max(most, _READ_EXACTLY)])
    titles = {text.id: text.title for text in texts_of(session, read)}
    for key, text in _words(session, read).items():
        exact = sum(f" {' '.join(each.words)} " in text for each in wanted)
        totals[key] *= 1 + _EXACT * exact / len(wanted)
    ranked = sorted(read, key=lambda key: (-totals[key], -key))[:most]
    return tuple(SearchHit(key, titles[key], round(totals[key], 4)) for key in ranked)


def _words(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """The searched words of these summaries, between spaces; a field never runs on into the next."""
    found = {}
    for text in texts_of(session, ids):
        fields = (text.title, plain_text(text.body_html), *text.names.split("\n"))
        found[text.id] = f" {' | '.join(' '.join(words(each)) for each in fields)} "
    return found
