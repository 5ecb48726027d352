"""Every Friday of ten years in six time zones, over every change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest.domain.issues.calendar import Schedule, day_and_year, moment
from tests.domain.issues.weeks import (
    CAIRO,
    DAY,
    JERUSALEM,
    LONDON,
    MINUTE,
    WEEK,
    ZONES,
    after_the_gap,
    clocks_change_on,
    fridays,
    on_the_wall,
    schedule,
)

SEND_TIMES = ("08:00", "00:30", "01:30", "02:30", "00:00", "23:45")


@pytest.mark.parametrize("at", SEND_TIMES)
@pytest.mark.parametrize("zone", ZONES)
def test_every_friday_has_one_moment_that_shows_the_send_time(zone: str, at: str) -> None:
    ours, clock_time = schedule(zone, at), time.fromisoformat(at)
    for friday in fridays():
        shown = on_the_wall(friday, clock_time, ours.zone)
        expected = shown[0] if shown else after_the_gap(friday, clock_time, ours.zone)
        assert ours.send_moment(friday) == expected, friday


@pytest.mark.parametrize("at", SEND_TIMES)
@pytest.mark.parametrize("zone", ZONES)
def test_asked_for_the_next_date_again_and_again_it_names_every_friday_once(zone: str, at: str) -> None:
    ours, now = schedule(zone, at), datetime(2023, 12, 31, 12, tzinfo=UTC)
    for friday in fridays():
        assert ours.next_send_date(now, ()) == friday
        send_at = ours.send_moment(friday)
        assert send_at > now
        assert ours.next_send_date(send_at - MINUTE, ()) == friday
        now = send_at


@pytest.mark.parametrize("cutoff_day", range(7))
@pytest.mark.parametrize("cutoff", ["16:00", "01:30", "08:00"])
@pytest.mark.parametrize("zone", ZONES)
def test_cutoff_is_the_last_before_the_send(zone: str, cutoff: str, cutoff_day: int) -> None:
    ours = schedule(zone, cutoff=cutoff, cutoff_day=cutoff_day)
    for friday in fridays(2025, 2027):
        cutoff_at, send_at = ours.cutoff_moment(friday), ours.send_moment(friday)
        assert cutoff_at < send_at
        day = ours.local(cutoff_at).date()
        assert day.weekday() == cutoff_day
        assert friday - WEEK <= day <= friday
        assert moment(day + WEEK, time.fromisoformat(cutoff), ours.zone) >= send_at


@pytest.mark.parametrize(
    ("zone", "friday", "at", "utc"),
    [
        (LONDON, "2024-03-29", "08:00", "2024-03-29 08:00"),
        (LONDON, "2024-04-05", "08:00", "2024-04-05 07:00"),
        (LONDON, "2024-10-25", "08:00", "2024-10-25 07:00"),
        (LONDON, "2024-11-01", "08:00", "2024-11-01 08:00"),
        ("Asia/Kathmandu", "2024-05-17", "08:00", "2024-05-17 02:15"),
        ("Australia/Sydney", "2024-04-05", "08:00", "2024-04-04 21:00"),
        ("Australia/Sydney", "2024-04-12", "08:00", "2024-04-11 22:00"),
        # Cairo skips from 00:00 to 01:00, Jerusalem from 02:00 to 03:00.
        (CAIRO, "2026-04-24", "00:00", "2026-04-23 22:00"),
        (CAIRO, "2026-04-24", "00:30", "2026-04-23 22:30"),
        (CAIRO, "2026-04-24", "01:30", "2026-04-23 22:30"),
        (JERUSALEM, "2026-03-27", "02:30", "2026-03-27 00:30"),
        (JERUSALEM, "2026-03-27", "03:30", "2026-03-27 00:30"),
    ],
)
def test_known_fridays(zone: str, friday: str, at: str, utc: str) -> None:
    send_at = schedule(zone, at).send_moment(date.fromisoformat(friday))
    assert send_at == datetime.fromisoformat(utc).replace(tzinfo=UTC)


def test_a_time_that_does_not_exist_moves_forward_by_the_gap() -> None:
    cairo = schedule(CAIRO, "00:30")
    assert cairo.spoken(cairo.send_moment(date(2026, 4, 24))) == "Friday 24 April 2026, 01:30 Africa/Cairo"


@pytest.mark.parametrize("zone", ZONES)
def test_on_days_when_the_clocks_change_every_minute_agrees_with_the_wall(zone: str) -> None:
    wall = ZoneInfo(zone)
    days = [date(2026, 1, 1) + number * DAY for number in range(365)]
    for day in days:
        if clocks_change_on(day, wall):
            for minutes in range(0, 24 * 60, 5):
                at = time(minutes // 60, minutes % 60)
                shown = on_the_wall(day, at, wall)
                assert moment(day, at, wall) == (shown[0] if shown else after_the_gap(day, at, wall)), (day, at)


def test_a_time_that_comes_twice_is_its_first_occurrence() -> None:
    wall = ZoneInfo(LONDON)
    first, second = on_the_wall(date(2026, 10, 25), time(1, 30), wall)
    assert second - first == timedelta(hours=1)
    assert moment(date(2026, 10, 25), time(1, 30), wall) == first


def test_next_date_passes_over_taken_ones() -> None:
    tuesday = datetime(2024, 5, 14, 9, tzinfo=UTC)
    taken = {date(2024, 5, 17), date(2024, 5, 31)}
    assert schedule().next_send_date(tuesday, taken) == date(2024, 5, 24)
    assert schedule().next_send_date(tuesday, {*taken, date(2024, 5, 24)}) == date(2024, 6, 7)


def test_next_date_on_the_day_itself() -> None:
    ours = schedule()
    assert ours.next_send_date(datetime(2024, 5, 17, 6, 59, 59, tzinfo=UTC), ()) == date(2024, 5, 17)
    assert ours.next_send_date(datetime(2024, 5, 17, 7, 0, tzinfo=UTC), ()) == date(2024, 5, 24)


def london(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2024, 5, day, hour, minute, tzinfo=ZoneInfo(LONDON))


@pytest.mark.parametrize(
    ("moved_to", "now", "cutoff"),
    [
        # To Monday the 20th, while Thursday's cut-off lies ahead: it stays.
        (date(2024, 5, 20), london(14, 9), london(16, 16)),
        # To Monday, once that has gone by: sixteen hours before the send, as in any other week.
        (date(2024, 5, 20), london(16, 17), london(19, 16)),
        # To Thursday morning: the Thursday cut-off before it is a week past.
        (date(2024, 5, 16), london(14, 9), london(15, 16)),
        (date(2024, 5, 15), london(14, 9), london(14, 16)),
        # To the next Friday: that week's own cut-off.
        (date(2024, 5, 24), london(14, 9), london(23, 16)),
        # To Saturday, on Friday morning.
        (date(2024, 5, 18), london(17, 7), london(17, 16)),
    ],
)
def test_cutoff_of_a_moved_issue(moved_to: date, now: datetime, cutoff: datetime) -> None:
    assert schedule().cutoff_after_move(moved_to, now) == cutoff


@pytest.mark.parametrize("zone", ZONES)
def test_cutoff_of_an_issue_moved_anywhere_lies_before_its_send(zone: str) -> None:
    ours = schedule(zone)
    for friday in fridays(2026, 2026):
        now = ours.send_moment(friday) - 3 * DAY
        for days in range(-2, 14):
            moved_to = friday + days * DAY
            cutoff_at, send_at = ours.cutoff_after_move(moved_to, now), ours.send_moment(moved_to)
            assert send_at - WEEK - timedelta(hours=1) <= cutoff_at < send_at
            assert cutoff_at > now or send_at - now < DAY


def test_moments_are_in_utc_and_read_well() -> None:
    ours: Schedule = schedule()
    send_at = ours.send_moment(date(2024, 5, 3))
    assert send_at.tzinfo is UTC
    assert ours.spoken(send_at) == "Friday 3 May 2024, 08:00 Europe/London"
    assert day_and_year(date(2024, 5, 3)) == "3 May 2024"
