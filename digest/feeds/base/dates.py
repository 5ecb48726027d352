"""Dates as publishers write them: RFC 822, ISO 8601 and their misspellings, in a dozen languages."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

from digest.feeds.base.months import month_named

_LONGEST = 200  # characters: what is longer is no date


def read_date(text: str, *, day_first: bool = True) -> datetime | None:
    """The moment that `text` names, aware and in UTC, to the second; None if it names none.

    Without a time it is midnight, without a zone (or with one nobody knows) UTC. A wrong weekday is ignored.
    `day_first` decides `3/4/2024`, where either number could be the day. Years of two digits: RFC 5322, section 4.3.
    """
    if len(text) > _LONGEST:
        return None
    text = _plain(text)
    if _STAMP.fullmatch(text):
        return _of_stamp(int(text))
    if iso := _ISO.search(text):
        return _iso(iso)
    clock = _CLOCK.search(text)
    rest = f"{text[: clock.start()]} {text[clock.end() :]}" if clock else text
    if day := _named_day(rest):
        return _moment(day, clock, by_24=_is_by_24(clock))
    day = _numbered_day(rest, day_first)
    return _moment(day, clock) if day else None


def _plain(text: str) -> str:
    """Small letters without accents, figures and signs in their usual form."""
    if text.isascii():
        return " ".join(text.lower().split())
    decomposed = unicodedata.normalize("NFKD", text.translate(_SIGNS))
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(bare.casefold().split())


_SIGNS = str.maketrans({"\u2212": "-", "年": "-", "月": "-", "日": " "})
_STAMP = re.compile(r"-?\d{9,10}|\d{13}", re.ASCII)


def _of_stamp(number: int) -> datetime | None:
    """Seconds, or milliseconds, since 1970."""
    return datetime.fromtimestamp(number // 1000 if number >= 10**10 else number, UTC)


_ZONE = r"(?P<zone>(?:gmt|utc?)?\s?[+-]\s?(?P<ahead>\d{1,2}?):?(?P<minutes>\d\d)?(?!\d)|[a-z]{1,5}\b)?"
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,:]\d+)?)?"
_CLOCK = re.compile(rf"(?<!\d){_TIME}\s?(?P<half>[ap]\.?m\b\.?)?\s?{_ZONE}", re.ASCII)
_ISO = re.compile(
    r"^\D{0,30}(?<!\d)(?P<year>[12]\d{3})"
    r"(?:(?P<dash>[-/.])(?P<month>\d{1,2})(?:(?P=dash)(?P<day>\d{1,2}))?|(?P<month2>\d\d)(?P<day2>\d\d)|-(?P<nth>\d{3}))?"
    r"(?:(?!\d)|(?=\d{6}$))(?:(?:\s?t\s?|,?\s|(?<=\d{8}))(?P<clock>[\d:.,]+.*))?",
    re.ASCII,
)
_DENSE = re.compile(r"(\d\d)(\d\d)(\d\d)?(?!\d)(.*)", re.ASCII)


def _iso(found: re.Match[str]) -> datetime | None:
    if found["nth"]:
        first = _day(int(found["year"]), 1, 1)
        return first and first + timedelta(days=int(found["nth"]) - 1)
    if not (found["month"] or found["month2"]) and found.string != found["year"]:
        return _year_first(found.string)
    month, day = found["month"] or found["month2"] or 1, found["day"] or found["day2"] or 1
    clock = found["clock"] or ""
    if dense := _DENSE.match(clock):
        clock = f"{dense[1]}:{dense[2]}:{dense[3] or '00'}{dense[4]}"
    start = _day(int(found["year"]), int(month), int(day))
    return _moment(start, _CLOCK.match(clock)) if start else None


def _year_first(text: str) -> datetime | None:
    """A text that begins with a year and goes on in words, as in `2024 March 5` or `2024. március 5.`"""
    clock = _CLOCK.search(text)
    day = _named_day(f"{text[: clock.start()]} {text[clock.end() :]}" if clock else text)
    return _moment(day, clock) if day else None


_WORD = r"(?P<month>[^\W\d_]{3,})\.?"
_FILLER = r"(?:st|nd|rd|th|er|o|a)?[\s.,/'’-]*(?:(?:de|del|of|d)\b)?[\s.'’-]*"
_DAY = r"(?<!\d)(?P<day>\d{1,2})(?!\d)"
_NAMED = (
    re.compile(rf"{_DAY}{_FILLER}{_WORD}[\s.,/'’-]*(?:(?:de|del|of)\b\s*)?(?P<year>\d{{4}}|\d{{2,3}})(?!\d)"),
    re.compile(rf"{_WORD}[\s.,/-]*{_DAY}(?:st|nd|rd|th)?[\s.,/'’-]*(?P<year>\d{{4}}|\d\d)(?!\d)"),
    re.compile(rf"(?P<year>(?<!\d)\d{{4}})[\s.,/-]*{_WORD}[\s.,/-]*{_DAY}"),
)


def _named_day(text: str) -> datetime | None:
    for form in _NAMED:
        for found in form.finditer(text):
            if month := month_named(found["month"]):
                return _day(_whole_year(found["year"]), month, int(found["day"]))
    return None


_NUMBERED = re.compile(r"(?<!\d)(\d{1,2})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{4}|\d\d)(?!\d)", re.ASCII)


def _numbered_day(text: str, day_first: bool) -> datetime | None:
    found = _NUMBERED.search(text)
    if not found:
        return None
    day, month = int(found[1]), int(found[3])
    if month > 12 or (not day_first and day <= 12):
        day, month = month, day
    return _day(_whole_year(found[4]), month, day)


def _whole_year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (2000 if len(digits) == 2 and year < 50 else 1900)


def _day(year: int, month: int, day: int) -> datetime | None:
    if not 1900 <= year <= 2200:
        return None  # also keeps a shift by zone within what datetime can hold
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None


def _is_by_24(clock: re.Match[str] | None) -> bool:
    """Whether am or pm says nothing: `02:02:33` is RFC 822's form, of 24 hours, with a word put behind it."""
    return clock is not None and clock["hour"].startswith("0") and clock["second"] is not None


def _moment(day: datetime, clock: re.Match[str] | None, *, by_24: bool = False) -> datetime:
    """The day at that time of its zone; a time that can't be, such as 25:61, leaves it at midnight."""
    if clock is None:
        return day
    hour, minute, second = int(clock["hour"]), int(clock["minute"]), min(int(clock["second"] or 0), 59)
    if clock["half"] and not by_24 and 1 <= hour <= 12:
        hour = hour % 12 + (12 if clock["half"].startswith("p") else 0)
    if hour > 24 or minute > 59:
        return day
    return day + timedelta(hours=hour, minutes=minute, seconds=second) - _ahead(clock)


def _ahead(clock: re.Match[str]) -> timedelta:
    """How far the zone's clocks are ahead of UTC."""
    if clock["ahead"] is None:
        return timedelta(minutes=round(_ZONES.get(clock["zone"] or "", 0) * 60))
    ahead = timedelta(hours=int(clock["ahead"]), minutes=int(clock["minutes"] or 0))
    if ahead > timedelta(hours=18):
        return timedelta()
    return timezone(-ahead if "-" in clock["zone"] else ahead).utcoffset(None)


_ZONES = {
    "a": 0, "ut": 0, "utc": 0, "gmt": 0, "z": 0, "wet": 0,
    "bst": 1, "west": 1, "cet": 1, "met": 1, "mez": 1,
    "cest": 2, "mest": 2, "mesz": 2, "eet": 2, "sast": 2,
    "eest": 3, "msk": 3, "trt": 3,
    "gst": 4, "ist": 5.5, "pkt": 5, "wib": 7, "ict": 7,
    "sgt": 8, "hkt": 8, "awst": 8, "jst": 9, "kst": 9, "acst": 9.5, "acdt": 10.5, "aest": 10, "aedt": 11, "nzst": 12,
    "nzdt": 13,
    "brt": -3, "art": -3, "nst": -3.5, "ndt": -2.5, "ast": -4, "adt": -3, "est": -5, "edt": -4, "cst": -6, "cdt": -5,
    "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10,
}  # fmt: skip
"""Hours ahead of UTC. RFC 822, section 5.1, and what newspapers write; `ist` as in India. The military letters say
nothing dependable (RFC 5322, section 4.3) and count as UTC."""
