"""Postings: which summaries have a stem, and how much it weighs in each, as bits that are counted in bulk.

A summary has a seat, a small number. A stem's weights are kept as four slices: slice 2 says of each seat whether 4 is
part of its weight. So sums over a hundred thousand summaries are a few operations on long integers (bit-sliced sums and
their best: O'Neil and Quass, "Improved query performance with variant indexes", 1997).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

SEATS = 4_096
"""In a block. Blocks are what is stored: few seats change at a time."""
HEAVIEST = 15
_SLICES = 4
_BYTES = SEATS // 8
_EMPTY = bytes(_SLICES * _BYTES)
_WHOLE = (1 << SEATS) - 1
_DIGITS = bytes.maketrans(b"01", b"\0\1")


@dataclass(frozen=True)
class Postings:
    """Of one stem, over all blocks: bit n of slice s is bit s of its weight in seat n."""

    slices: tuple[int, ...] = (0,) * _SLICES

    @property
    def there(self) -> int:
        """The seats that have it."""
        return reduce(or_, self.slices)

    def also(self, seats: int, weight: int) -> Postings:
        """With these seats besides, those that have it already as they are."""
        new = seats & ~self.there
        return Postings(tuple(bits | new if weight >> at & 1 else bits for at, bits in enumerate(self.slices)))

    def among(self, seats: int) -> Postings:
        """In these seats only."""
        return Postings(tuple(bits & seats for bits in self.slices))

    def weights(self, seats: Iterable[int]) -> list[int]:
        """The weight in each of these seats, 0 where it is not."""
        wanted = list(seats)
        size = max(wanted, default=0) // 8 + 1
        low = (1 << size * 8) - 1
        columns = [(bits & low).to_bytes(size, "little") for bits in self.slices]
        return [sum((column[n >> 3] >> (n & 7) & 1) << at for at, column in enumerate(columns)) for n in wanted]


def changed(block: bytes | None, weights: Mapping[int, int]) -> bytes | None:
    """A stored block, or none, with these weights at these places in it; 0 takes a place out. None: nothing is left."""
    raw = bytearray(zlib.decompress(block) if block else _EMPTY)
    for place, weight in weights.items():
        byte, bit = place >> 3, 1 << (place & 7)
        for at in range(_SLICES):
            if weight >> at & 1:
                raw[at * _BYTES + byte] |= bit
            else:
                raw[at * _BYTES + byte] &= ~bit
    return zlib.compress(raw, 1) if any(raw) else None


def joined(blocks: Mapping[int, bytes], overlay: Mapping[int, int] | None = None) -> Postings:
    """Stored blocks by their numbers as one, with the weights of further seats."""
    size = (max(blocks, default=-1) + 1) * _BYTES
    columns = [bytearray(size) for _ in range(_SLICES)]
    for number, block in blocks.items():
        raw = zlib.decompress(block)
        for at, column in enumerate(columns):
            column[number * _BYTES : (number + 1) * _BYTES] = raw[at * _BYTES : (at + 1) * _BYTES]
    slices = [int.from_bytes(column, "little") for column in columns]
    for seat, weight in (overlay or {}).items():
        slices = [bits | (weight >> at & 1) << seat for at, bits in enumerate(slices)]
    return Postings(tuple(slices))


def together(blocks: Iterable[tuple[int, bytes]]) -> int:
    """The seats in any of these stored blocks, given with their numbers; several may have the same number."""
    by_number = dict[int, int]()
    for number, block in blocks:
        raw = int.from_bytes(zlib.decompress(block), "little")
        by_number[number] = by_number.get(number, 0) | raw
    found = bytearray((max(by_number, default=-1) + 1) * _BYTES)
    for number, raw in by_number.items():
        seats = reduce(or_, (raw >> at * SEATS for at in range(_SLICES))) & _WHOLE
        found[number * _BYTES : (number + 1) * _BYTES] = seats.to_bytes(_BYTES, "little")
    return int.from_bytes(found, "little")


class Sums:
    """For every seat a sum, all added up at once."""

    def __init__(self) -> None:
        self._digits: list[int] = []

    def add(self, postings: Postings, factor: int) -> None:
        """Add the weights, each so many times."""
        for at, bits in enumerate(postings.slices):
            for place in range(factor.bit_length()):
                if bits and factor >> place & 1:
                    self._carry(bits, at + place)

    def best(self, among: int, count: int) -> int:
        """So many of these seats, those of the largest sums; of equal sums the latest seats."""
        sure, equal = 0, among
        for digit in reversed(self._digits):
            larger = equal & digit
            found = sure.bit_count() + larger.bit_count()
            if found > count:
                equal = larger
            else:
                sure, equal = sure | larger, equal & ~digit
        return sure | _last(equal, count - sure.bit_count())

    def _carry(self, bits: int, at: int) -> None:
        while bits:
            if at >= len(self._digits):
                self._digits.extend([0] * (at + 1 - len(self._digits)))
            self._digits[at], bits = self._digits[at] ^ bits, self._digits[at] & bits
            at += 1


def seats_of(bits: int) -> list[int]:
    """The seats of a set, rising."""
    digits = bin(bits)[:1:-1]
    found, at = [], digits.find("1")
    while at >= 0:
        found.append(at)
        at = digits.find("1", at + 1)
    return found


def mask(bits: int, length: int) -> bytes:
    """A set as a byte for each seat, 0 or 1."""
    return f"{bits:0{length}b}"[::-1].encode().translate(_DIGITS)[:length]


def bits_of(marks: Sequence[int] | bytes) -> int:
    """The set that such bytes stand for."""
    return int(bytes(marks).translate(bytes.maketrans(b"\0\1", b"01"))[::-1] or b"0", 2)


def _last(bits: int, count: int) -> int:
    """The highest of these seats, so many."""
    if count <= 0:
        return 0
    if bits.bit_count() <= count:
        return bits
    low, high = 0, bits.bit_length()
    while low < high:  # the lowest shift that leaves no more than that
        middle = (low + high) // 2
        if (bits >> middle).bit_count() > count:
            low = middle + 1
        else:
            high = middle
    return bits >> low << low
