"""How many requests a send may have in flight: few after trouble, more as it goes well, in the end as many as senders.

A send begins with one request and doubles, so that an outage at its moment costs one unknown batch and not all of
them. After an unknown outcome nothing leaves until a harmless question was answered; then it begins again. After a 429
it goes on with half, and adds one a round.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

FREE_AT = 32
"""So many in flight are more than senders ask for: from here on nobody counts."""


@dataclass(frozen=True)
class Pace:
    """`allowed` requests may be in flight over all senders: None for any number, 0 until a probe was answered.

    `gentle`: it grows by one a round instead of doubling, because SendGrid asked for less.
    """

    allowed: float | None = 1.0
    gentle: bool = False

    @property
    def probing(self) -> bool:
        """Whether nothing may leave before a probe was answered."""
        return self.allowed is not None and self.allowed < 1.0

    def room(self, in_flight: int, wanted: int) -> int:
        """How many of the `wanted` requests may be claimed while so many are in flight."""
        if self.allowed is None:
            return wanted
        return max(0, min(wanted, math.floor(self.allowed) - in_flight))


START = Pace()
FREE = Pace(None)
PROBING = Pace(0.0)


def after_accepted(pace: Pace) -> Pace:
    """Each yes makes room: for one more (which doubles a round), or for its share of one where gentle."""
    if pace.allowed is None or pace.probing:
        return pace
    allowed = pace.allowed + (1.0 / pace.allowed if pace.gentle else 1.0)
    return FREE if allowed >= FREE_AT else Pace(allowed, pace.gentle)


def after_too_many(pace: Pace, in_flight: int) -> Pace:
    """A 429: half of what was under way when it came, this request included."""
    if pace.probing:
        return pace
    under_way = in_flight + 1 if pace.allowed is None else min(pace.allowed, in_flight + 1)
    return Pace(max(1.0, under_way / 2), gentle=True)
