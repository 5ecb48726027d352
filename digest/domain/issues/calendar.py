"""When an issue closes and when it goes: local wall-clock times made into moments, over every change of clocks.

All moments are aware datetimes in UTC; dates are dates in the publication's own time zone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

GRACE = timedelta(hours=24)
"""An issue that is late by more than this waits for an editor."""


@dataclass(frozen=True)
class Weekly:
    """A weekday (0 is Monday) and a wall-clock time, such as `thu 16:00`."""

    weekday: int
    at: time


@dataclass(frozen=True)
class Schedule:
    """The publication's week: when it sends, when its selection closes, in whose time."""

    send: Weekly
    cutoff: Weekly
    zone: ZoneInfo

    def send_moment(self, send_date: date) -> datetime:
        """The moment at which the issue of that date goes."""
        return moment(send_date, self.send.at, self.zone)

    def cutoff_moment(self, send_date: date) -> datetime:
        """The last cut-off before the issue of that date goes."""
        send_at = self.send_moment(send_date)
        day = send_date - timedelta(days=(send_date.weekday() - self.cutoff.weekday) % 7)
        cutoff_at = moment(day, self.cutoff.at, self.zone)
        return cutoff_at if cutoff_at < send_at else moment(day - timedelta(days=7), self.cutoff.at, self.zone)

    def cutoff_after_move(self, send_date: date, now: datetime) -> datetime:
        """The cut-off of an issue whose date is moved now.

        The usual rule, unless that cut-off has gone by (a Friday moved to Thursday morning would close at once):
        then as long before the send as in any other week.
        """
        usual = self.cutoff_moment(send_date)
        if usual > now:
            return usual
        ordinary = send_date + timedelta(days=(self.send.weekday - send_date.weekday()) % 7)
        notice = self.send_moment(ordinary) - self.cutoff_moment(ordinary)
        return self.send_moment(send_date) - notice

    def next_send_date(self, after: datetime, taken: Collection[date]) -> date:
        """The first ordinary send date whose moment lies after `after` and that no issue has yet."""
        day = self.local(after).date() - timedelta(days=1)
        while day.weekday() != self.send.weekday or day in taken or self.send_moment(day) <= after:
            day += timedelta(days=1)
        return day

    def local(self, at: datetime) -> datetime:
        """The same moment on the publication's clock."""
        return at.astimezone(self.zone)

    def spoken(self, at: datetime) -> str:
        """A moment as people read it: `Friday 17 May 2024, 08:00 Europe/London`."""
        local = self.local(at)
        return f"{local:%A} {day_and_year(local.date())}, {local:%H:%M} {self.zone.key}"


def moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A wall-clock time as one moment in UTC.

    A time that the clocks skip moves forward by the gap; one that happens twice is its first occurrence (both are
    what PEP 495 gives for fold=0).
    """
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def day_and_year(day: date) -> str:
    """A date as our readers see it: `15 May 2024`."""
    return f"{day.day} {day:%B %Y}"
