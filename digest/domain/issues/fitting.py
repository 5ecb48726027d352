"""Whether an editor's own words fit an edition that lacks some of the issue's items, or speak of what is not in it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from digest.domain.shared.common_words import STOP
from digest.domain.shared.stems import stem

_WORD = re.compile(r"[^\W_]+(?:[’'-][^\W_]+)*")
_POSSESSIVE = re.compile(r"[’']s?$")
_SHORTEST = 4
_COMMON = frozenset(
    [
        "about", "above", "after", "again", "against", "along", "among", "around", "because", "before", "being",
        "below", "between", "beyond", "could", "during", "every", "first", "found", "great", "having", "itself",
        "least", "might", "never", "often", "other", "others", "should", "since", "still", "their", "theirs", "there",
        "these", "thing", "things", "those", "three", "through", "today", "under", "until", "weeks", "where", "which",
        "while", "whose", "within", "without", "would", "years", "issue", "issues", "digest", "story", "stories",
        "summary", "reader", "readers", "month", "months", "morning", "friday", "monday", "tuesday", "wednesday",
        "thursday", "saturday", "sunday", "back", "come", "days", "even", "goes", "good", "here", "keep", "last",
        "long", "look", "many", "much", "need", "news", "next", "part", "soon", "take", "time", "want", "week", "well",
        "year",
    ]
)  # fmt: skip
_OF_THE_FIELD = frozenset(["court", "courts", "data", "privacy", "regulator", "regulators", "rule", "rules"])
"""What every other headline has, and what no headline is told by."""


def fits(own: str, left_out: Iterable[str], kept: Iterable[str]) -> bool:
    """Whether words can stand above an edition: they name nothing of the headlines left out that the kept items lack.

    Telling words are those of four letters or more that are not common, in any of their forms and without a
    possessive’s ending (`TikTok’s`), and short ones in capitals (`ICO`). A word too many takes the words away from one
    edition; one too few would promise its readers a story that they don't get.
    """
    missing = set().union(*map(_telling, left_out)) if left_out else set()
    doubtful = _telling(own) & missing
    return not doubtful or not doubtful - set().union(*map(_telling, kept))


def _telling(text: str) -> set[str]:
    words = [_POSSESSIVE.sub("", word) for word in _WORD.findall(text)]
    long = {word.casefold() for word in words if len(word) >= _SHORTEST} - _COMMON - _OF_THE_FIELD - STOP
    return {stem(word) for word in long} | {
        word.casefold() for word in words if 2 <= len(word) < _SHORTEST and word.isupper()
    }
