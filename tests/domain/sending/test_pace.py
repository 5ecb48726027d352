"""How many requests may be in flight: one, then twice as many, none after an unknown, half after a 429."""

from __future__ import annotations

import pytest

from digest.domain.sending.pace import FREE, FREE_AT, PROBING, START, Pace, after_accepted, after_too_many


def grown(pace: Pace, rounds: int) -> list[int]:
    """The room at the start of each round in which all that may go is accepted."""
    rooms = []
    for _ in range(rounds):
        room = pace.room(0, 1_000)
        rooms.append(room)
        for _ in range(room):
            pace = after_accepted(pace)
    return rooms


def test_it_doubles_while_it_goes_well() -> None:
    assert grown(START, 5) == [1, 2, 4, 8, 16]


def test_in_the_end_nobody_counts() -> None:
    assert grown(START, 6)[-1] == 1_000
    assert after_accepted(Pace(FREE_AT - 1.0)) == FREE


def test_nothing_goes_while_a_probe_is_waited_for() -> None:
    assert PROBING.room(0, 4) == 0
    assert after_accepted(PROBING) == PROBING, "a late yes is no answer to the probe"
    assert after_too_many(PROBING, 3) == PROBING


def test_after_a_429_half_go_on_and_it_grows_by_one_a_round() -> None:
    pace = after_too_many(FREE, in_flight=7)
    assert pace.room(0, 100) == 4
    rooms = grown(pace, 4)
    assert rooms == sorted(rooms)
    assert rooms[-1] <= 7


def test_one_request_may_always_go_after_a_429() -> None:
    assert after_too_many(START, 0).room(0, 4) == 1
    assert after_too_many(Pace(1.0, gentle=True), 0).room(0, 4) == 1


@pytest.mark.parametrize(("allowed", "in_flight", "room"), [(4.0, 0, 4), (4.9, 1, 3), (4.0, 4, 0), (4.0, 9, 0)])
def test_what_is_in_flight_takes_room(allowed: float, in_flight: int, room: int) -> None:
    assert Pace(allowed).room(in_flight, 100) == room


def test_nobody_gets_more_than_was_wanted() -> None:
    assert Pace(16.0).room(0, 3) == 3
    assert FREE.room(1_000, 4) == 4
