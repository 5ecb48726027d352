"""What differs between two texts, word by word: first which lines, then which words of these."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_MOST_WORDS = 4_000
_MOST_LINES = 2_000
"""Of two texts together; beyond, each is shown whole: comparing them would take seconds."""


class Fate(StrEnum):
    """What became of a stretch of text."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class Stretch:
    """Some text that the older, the newer or both have; line breaks are in it."""

    fate: Fate
    text: str


def differences(older: Sequence[str], newer: Sequence[str]) -> tuple[Stretch, ...]:
    """The lines of both in one reading: what was kept, removed and added, in order."""
    return tuple(_joined(_by_lines(older, newer)))


def is_same(stretches: Iterable[Stretch]) -> bool:
    """Whether nothing was removed or added."""
    return all(each.fate is Fate.KEPT for each in stretches)


def _by_lines(older: Sequence[str], newer: Sequence[str]) -> Iterator[Stretch]:
    old, new = [f"{line}\n" for line in older], [f"{line}\n" for line in newer]
    if len(old) + len(new) > _MOST_LINES:
        yield Stretch(Fate.REMOVED, "".join(old))
        yield Stretch(Fate.ADDED, "".join(new))
        return
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        before, after = "".join(old[i:j]), "".join(new[k:m])
        if tag == "equal":
            yield Stretch(Fate.KEPT, before)
        else:
            yield from _by_words(before, after)


def _by_words(older: str, newer: str) -> Iterator[Stretch]:
    old, new = _WORDS.findall(older), _WORDS.findall(newer)
    if len(old) + len(new) > _MOST_WORDS:
        yield Stretch(Fate.REMOVED, older)
        yield Stretch(Fate.ADDED, newer)
        return
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Stretch(Fate.KEPT, "".join(old[i:j]))
            continue
        yield Stretch(Fate.REMOVED, "".join(old[i:j]))
        yield Stretch(Fate.ADDED, "".join(new[k:m]))


def _joined(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    held: Stretch | None = None
    for each in stretches:
        if not each.text:
            continue
        if held and held.fate is each.fate:
            held = Stretch(held.fate, held.text + each.text)
            continue
        if held:
            yield held
        held = each
    if held:
        yield held
