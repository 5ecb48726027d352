"""Pairs: which words stand beside each other, where in which summary, so that a phrase is found without reading texts.

Each block of seats has 4,096 buckets of entries, one for each time that a pair is said. A pair is known by 48 bits of a
hash: 12 say in which bucket it is, and each of its entries begins with the other 36, before the place in the block and
the position in the text.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise

from digest.domain.archive.postings import SEATS

BUCKETS = 4_096
_POSITIONS = 1 << 16
_SPOTS = SEATS * _POSITIONS
"""A spot is a position in the words of a seat, counted on from seat to seat: so many are in a block."""
_BAR = "|"
Entry = tuple[int, int]
"""The bucket, and what is stored in it."""


@dataclass(frozen=True)
class WordPair:
    """What two neighbouring words are known by."""

    bucket: int
    mark: int


def pairs_of(phrase: Sequence[str]) -> list[WordPair]:
    """Those of a phrase, in their order."""
    found = (_hash(one, other) for one, other in pairwise(phrase))
    return [WordPair(each % BUCKETS, each // _SPOTS) for each in found]


def entries_of(words: str) -> list[Entry]:
    """The pairs in searched words, as the summary at a block's first place has them; none reaches over a bar."""
    found = list[Entry]()
    for position, (one, other) in enumerate(pairwise(words.split())):
        if one != _BAR != other:
            value = _hash(one, other)
            found.append((value % BUCKETS, value - value % _SPOTS + position % _POSITIONS))
    return found


def placed(entries: Iterable[Entry], place: int) -> list[Entry]:
    """Those of the summary at this place."""
    start = place * _POSITIONS
    return [(bucket, entry + start) for bucket, entry in entries]


def by_bucket(entries: Iterable[Entry]) -> dict[int, list[int]]:
    """Entries by the bucket that they are in."""
    found = defaultdict[int, list[int]](list)
    for bucket, entry in entries:
        found[bucket].append(entry)
    return found


def packed(entries: Collection[int]) -> bytes:
    """Entries as they are stored."""
    return struct.pack(f"<{len(entries)}Q", *entries)


def without(stored: bytes, gone: Collection[int]) -> bytes:
    """Stored entries but for these."""
    return packed([entry for entry in _entries(stored) if entry not in gone]) if gone else stored


def spots_of(stored: Mapping[int, bytes], mark: int) -> set[int]:
    """Where the pair with this mark is; given what is stored of its bucket, by block."""
    found = list[int]()
    for block, entries in stored.items():
        before = (mark - block) * _SPOTS
        found += [entry - before for entry in _entries(entries) if entry // _SPOTS == mark]
    return set(found)


def seats_at(spots: Iterable[int]) -> set[int]:
    """The seats in which these are."""
    return {spot // _POSITIONS for spot in spots}


def _hash(one: str, other: str) -> int:
    return int.from_bytes(blake2b(f"{one} {other}".encode(), digest_size=8).digest(), "little")


def _entries(stored: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(stored) // 8}Q", stored)
