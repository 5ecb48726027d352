"""What an answer's head says about asking again: how long it stays good, and not before when."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_LONGEST = timedelta(days=365)
"""Beyond this it is a way to say “for ever”, or a way to overflow somebody's calendar."""
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?([0-9]+)", re.IGNORECASE | re.ASCII)
_NEVER_KEPT = re.compile(r"(?:^|[,\s])(?:no-store|no-cache)(?:$|[,\s=])", re.IGNORECASE)


def fresh_for(cache_control: str, expires: str, date: str, now: datetime) -> timedelta:
    """How long an answer stays good: `max-age`, else `Expires` after `Date`, else nothing (RFC 9111, 4.2.1, 5.2.2)."""
    if _NEVER_KEPT.search(cache_control):
        return timedelta()
    if found := _MAX_AGE.search(cache_control):
        return _seconds(found[1])
    until = _moment(expires)
    if until is None:
        return timedelta()
    return min(max(until - (_moment(date) or now), timedelta()), _LONGEST)


def retry_after(value: str, now: datetime) -> datetime | None:
    """Not before when to ask again, by a `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), if it says so."""
    value = value.strip()
    if re.fullmatch(r"[0-9]+", value):
        return now + _seconds(value)
    until = _moment(value)
    return None if until is None else min(max(until, now), now + _LONGEST)


def _seconds(digits: str) -> timedelta:
    return _LONGEST if len(digits) > 9 else min(timedelta(seconds=int(digits)), _LONGEST)


def _moment(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
