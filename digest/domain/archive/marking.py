"""Marked words: where in a text stands what was looked for, and the piece of the text around most of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from digest.domain.shared.folding import words
from digest.domain.shared.stems import stems

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_LONGEST = 20_000
_BEFORE = 60


@dataclass(frozen=True)
class TextPiece:
    """A stretch of text, marked or not."""

    text: str
    marked: bool = False


@dataclass(frozen=True)
class Sought:
    """What is marked: stems of words, the beginning of one more, and phrases of folded words."""

    stems: frozenset[str] = frozenset()
    beginning: str = ""
    phrases: tuple[tuple[str, ...], ...] = ()


def marked(text: str, sought: Sought) -> list[TextPiece]:
    """The whole text in pieces."""
    return _pieces(text, _spans(text, sought), 0, len(text))


def excerpt(text: str, sought: Sought, length: int) -> list[TextPiece]:
    """Some `length` characters of the text around most of what is sought; from its beginning where nothing is."""
    text = text[:_LONGEST]
    spans = _spans(text, sought)
    if len(text) <= length:
        return _pieces(text, spans, 0, len(text))
    start = _best_start(text, spans, length)
    end = start + length
    if end < len(text):
        end = max(text.rfind(" ", start, end), start + 1)
    inside = [(first, last) for first, last in spans if first >= start and last <= end]
    pieces = _pieces(text, inside, start, min(end, len(text)))
    if start:
        pieces.insert(0, TextPiece("… "))
    if end < len(text):
        pieces.append(TextPiece(" …"))
    return pieces


def _spans(text: str, sought: Sought) -> list[tuple[int, int]]:
    if sought == Sought():
        return []
    found = [(match.start(), match.end(), *_read(match.group())) for match in _WORD.finditer(text[:_LONGEST])]
    spans = [(first, last) for first, last, word, stem in found if _is_sought(word, stem, sought)]
    spelt = tuple(word for _, _, word, _ in found)
    for phrase in sought.phrases:
        spans += [
            (found[at][0], found[at + len(phrase) - 1][1])
            for at in range(len(spelt) - len(phrase) + 1)
            if spelt[at : at + len(phrase)] == phrase
        ]
    return _merged(spans)


@lru_cache(maxsize=20_000)
def _read(word: str) -> tuple[str, str]:
    """A word folded, and its stem."""
    folded = "".join(words(word))
    return folded, "".join(stems(folded))


def _is_sought(word: str, stem: str, sought: Sought) -> bool:
    return stem in sought.stems or bool(sought.beginning and word.startswith(sought.beginning))


def _merged(spans: Collection[tuple[int, int]]) -> list[tuple[int, int]]:
    merged = list[tuple[int, int]]()
    for first, last in sorted(spans):
        if merged and first < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def _best_start(text: str, spans: Sequence[tuple[int, int]], length: int) -> int:
    """From where so many characters have the most different marked words in them."""
    said = [text[first:last].casefold() for first, last in spans]
    best, most, end = 0, 0, 0
    inside = Counter[str]()
    for at, (first, _) in enumerate(spans):
        start = 0 if first < length // 2 else first - _BEFORE
        while end < len(spans) and spans[end][1] <= start + length:
            inside[said[end]] += 1
            end += 1
        different = sum(count > 0 for count in inside.values())
        if different > most:
            best, most = start, different
        inside[said[at]] -= 1
    best = min(best, max(0, len(text) - length))
    return text.find(" ", best) + 1 if best else 0


def _pieces(text: str, spans: Sequence[tuple[int, int]], start: int, end: int) -> list[TextPiece]:
    pieces, at = list[TextPiece](), start
    for first, last in spans:
        if first > at:
            pieces.append(TextPiece(text[at:first]))
        pieces.append(TextPiece(text[first:last], marked=True))
        at = last
    if at < end:
        pieces.append(TextPiece(text[at:end]))
    return pieces
