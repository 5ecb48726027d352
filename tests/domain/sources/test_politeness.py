"""When a source is asked again: every sentence of the promise."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as some

from digest.domain.sources.politeness import (
    DAY,
    RequestMade,
    Wishes,
    hold_of,
    most_in_a_minute,
    next_check,
    next_try,
    pledged,
)

HOUR = timedelta(hours=1)
NOON = datetime(2024, 5, 14, 12, 0, tzinfo=UTC)
FEED = "https://news.example/feed"

_moments = some.integers(0, 1_000_000).map(lambda minutes: NOON + timedelta(minutes=minutes))
_asked = some.builds(
    RequestMade,
    some.text(min_size=1, max_size=20),
    _moments,
    some.integers(1, 1440).map(lambda minutes: timedelta(minutes=minutes)),
)
_lengths = some.timedeltas(timedelta(), timedelta(days=400))
_wishes = some.builds(
    Wishes, _lengths, some.frozensets(some.integers(0, 23)), some.frozensets(some.integers(0, 6), max_size=7)
)


@settings(max_examples=200, deadline=None)
@given(_asked, _wishes, some.booleans(), _lengths)
def test_never_sooner_than_the_interval_and_without_validators_never_twice_a_day(
    asked: RequestMade, wishes: Wishes, conditional: bool, gap: timedelta
) -> None:
    due = next_check(asked, wishes, conditional, gap)
    assert due >= asked.at + asked.interval
    if not conditional:
        assert due >= asked.at + DAY


@settings(max_examples=200, deadline=None)
@given(_asked, _wishes, some.booleans(), _lengths)
@example(RequestMade("0", NOON, timedelta(minutes=15)), Wishes(DAY), True, timedelta())
def test_what_a_publisher_says_lengthens_and_never_shortens(
    asked: RequestMade, wishes: Wishes, conditional: bool, gap: timedelta
) -> None:
    due = next_check(asked, wishes, conditional, gap)
    if wishes.fresh_for <= DAY:
        assert due >= asked.at + wishes.fresh_for
    if conditional and asked.interval <= timedelta(minutes=600):
        assert due <= asked.at + DAY, "up to 24 hours"


def test_a_lively_feed_is_asked_about_every_hour_and_a_quiet_one_more_rarely() -> None:
    asked = RequestMade(FEED, NOON, HOUR)
    daily, weekly, yearly = (next_check(asked, Wishes(), True, timedelta(days=days)) - NOON for days in (1, 7, 365))
    assert HOUR <= daily <= HOUR * 2.1
    assert HOUR * 3.5 <= weekly <= HOUR * 4.7
    assert HOUR * 22 <= yearly <= DAY


def test_a_feed_keeps_its_minute_round_after_round() -> None:
    at = next_check(RequestMade(FEED, NOON, HOUR), Wishes(), True)
    for _ in range(10):
        after = next_check(RequestMade(FEED, at + timedelta(seconds=20), HOUR), Wishes(), True)
        assert after - at == HOUR * 13 / 12
        at = after


def test_hours_and_days_to_leave_out_are_left_out() -> None:
    asked = RequestMade(FEED, NOON, HOUR)
    due = next_check(asked, Wishes(skip_hours=frozenset(range(12, 20))), True)
    assert due.hour == 20 and due.date() == NOON.date()
    tuesday = next_check(asked, Wishes(skip_days=frozenset([1])), True)
    assert tuesday.weekday() == 2
    assert next_check(asked, Wishes(skip_days=frozenset(range(7))), True) <= NOON + DAY


def test_of_300_sources_the_busiest_minute_has_three_in_a_hundred_or_fewer() -> None:
    due: Counter[datetime] = Counter()

    def minute(moment: datetime) -> datetime:
        return moment.replace(second=0, microsecond=0)

    for conditional, gap in ((True, timedelta()), (False, timedelta()), (True, timedelta(days=99))):
        due.clear()
        for number in range(300):
            asked = RequestMade(f"https://news{number}.example/feed", NOON, HOUR)
            due[
                minute(
                    next_check(asked, Wishes(), conditional, gap, lambda at: due[minute(at)] >= most_in_a_minute(300))
                )
            ] += 1
        assert max(due.values()) <= 9


def test_failures_double_up_to_a_day() -> None:
    waits = [next_try(RequestMade(FEED, NOON, HOUR), failures) - NOON for failures in range(1, 40)]
    assert waits[0] >= HOUR and waits[0] <= HOUR * 2.1
    assert [later - earlier for earlier, later in pairwise(waits[:5])] == [
        HOUR, HOUR * 2, HOUR * 4, HOUR * 8,
    ]  # fmt: skip
    assert waits[-1] <= DAY


def test_a_feed_without_validators_that_was_read_is_not_asked_twice_a_day_even_when_it_fails() -> None:
    assert next_try(RequestMade(FEED, NOON, HOUR), 1, conditional_or_never_read=False) >= NOON + DAY


def test_a_request_that_nobody_hears_of_counts_as_one() -> None:
    assert pledged(RequestMade(FEED, NOON, HOUR), True) == NOON + HOUR
    assert pledged(RequestMade(FEED, NOON, HOUR), False) == NOON + DAY


def test_a_host_is_left_alone_for_as_long_as_it_says_else_twice_as_long_each_time() -> None:
    assert hold_of(NOON, NOON + 5 * HOUR, 1, HOUR) == NOON + 5 * HOUR
    assert hold_of(NOON, NOON - HOUR, 1, HOUR) == NOON
    assert hold_of(NOON, NOON + timedelta(days=365), 1, HOUR) == NOON + timedelta(days=7)
    assert [hold_of(NOON, None, times, HOUR) - NOON for times in (1, 2, 3, 9)] == [HOUR, 2 * HOUR, 4 * HOUR, DAY]
