"""Stems: what the forms of an English word share, so that a plural or a past tense is no other word."""

from __future__ import annotations

from functools import lru_cache

from digest.domain.shared.common_words import STOP
from digest.domain.shared.folding import words


def stems(text: str) -> list[str]:
    """The stems of a text's words in their order, without those that mean nothing by themselves."""
    return [stem(word) for word in words(text) if len(word) > 1 and word not in STOP]


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A folded word without the endings of English nouns and verbs, roughly; never less than three letters."""
    if len(word) <= 3 or word[0].isdigit():
        return word
    if word.endswith("ies") and len(word) > 4:
        word = f"{word[:-3]}y"
    elif word.endswith("sses"):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending, longer_than in (("ing", 6), ("ed", 5), ("ly", 6)):
        if word.endswith(ending) and len(word) > longer_than:
            word = word[: -len(ending)]
            break
    return _root(word)


def _root(word: str) -> str:
    """What `hope`, `hoping`, `hopped` and `happy`, `happily` share at their ends."""
    if len(word) > 4 and word[-1] == "e":
        word = word[:-1]
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "aeiou":
        word = word[:-1]
    return f"{word[:-1]}i" if len(word) > 4 and word[-1] == "y" else word
