"""When a source is asked again: never sooner than is polite, and each at a minute of its own.

Everything here is decided from what came, without a clock and without a database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

DAY = timedelta(hours=24)
"""The longest that anything but an editor keeps us away, and the shortest between two requests without validators."""
LONGEST_HOLD = timedelta(days=7)
"""So long at most is a `Retry-After` believed: beyond it, it is a slip."""
BUSIEST = 0.025
"""The share of all sources that may be due in one minute; at least one may."""

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
_SPREAD_FROM = timedelta(minutes=15)
_ROOM = 13 / 12
"""Of the interval: by so much a round is longer than it, so that a check that comes late keeps its minute."""
_LIVELY = timedelta(days=2)
"""A source that brings something at least this often is checked at every interval."""


@dataclass(frozen=True)
class RequestMade:
    """A request to a source: the source's address, when it was made, and how much must lie between two of them."""

    address: str
    at: datetime
    interval: timedelta


@dataclass(frozen=True)
class Wishes:
    """What a publisher says about being asked: how long its answer stays good, hours and days to leave out.

    All of it in UTC; Monday is 0. Sources: `max-age` and `Expires` (RFC 9111), `<ttl>`, `skipHours` and `skipDays`
    (RSS 2.0), `sy:updatePeriod` (RSS 1.0).
    """

    fresh_for: timedelta = timedelta()
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()

    def leave_out(self, moment: datetime) -> bool:
        """Whether nobody need come then."""
        return moment.hour in self.skip_hours or moment.weekday() in self.skip_days


def _nobody(_moment: datetime) -> bool:
    return False


def next_check(
    asked: RequestMade,
    wishes: Wishes,
    conditional: bool,
    gap: timedelta = timedelta(),
    crowded: Callable[[datetime], bool] = _nobody,
) -> datetime:
    """When a source that answered well is due again.

    Never sooner than the interval; without validators (not `conditional`) never sooner than 24 hours. Wishes lengthen
    that, and so does a `gap` of more than two days between new entries, each up to 24 hours. Within that, the hash of
    the address says at which minute, or the next one that is not `crowded`.
    """
    least, most = _bounds(asked.interval, wishes.fresh_for, conditional, gap)
    earliest, latest = asked.at + least, asked.at + most
    slot = _slot(asked, earliest, latest)
    for moment in _minutes_from(slot, earliest, latest):
        if not wishes.leave_out(moment) and not crowded(moment):
            return moment
    return _after_the_pause(slot, wishes, max(asked.at + DAY, earliest))


def next_try(asked: RequestMade, failures: int, conditional_or_never_read: bool = True) -> datetime:
    """When a source is asked again after so many failures in a row: each doubles the wait, up to 24 hours.

    One that has been read and gives no validators is not asked twice in 24 hours, whatever became of the second time.
    """
    room = _room(asked.interval)
    wait = max(asked.interval, min(_doubled(asked.interval, failures), DAY - room))
    if not conditional_or_never_read:
        wait = max(wait, DAY)
    return asked.at + wait + _fraction(asked.address) * room


def pledged(asked: RequestMade, conditional: bool) -> datetime:
    """Before when a source is not asked again if nothing is ever heard of this request: the process may die of it."""
    return asked.at + (asked.interval if conditional else max(DAY, asked.interval))


def hold_of(now: datetime, retry_after: datetime | None, refusals: int, interval: timedelta) -> datetime:
    """Until when a whole host is left alone that said “too many” or “not now” (429, 503), for the `refusals`th time.

    As long as it says; if it does not say, as long as the interval, and twice as long each time after.
    """
    if retry_after is not None:
        return min(max(retry_after, now), now + LONGEST_HOLD)
    return now + min(_doubled(interval, refusals), DAY)


def most_in_a_minute(sources: int) -> int:
    """How many of so many sources may be due in one minute."""
    return max(1, int(sources * BUSIEST))


def _bounds(
    interval: timedelta, fresh_for: timedelta, conditional: bool, gap: timedelta
) -> tuple[timedelta, timedelta]:
    room = _room(interval)
    lull = min(interval * (gap / _LIVELY), DAY - room)
    # What stays good for longer than a day is looked at within the day; what says exactly when, not before.
    told = fresh_for if fresh_for <= DAY else DAY - room
    least = max(interval, lull, told)
    if not conditional:
        least = max(least, DAY)
    most = least + room
    return least, most if not conditional or interval + room > DAY else min(most, DAY)


def _room(interval: timedelta) -> timedelta:
    """Over how long checks are spread. Where every few minutes are one round, there is nothing to spread."""
    return interval * _ROOM if interval >= _SPREAD_FROM else timedelta()


def _slot(asked: RequestMade, earliest: datetime, latest: datetime) -> datetime:
    """The source's own moment: the same in every round, so that sources that were once spread stay so."""
    fraction, round_ = _fraction(asked.address), _room(asked.interval)
    if latest - earliest < round_ or not round_:
        return earliest + fraction * (latest - earliest)
    return earliest + (_BEGINNING + fraction * round_ - earliest) % round_


def _fraction(address: str) -> float:
    return int.from_bytes(blake2b(address.encode(errors="replace"), digest_size=6).digest()) / 2**48


def _minutes_from(slot: datetime, earliest: datetime, latest: datetime) -> Iterator[datetime]:
    """The slot, then every minute after it, then from the earliest one on."""
    yield slot
    span = latest - earliest
    for step in range(1, int(span / _MINUTE)):
        yield earliest + (slot - earliest + step * _MINUTE) % span


def _after_the_pause(slot: datetime, wishes: Wishes, limit: datetime) -> datetime:
    moment, within = slot, (slot - slot.replace(minute=0, second=0, microsecond=0)) % _HOUR
    while wishes.leave_out(moment) and moment < limit:
        moment = moment.replace(minute=0, second=0, microsecond=0) + _HOUR + within
    return min(moment, max(limit, slot))


def _doubled(interval: timedelta, times: int) -> timedelta:
    return interval * (1 << min(max(times, 1) - 1, 20))
