"""How often a feed says it wants to be asked."""

from __future__ import annotations

from datetime import timedelta

from digest.feeds.base.entries import Rhythm
from digest.feeds.parsing.elements import Fields, bare_text, first_text

_LONGEST = timedelta(hours=24)
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(weeks=1),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def rhythm_of(channel: Fields) -> Rhythm:
    """At most 24 hours, whatever the feed says. RSS 2.0's ttl is in minutes; skipping all hours says nothing."""
    hours = frozenset(int(text) % 24 for text in _listed(channel, "skiphours") if text.isdecimal() and len(text) < 3)
    days = frozenset(_DAYS.index(day) for text in _listed(channel, "skipdays") if (day := text.lower()) in _DAYS)
    return Rhythm(
        at_least=min(max(_minutes(first_text(channel, "ttl")), _period(channel)), _LONGEST),
        skip_hours=hours if len(hours) < 24 else frozenset(),
        skip_days=days if len(days) < 7 else frozenset(),
    )


def _listed(channel: Fields, name: str) -> list[str]:
    return [bare_text(child) for listing in channel.get(name, ())[:1] for child in listing[:50]]


def _minutes(text: str) -> timedelta:
    return timedelta(minutes=int(text)) if text.isdecimal() and len(text) < 8 else timedelta()


def _period(channel: Fields) -> timedelta:
    """RSS 1.0's syndication module: so many times a period."""
    period = _PERIODS.get(first_text(channel, "sy:updateperiod").lower(), timedelta())
    times = first_text(channel, "sy:updatefrequency")
    return period / (int(times) if times.isdecimal() and len(times) < 6 and int(times) else 1)
