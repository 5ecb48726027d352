"""Permanent redirects of a source: 301 and 308 are believed once seen long enough, 302 and 307 never."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

CHECKS = 10
DAYS = timedelta(days=7)
"""A slip of a publisher's server is mended within a week; an address that was given up is not."""


@dataclass(frozen=True)
class Move:
    """Where permanent redirects lead, since when, and in how many checks in a row; `to` is empty where they don't."""

    to: str = ""
    since: datetime | None = None
    checks: int = 0

    def seen(self, moved_to: str, now: datetime) -> Move:
        """The same after one more good answer, which came from `moved_to` or, if that is empty, without any."""
        if not moved_to:
            return Move()
        if moved_to != self.to or self.since is None:
            return Move(moved_to, now, 1)
        return Move(self.to, self.since, self.checks + 1)

    def is_believed(self, now: datetime) -> bool:
        """Whether the source is asked there from now on."""
        return self.since is not None and self.checks >= CHECKS and now - self.since >= DAYS
