"""Six publications in six time zones, and what their clocks on the wall show, found by looking."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from digest.domain.issues.calendar import Schedule, Weekly

LONDON = "Europe/London"
CAIRO = "Africa/Cairo"
JERUSALEM = "Asia/Jerusalem"
ZONES = (LONDON, "America/New_York", CAIRO, JERUSALEM, "Australia/Sydney", "Asia/Kathmandu")

THURSDAY, FRIDAY = 3, 4
MINUTE, DAY, WEEK = timedelta(minutes=1), timedelta(days=1), timedelta(days=7)


def schedule(zone: str = LONDON, at: str = "08:00", cutoff: str = "16:00", cutoff_day: int = THURSDAY) -> Schedule:
    """Every Friday at that time; closed on Thursday at 16:00 unless said otherwise."""
    return Schedule(
        Weekly(FRIDAY, time.fromisoformat(at)), Weekly(cutoff_day, time.fromisoformat(cutoff)), ZoneInfo(zone)
    )


def fridays(first: int = 2024, last: int = 2033) -> Iterator[date]:
    """Every Friday of these years."""
    day = date(first, 1, 1)
    while day.year <= last:
        if day.weekday() == FRIDAY:
            yield day
        day += DAY


def on_the_wall(day: date, at: time, zone: ZoneInfo) -> list[datetime]:
    """The moments at which a clock in that zone shows this date and time: one, two where it is set back, or none.

    Read off the clock: each offset in use around that day gives one moment to look at.
    """
    shown = datetime.combine(day, at)
    found = {
        moment
        for offset in _offsets_around(shown, zone)
        if (moment := (shown - offset).replace(tzinfo=UTC)).astimezone(zone).replace(tzinfo=None) == shown
    }
    return sorted(found)


def after_the_gap(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The moment that a time skipped by the clocks is moved to: later by as much as they were put forward."""
    shown = datetime.combine(day, at)
    before, after = _offsets_around(shown, zone)
    (moment,) = on_the_wall(day, (shown + (after - before)).time(), zone)
    return moment


def clocks_change_on(day: date, zone: ZoneInfo) -> bool:
    """Whether that day is longer or shorter than 24 hours."""
    start, end = (datetime.combine(each, time(), tzinfo=zone).astimezone(UTC) for each in (day, day + DAY))
    return end - start != DAY


def _offsets_around(shown: datetime, zone: ZoneInfo) -> list[timedelta]:
    """The offsets in use from a day before to a day after, in that order, each once."""
    start = shown.replace(tzinfo=UTC) - timedelta(hours=36)
    seen = [(start + timedelta(hours=6 * step)).astimezone(zone).utcoffset() for step in range(13)]
    return [offset for offset in dict.fromkeys(seen) if offset is not None]
