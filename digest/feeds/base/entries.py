"""What the feeds' world brings: entries of a feed, of a page without one, or of a newsletter."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Entry:
    """One entry as its publisher gave it, all of it text without markup.

    `guid` is the publisher's own name for it and may be empty; `url` is absolute http or https, or empty.
    `published_at` is aware, in UTC, or None where nothing readable was given.
    """

    guid: str
    url: str
    title: str
    lede: str = ""
    published_at: datetime | None = None


@dataclass(frozen=True)
class Rhythm:
    """What a feed says about being asked: how long its words stay good, and when nobody need come (hours, days in UTC).

    `days` count from Monday as 0. Sources: `<ttl>`, `skipHours`, `skipDays` (RSS 2.0), `sy:updatePeriod` (RSS 1.0).
    """

    at_least: timedelta = timedelta()
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Bulletin:
    """What one document brought: all its entries in the document's order, nothing added."""

    title: str
    home: str
    """The site that it belongs to, absolute, or empty."""
    language: str
    """As in `en-GB`; empty where it does not say."""
    entries: tuple[Entry, ...]
    rhythm: Rhythm = field(default_factory=Rhythm)


class UnreadableDocument(ValueError):
    """What came can't be read as what it was taken for; the message says why, for an editor."""
