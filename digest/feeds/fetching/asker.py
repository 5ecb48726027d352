"""Who asks strangers on somebody's behalf: the guard itself is never handed to whoever must heed a host's pace, too."""

from __future__ import annotations

from typing import Protocol

from digest.feeds.fetching.fetcher import FEEDS, LARGEST, NO_VALIDATORS, Validators, WebAnswer


class Asker(Protocol):
    """Asks by the guard, and at a host's pace."""

    def get(
        self,
        url: str,
        *,
        accept: str = FEEDS,
        validators: Validators = NO_VALIDATORS,
        limit: int = LARGEST,
        deadline: float = 30.0,
    ) -> WebAnswer:
        """As `Fetcher.get`. Raises Unreachable, also where the host wants to be let be (`Obstacle.HELD`)."""
        ...
