"""What a cell says by itself: nothing, yes, no, or a word that is known.

Marks count. `✓` is no empty cell, `-1` no 1 and `!active` not active: only what is sure to mean nothing means nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import normalize

from digest.operations.shared.known_columns import CROSSES, EMPTY, NO, TICKS, WORDS, YES, FormerState, plain

_ZERO_DATE = re.compile(
    r"(?:0{4}([-/.])00?\1 ?00?|00?([-/.])00?\2 ?0{4})(?:[T ]+00?:00(?::00(?:[.,]0+)?)?)?\s*(?:Z|UTC|[+-]00:?00)?",
    re.IGNORECASE,
)
_DASHES = "-_ \u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_ZERO, _ONE = re.compile(r"[+-]?0+(?:[.,]0+)?"), re.compile(r"\+?0*1(?:[.,]0+)?")
_NEGATIVE = re.compile(r"[-\u2010-\u2015\u2212]\s*[\d.,]+")
_STRANGE = re.compile(r"^[/-]|[^\w\s\u0300-\u036f.,:/&+'’\"()\[\]<>#-]")
"""What may turn a word into its contrary, or into a question."""
_UNSEEN = re.compile("[\ufe0e\ufe0f\u200e\u200f]")
"""Which way a symbol is drawn, or a word runs."""
_BETWEEN_TAGS = re.compile(r"[,;/|\n\r\t\[\]{}()<>•·、]|\s[-\u2013\u2014]\s")
_DAY = re.compile(r"(?<!\d)(?:19|20)\d\d(?:[-./]\d\d?){0,2}(?!\d)")
"""A year, month or day, as in `unsubscribed 2024-05`."""


def says_nothing(text: str) -> bool:
    """Whether a cell is empty, or holds what exports write for nothing: `NULL`, `-`, `0000-00-00 00:00:00`."""
    if not text.strip(_DASHES) or text == r"\N":
        return True
    return bool(_ZERO_DATE.fullmatch(text)) or (plain(text) in EMPTY and any(map(str.isalnum, text)) and _sober(text))


@lru_cache(maxsize=20_000)
def answer(text: str) -> bool | None:
    """Whether a cell says yes or no; None for anything else, a number below 0 among them."""
    text = _UNSEEN.sub("", normalize("NFKC", text)).strip()
    if text and set(text) <= TICKS:
        return True
    if (text and set(text) <= CROSSES) or _ZERO.fullmatch(text):
        return False
    if _ONE.fullmatch(text):
        return True
    if not _sober(text) or any(map(str.isdigit, text)):
        return None
    return True if plain(text) in YES else False if plain(text) in NO else None


def is_negative(text: str) -> bool:
    """Whether a cell is a number below 0: some exports write -1 for yes, others for none."""
    return bool(_NEGATIVE.fullmatch(text))


def known(text: str) -> FormerState | None:
    """The state that this word stands for. A word of leaving does whatever marks surround it, others only without."""
    state = WORDS.get(plain(text))
    return state if state and (_leaves(state) or _sober(text)) else None


def tags_of_leaving(text: str) -> list[FormerState]:
    """What the tags in a cell say of leaving: each as a whole, or on one side of its colon, also in JSON."""
    return [state for tag in _BETWEEN_TAGS.split(normalize("NFKC", text)) for state in _of_tag(tag)]


def _of_tag(tag: str) -> Iterator[FormerState]:
    """`unsubscribed`, `bounced: hard`, `"status":"unsubscribed"`, `"spam": true`, `subscribed=no`; not `spam: no`."""
    parts = [part.strip("\"' ") for part in re.split("[:=]", tag)]
    value = "".join(re.split("[:=]", tag, maxsplit=1)[1:]).strip()
    no = answer(value.strip("\"' ")) is False
    empty = bool(value) and says_nothing(value.strip("\"' "))
    for state in map(known, [tag, _DAY.sub("", tag), *parts]):
        if state and _leaves(state) and not (no or empty):
            yield state
        elif state is FormerState.CONFIRMED and no:
            yield FormerState.LEFT


def _leaves(state: FormerState) -> bool:
    return state.value >= FormerState.LEFT.value


def _sober(text: str) -> bool:
    return not _STRANGE.search(text)
