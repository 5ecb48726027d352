"""Dates as lists show them: found in running text, in an address, and read in the order that the page keeps."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from digest.feeds.base.months import month_named

_MONTH = r"(?P<month>[^\W\d_]{3,14})\.?"

_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"(?<![\d./-])(?P<y>(?:19|20)\d\d)(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})(?![\d/-])",
        r"(?<!\d)(?P<y>(?:19|20)\d\d)年\s?(?P<m>\d{1,2})月\s?(?P<d>\d{1,2})日",
        rf"(?<![\d/-])(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|\.|º|ª)?(?:\s+|-)(?:day\s+of\s+|de\s+|d['’])?{_MONTH}"
        r",?(?:\s+|-)(?:de\s+|del\s+)?['’]?(?P<y>(?:19|20)\d\d|\d\d)(?!\d)",
        rf"\b{_MONTH}\s*(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,\s*|\s+)(?P<y>(?:19|20)\d\d)(?!\d)",
        r"(?<![\d./-])(?P<a>\d{1,2})(?P<sep>[-/.])\s?(?P<b>\d{1,2})(?P=sep)\s?(?P<y>(?:19|20)\d\d|\d\d)(?![\d-]|/\d)",
    )
)
_ADDRESS_FORMS = (
    re.compile(r"(?<!\d)(?P<y>(?:19|20)\d\d)[-/_](?P<m>0?[1-9]|1[0-2])[-/_](?P<d>0?[1-9]|[12]\d|3[01])(?!\d)"),
    re.compile(r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?!\d)"),
)
_LONGEST = 4_000


@dataclass(frozen=True)
class WrittenDate:
    """A date found in a text: where it stands, and what it can be if its day stands before or after its month."""

    start: int
    end: int
    day_first: date | None
    month_first: date | None

    @property
    def open(self) -> bool:
        """Whether both readings are dates, and different ones."""
        return None not in (self.day_first, self.month_first) and self.day_first != self.month_first

    def read(self, day_first: bool) -> datetime | None:
        """The date at midnight UTC, in the order given if that is one."""
        first, second = (self.day_first, self.month_first) if day_first else (self.month_first, self.day_first)
        found = first or second
        return datetime(found.year, found.month, found.day, tzinfo=UTC) if found else None


def dates_in(text: str) -> list[WrittenDate]:
    """The dates written in a text, in its order."""
    if not any(c.isdigit() for c in text[:_LONGEST]):
        return []
    found: list[WrittenDate] = []
    for form in _FORMS:
        for match in form.finditer(text[:_LONGEST]):
            written = _written(match)
            if written and not any(written.start < other.end and other.start < written.end for other in found):
                found.append(written)
    return sorted(found, key=lambda written: written.start)


def date_in_address(url: str) -> datetime | None:
    """The day that an address names, as in `/2024/05/12/` or `report-20240512.pdf`."""
    for form in _ADDRESS_FORMS:
        for match in form.finditer(url):
            found = _day(int(match["y"]), int(match["m"]), int(match["d"]))
            if found:
                return datetime(found.year, found.month, found.day, tzinfo=UTC)
    return None


def stamped(value: str) -> datetime | None:
    """A machine's date (`datetime=` of HTML). A local midnight means the day, whatever the zone."""
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    if not 1990 <= moment.year <= 2100:
        return None
    if moment.tzinfo is None or (moment.hour, moment.minute, moment.second) == (0, 0, 0):
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


def is_day_first(texts: Iterable[str], language: str, host: str) -> bool:
    """Whether a page writes the day before the month: by its dates, their sequence, its language and country."""
    found = [written for text in texts for written in dates_in(text)[:3]]
    day_only = sum(1 for written in found if written.day_first and not written.month_first)
    month_only = sum(1 for written in found if written.month_first and not written.day_first)
    if day_only != month_only:
        return day_only > month_only
    ordered = {choice: _is_ordered(written.read(choice) for written in found) for choice in (True, False)}
    if any(written.open for written in found) and ordered[True] != ordered[False]:
        return ordered[True]
    return not _is_american(language.lower().replace("_", "-"), host.lower())


def _is_american(language: str, host: str) -> bool:
    if language.startswith("en-") or (language and not language.startswith("en")):
        return language in ("en-us", "en-ph")
    suffix = host.rpartition(".")[2]
    return suffix in ("gov", "mil", "us", "edu") or len(suffix) != 2


def _is_ordered(moments: Iterable[datetime | None]) -> bool:
    known = [moment for moment in moments if moment]
    return len(known) > 2 and known in (sorted(known), sorted(known, reverse=True))


def _written(match: re.Match[str]) -> WrittenDate | None:
    parts = match.groupdict()
    year = int(parts["y"])
    year += 0 if year > 99 else 2000 if year < 70 else 1900
    if "a" in parts:
        first, second = int(parts["a"]), int(parts["b"])
        readings = _day(year, second, first), None if parts["sep"] == "." else _day(year, first, second)
    else:
        month = int(parts["m"]) if parts.get("m") else month_named(_plain(parts.get("month") or "")) or 0
        readings = (_day(year, month, int(parts["d"])),) * 2
    return WrittenDate(match.start(), match.end(), *readings) if any(readings) else None


def _plain(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c)).casefold()


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if 1990 <= year <= 2100 else None
    except ValueError:
        return None


def without_dates(text: str) -> str:
    """The text less the dates in it."""
    return "".join(_between(text, dates_in(text)))


def _between(text: str, found: list[WrittenDate]) -> Iterator[str]:
    start = 0
    for written in found:
        yield text[start : written.start]
        start = written.end
    yield text[start:]
