"""How often a source brings something, and when it has been silent for longer than that."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

_LATEST = 20
_ENOUGH = 4
"""Moments, below which there is no habit to see."""
_TIMES = 4
_SHORTEST_SILENCE = timedelta(days=5)
"""Four quiet days are a holiday."""
_WITHOUT_A_HABIT = timedelta(days=90)


def usual_gap(moments: Iterable[datetime], now: datetime) -> timedelta:
    """How much usually lies between two new entries, by the latest of these; zero where there are too few to say.

    Three in four gaps are no longer than this: entries come in bursts, and silence is judged by it.
    """
    known = sorted({moment for moment in moments if moment <= now}, reverse=True)[:_LATEST]
    if len(known) < _ENOUGH:
        return timedelta()
    gaps = sorted(later - earlier for later, earlier in pairwise(known))
    return gaps[len(gaps) * 3 // 4]


def is_silent(newest: datetime | None, gap: timedelta, now: datetime) -> bool:
    """Whether nothing new has come for longer than is usual for this source."""
    if newest is None:
        return False
    return now - newest > (max(_TIMES * gap, _SHORTEST_SILENCE) if gap else _WITHOUT_A_HABIT)


def lull(newest: datetime | None, gap: timedelta, now: datetime) -> timedelta:
    """By how much quiet a source is checked more rarely: its usual gap, or how long it has been silent."""
    return max(gap, now - newest) if newest is not None and is_silent(newest, gap, now) else gap
