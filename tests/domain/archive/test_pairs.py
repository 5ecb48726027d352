"""Pairs of words: what is stored of them is the same on every machine, and found again where it stands."""

from __future__ import annotations

from digest.domain.archive.pairs import by_bucket, entries_of, packed, pairs_of, placed, seats_at, spots_of, without
from digest.domain.archive.postings import SEATS

_WORDS = " of the court | of the north | the court "


def test_a_pair_is_known_by_the_same_bits_in_every_process_and_release() -> None:
    [pair] = pairs_of(("data", "protection"))
    [(bucket, entry)] = placed(entries_of(" data protection "), SEATS - 1)
    assert (bucket, entry) == (2468, 0xE8FEDDF8CFFF0000)
    assert (pair.bucket, pair.mark) == (bucket, entry >> 28)


def test_pairs_are_found_at_each_of_their_places_and_none_reaches_over_a_bar() -> None:
    assert stored("of", "the") == {0, 4}
    assert stored("the", "court") == {1, 8}
    assert stored("court", "of") == set()
    assert len(list(entries_of(_WORDS))) == 5


def test_seats_are_counted_on_from_block_to_block() -> None:
    [pair] = pairs_of(("the", "court"))
    rows = {block: by_bucket(placed(entries_of(_WORDS), 5))[pair.bucket] for block in (0, 3)}
    spots = spots_of({block: packed(entries) for block, entries in rows.items()}, pair.mark)
    assert seats_at(spots) == {5, 3 * SEATS + 5}


def test_what_is_taken_out_leaves_the_others() -> None:
    stored = packed([1, 2, 2**64 - 1])
    assert without(stored, {2, 5}) == packed([1, 2**64 - 1])
    assert without(stored, ()) == stored


def stored(one: str, other: str) -> set[int]:
    """The positions of the pair in `_WORDS`, said in the first seat."""
    [pair] = pairs_of((one, other))
    return spots_of({0: packed(by_bucket(entries_of(_WORDS)).get(pair.bucket, []))}, pair.mark)
