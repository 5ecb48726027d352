"""The year's weeks: where the publication is at home, and which weeks have a Sunday on which its clocks change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FIRST = date(2026, 2, 2)
"""The Monday that a whole year begins with."""
SPRING = date(2026, 3, 16)
"""The Monday that a short one begins with: its second week ends with London's leap to summer time."""
CUTOFF = time(16, 0)
_FRIDAY, _SUNDAY = 4, 6


@dataclass(frozen=True)
class Home:
    """From a Monday on, where the publication is at home; and an hour that its clocks skip or repeat."""

    since: date
    zone: str
    at: time


HOMES: Sequence[Home] = (
    Home(date(2026, 2, 2), "Africa/Casablanca", time(2, 30)),
    Home(date(2026, 3, 16), "Europe/London", time(1, 30)),
    Home(date(2026, 9, 28), "Australia/Lord_Howe", time(2, 15)),
    Home(date(2026, 10, 12), "Europe/London", time(1, 30)),
    Home(date(2026, 10, 26), "America/New_York", time(1, 30)),
    Home(date(2027, 1, 25), "Africa/Casablanca", time(2, 30)),
    Home(date(2027, 2, 22), "America/New_York", time(2, 30)),
)


@dataclass(frozen=True)
class Week:
    """One week, from its Monday."""

    number: int
    monday: date
    home: Home

    @property
    def friday(self) -> date:
        return self.monday + timedelta(days=_FRIDAY)

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=_SUNDAY)

    @property
    def clocks_change(self) -> bool:
        """Whether noon is another hour of UTC on the Monday after than on the Saturday before."""
        return (
            self.at(5, time(12)).hour != self.at(7, time(12)).hour
            or self.at(5, time(12)).minute != self.at(7, time(12)).minute
        )

    def at(self, day: int, moment: time) -> datetime:
        """A local time so many days after Monday, in UTC. As Digest has it: a skipped time is as much later as the gap
        is long, and of two equal ones it is the first (PEP 495, fold 0).
        """
        local = datetime.combine(self.monday + timedelta(days=day), moment, tzinfo=ZoneInfo(self.home.zone))
        return local.astimezone(UTC)

    def send_moment(self, day: date) -> datetime:
        """When the issue of that day goes."""
        return self.at((day - self.monday).days, self.home.at)

    def settings(self) -> dict[str, str]:
        """How the operator has set it."""
        return {"DIGEST_TIMEZONE": self.home.zone, "DIGEST_TIME": f"{self.home.at:%H:%M}"}


def weeks(first: date, how_many: int) -> list[Week]:
    """So many weeks from a Monday on."""
    mondays = [first + timedelta(weeks=number) for number in range(how_many)]
    return [Week(number, monday, _home(monday)) for number, monday in enumerate(mondays, 1)]


def _home(monday: date) -> Home:
    return [home for home in HOMES if home.since <= monday][-1]
