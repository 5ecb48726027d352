"""Since when an installation has been up, as far as its clocks can witness: they leave a mark every few seconds."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_GAP = 120.0
"""Seconds between two marks in which nothing need have stood still: a slow database, a clock that was started anew."""


@dataclass(frozen=True)
class LastBeat:
    """The latest mark of any clock. Times are the database's, in seconds since 1970."""

    at: float
    since: float | None
    """Since when there had been no gap; None where nobody remembered."""


def up_since(latest: LastBeat | None, now: float) -> float:
    """Since when there has been no gap: `now` itself right after one, or where nothing is known.

    A latest mark that lies ahead by more than the longest gap tells that the database's clock was set back; what was
    counted by it counts no more.
    """
    if latest is None or latest.since is None or abs(now - latest.at) > LONGEST_GAP:
        return now
    return min(latest.since, now)
