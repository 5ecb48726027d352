"""Why nothing came from an address: the one exception of the fetcher, in words for an editor."""

from __future__ import annotations

from enum import StrEnum


class Obstacle(StrEnum):
    """What stood in the way. The first two are our own guard's word; the others are the net's or the publisher's."""

    REFUSED = "refused"
    TOO_LARGE = "too large"
    NO_SUCH_HOST = "no such host"
    """The name is in no directory: not a passing failure of the look-up."""
    UNREACHED = "unreached"
    TOO_SLOW = "too slow"
    CERTIFICATE = "certificate"
    GARBLED = "garbled"
    CIRCLE = "circle"
    """Redirects that lead back or never end."""
    HELD = "held"
    """Nobody was asked: the host wants to be let be for a while, or others are asking it."""


class Unreachable(Exception):
    """Nothing came that could be used; the message says why and what to do, for an editor."""

    def __init__(self, words: str, obstacle: Obstacle = Obstacle.UNREACHED) -> None:
        super().__init__(words)
        self.obstacle = obstacle

    @property
    def refused(self) -> bool:
        """Whether our own guard said no; else the net or the other side failed."""
        return self.obstacle in (Obstacle.REFUSED, Obstacle.TOO_LARGE)


def refusal(words: str) -> Unreachable:
    """Our guard's no."""
    return Unreachable(words, Obstacle.REFUSED)
