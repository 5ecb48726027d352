"""Folded text: what spellings of the same words share, whatever their case, accents, dashes and quotation marks."""

from __future__ import annotations

import re
import unicodedata

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00ad\u2043\ufe58\ufe63\uff0d"
_SINGLE = "\u2018\u2019\u201a\u201b\u2032\u02bc\u00b4\u0060\u2039\u203a\uff07"
_DOUBLE = "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\uff02\u300c\u300d"
_PLAIN = str.maketrans(
    {**dict.fromkeys(_DASHES, "-"), **dict.fromkeys(_SINGLE, "'"), **dict.fromkeys(_DOUBLE, '"')}
    | {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "…": "..."}
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def fold(text: str) -> str:
    """The text in lower case and compatible characters (NFKD), without accents, with plain dashes and quotes."""
    lower = text.casefold().translate(_PLAIN)
    if lower.isascii():
        return lower
    return "".join(each for each in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(each)).translate(
        _PLAIN
    )


def words(text: str) -> list[str]:
    """The folded words of a text in their order: letters and digits; an apostrophe within one is left out of it."""
    return [each.replace("'", "") for each in _WORD.findall(fold(text))]
