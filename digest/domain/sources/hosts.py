"""Which host an address asks, and whether it may be asked now: two requests at once at most, and one a second."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

AT_ONCE = 2
EVERY = timedelta(seconds=1)
_USUAL = {"http": 80, "https": 443}


@dataclass(frozen=True)
class HostStanding:
    """What is known of a host: the last request to it, how many are under way, and until when it wants to be let be."""

    asked_at: datetime | None = None
    under_way: int = 0
    not_before: datetime | None = None

    def held(self, now: datetime) -> bool:
        """Whether it asked us to come later (429, 503)."""
        return self.not_before is not None and self.not_before > now

    def free_at(self, now: datetime) -> datetime | None:
        """From when it may be asked, as far as its pace goes; None where a request under way must end first."""
        if self.under_way >= AT_ONCE:
            return None
        # A moment that lies ahead was written by a clock that goes wrong, and must not close a host for long.
        return now if self.asked_at is None or self.asked_at > now + EVERY else max(now, self.asked_at + EVERY)

    def asked(self, now: datetime) -> HostStanding:
        """The same with one more request under way."""
        return HostStanding(now, self.under_way + 1, self.not_before)


def host_of(url: str) -> str:
    """The host of an address, in lower case, with its port where that is not the scheme's own; empty if it has none."""
    try:
        parts = urlsplit(url)
        name, port = (parts.hostname or "").removesuffix("."), parts.port
    except ValueError:
        return ""
    return f"{name}:{port}" if port and port != _USUAL.get(parts.scheme.lower()) else name
