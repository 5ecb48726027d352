"""Requests that are here as a whole, in line for a thread: each network has its turn, however many another sends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from digest.web.serving.connection import Connection

_MANY = 16
"""Of one network: a person's browser asks for a page's few parts at a time."""


class WaitingLine:
    """Who stands in line, by network, and how many requests of each network threads have in hand."""

    def __init__(self) -> None:
        self._standing: dict[Connection, str] = {}
        self._of_network: dict[str, dict[Connection, None]] = {}
        self._in_hand: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Connection]:
        """Those that stand in line, the longest first."""
        return iter(tuple(self._standing))

    def stand(self, connection: Connection, network: str) -> None:
        """This one's request is here."""
        self._standing[connection] = network
        self._of_network.setdefault(network, {})[connection] = None

    def leave(self, connection: Connection) -> None:
        """This one stands no longer, if it did."""
        network = self._standing.pop(connection, None)
        if network is None:
            return
        del self._of_network[network][connection]
        if not self._of_network[network]:
            del self._of_network[network]

    def longest(self, network: str | None = None) -> Connection | None:
        """Who has stood longest, in all or of a network."""
        return next(iter(self._standing if network is None else self._of_network.get(network, ())), None)

    def take(self) -> Connection | None:
        """Who goes next: of the network that has fewest in hand, and among such of the one whose turn was longest ago.

        Where many of one network stand, its newest goes first: a burst then delays itself, and not who comes after it.
        """
        if not self._standing:
            return None
        network = min(self._of_network, key=lambda one: self._in_hand[one])
        standing = self._of_network.pop(network)
        connection = next(reversed(standing)) if len(standing) > _MANY else next(iter(standing))
        self._of_network[network] = standing  # now the last of those whose turn it was
        self.leave(connection)
        self._in_hand[network] += 1
        return connection

    def is_answered(self, network: str) -> None:
        """A thread is done with a request of this network."""
        self._in_hand[network] -= 1
        if not self._in_hand[network]:
            del self._in_hand[network]
