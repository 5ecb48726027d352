"""Dates as exports and spreadsheets write them, read only where they can be read in one way."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_EPOCH = re.compile(r"[12]\d{9}(?:\d{3})?")
"""Seconds since 1970 (2001 to 2065), or milliseconds."""
_DAY_FIRST_OR_LAST = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})\b(.*)", re.DOTALL)
_ZONE = re.compile(r"\s*(?:UTC|GMT|Z)$|\s+(?=[+-]\d\d:?\d\d$)", re.IGNORECASE)
_DATES = ("%Y-%m-%d", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%B %d %Y", "%b %d %Y")
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M%p", " %I:%M:%S %p", ", %H:%M", ", %I:%M %p", " at %I:%M %p")
_FORMATS = tuple(date + time for date in _DATES for time in _TIMES)


def moment(column: str, text: str) -> datetime | None:
    """The moment that a cell of that column says, aware; None for an empty one. Raises ValueError with the remedy."""
    if not text:
        return None
    try:
        return _read(text)
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{column} “{text[:40]}”: use a date like 2024-05-15 or 2024-05-15T08:00:00+01:00.") from None


def _read(text: str) -> datetime:
    if _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        said = _otherwise(_year_first(_ZONE.sub("", text)))
    return said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)


def _year_first(text: str) -> str:
    """`15.05.2024 10:20` and `05/15/2024 10:20` as `2024-05-15 10:20`.

    With dots the day comes first. With slashes or dashes it may be either, and only a number above 12 tells.
    """
    found = _DAY_FIRST_OR_LAST.fullmatch(text)
    if not found:
        return re.sub(r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})", r"\1-\2-\3", text)
    first, mark, second, year, rest = found.groups()
    if mark == "." or int(first) > 12 or first == second:
        return f"{year}-{second}-{first}{rest}"
    if int(second) > 12:
        return f"{year}-{first}-{second}{rest}"
    raise ValueError("the day or the month")


def _otherwise(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the caller knows what no zone means
        except ValueError:
            continue
    raise ValueError("no known form")
