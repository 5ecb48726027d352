"""Postings: sums over many seats at once are the sums one would add up by hand."""

from __future__ import annotations

from random import Random

from digest.domain.archive.postings import SEATS, Postings, Sums, bits_of, changed, joined, mask, seats_of


def test_the_best_of_summed_weights_are_those_added_up_one_by_one() -> None:
    random = Random(4)  # noqa: S311 - the same sums in every run
    seats, factors = 3 * SEATS, (1, 5, 31)
    weights = [{seat: random.randint(1, 15) for seat in random.sample(range(seats), 2_000)} for _ in factors]
    among = random.sample(range(seats), 5_000)
    sums, by_hand = Sums(), dict.fromkeys(among, 0)
    for each, factor in zip(weights, factors, strict=True):
        sums.add(joined({}, each), factor)
        for seat in by_hand.keys() & each.keys():
            by_hand[seat] += factor * each[seat]
    ranked = sorted(among, key=lambda seat: (-by_hand[seat], -seat))
    for count in (1, 20, 700, 4_900):
        assert seats_of(sums.best(sum(1 << seat for seat in among), count)) == sorted(ranked[:count])


def test_a_stored_block_gives_back_what_was_put_in_and_loses_what_was_taken_out() -> None:
    block = changed(changed(None, {0: 15, 77: 6, SEATS - 1: 1}), {77: 0, 5: 9})
    assert block
    found = joined({2: block}, {3 * SEATS: 4})
    wanted = [2 * SEATS, 2 * SEATS + 5, 2 * SEATS + 77, 3 * SEATS - 1, 3 * SEATS]
    assert found.weights(wanted) == [15, 9, 0, 1, 4]
    assert seats_of(found.there) == [2 * SEATS, 2 * SEATS + 5, 3 * SEATS - 1, 3 * SEATS]
    assert changed(block, {0: 0, 5: 0, SEATS - 1: 0}) is None


def test_a_beginning_counts_only_where_the_word_itself_is_not() -> None:
    own = Postings((0b01, 0b01, 0, 0))
    assert own.also(0b11, 4).weights([0, 1]) == [3, 4]


def test_bits_and_bytes_are_the_same_set() -> None:
    assert mask(0b1001, 6) == b"\1\0\0\1\0\0"
    assert bits_of(b"\1\0\0\1\0\0") == 0b1001
    assert seats_of(0) == []
