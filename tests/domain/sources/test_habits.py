"""What a source does usually, and what it means when it moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from digest.domain.sources.habits import is_silent, lull, usual_gap
from digest.domain.sources.moves import Move

NOON = datetime(2024, 5, 14, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def test_the_usual_gap_is_what_three_in_four_keep_to() -> None:
    assert usual_gap([NOON - days * DAY for days in (0, 1, 2, 3, 10)], NOON) == 7 * DAY
    assert usual_gap([NOON - days * DAY for days in range(12)], NOON) == DAY
    assert usual_gap([NOON, NOON - DAY, NOON + DAY], NOON) == timedelta(), "too few; the future does not count"


def test_silence_is_longer_than_usual() -> None:
    assert not is_silent(NOON - 4 * DAY, DAY, NOON)
    assert is_silent(NOON - 6 * DAY, DAY, NOON)
    assert not is_silent(NOON - 20 * DAY, 7 * DAY, NOON)
    assert is_silent(NOON - 30 * DAY, 7 * DAY, NOON)
    assert not is_silent(NOON - 30 * DAY, timedelta(), NOON)
    assert is_silent(NOON - 91 * DAY, timedelta(), NOON)
    assert not is_silent(None, DAY, NOON)


def test_what_has_fallen_silent_is_looked_at_more_rarely() -> None:
    assert lull(NOON - 2 * DAY, DAY, NOON) == DAY
    assert lull(NOON - 60 * DAY, DAY, NOON) == 60 * DAY


def test_a_permanent_redirect_is_believed_after_ten_checks_over_seven_days() -> None:
    move = Move()
    for hour in range(30):
        move = move.seen("https://new.example/feed", NOON + timedelta(hours=hour))
    assert not move.is_believed(NOON + timedelta(days=6)), "many checks, too few days"
    assert move.is_believed(NOON + timedelta(days=7))
    few = Move("https://new.example/feed", NOON, 9)
    assert not few.is_believed(NOON + timedelta(days=30))
    assert few.seen("https://new.example/feed", NOON + 30 * DAY).is_believed(NOON + 30 * DAY)


def test_one_answer_without_it_or_another_target_begins_anew() -> None:
    move = Move("https://new.example/feed", NOON, 30)
    assert move.seen("", NOON) == Move()
    assert move.seen("https://other.example/feed", NOON + DAY) == Move("https://other.example/feed", NOON + DAY, 1)
