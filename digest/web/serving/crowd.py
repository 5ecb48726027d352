"""Who is connected, and who gives way when there are too many: whoever has kept us waiting longest.

Nobody is turned away. A newcomer has cost nothing yet; whoever drips has, so a crowd of those only displaces itself.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterator
from typing import Any

from digest.web.serving.connection import Connection
from digest.web.serving.limits import Limits


class Crowd:
    """All connections of a worker; those that keep it waiting, in the order since when."""

    def __init__(self, limits: Limits, connections: int) -> None:
        self._limits = limits
        self._connections = connections
        self._all: dict[Connection, str] = {}
        self._of_network: Counter[str] = Counter()
        self._waiting: dict[Connection, None] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._all))

    def __contains__(self, connection: Connection) -> bool:
        return connection in self._all

    def enter(self, connection: Connection) -> Connection | None:
        """Let one in; returns who gives way for it, if there are too many, in all or of its network."""
        network = network_of(connection.client)
        gives_way = None
        if self._limits.per_network and self._of_network[network] >= self._limits.per_network:
            gives_way = next((other for other in self._waiting if self._all[other] == network), None)
        elif len(self._all) >= self._connections:
            gives_way = self.longest_waiting()
        self._all[connection] = network
        self._of_network[network] += 1
        self._waiting[connection] = None
        return gives_way

    def longest_waiting(self) -> Connection | None:
        """Who has kept us waiting longest."""
        return next(iter(self._waiting), None)

    def waits(self, connection: Connection) -> None:
        """We wait for this one, from now on."""
        self._waiting.pop(connection, None)
        self._waiting[connection] = None

    def is_busy(self, connection: Connection) -> None:
        """We don't wait for this one: a thread has it in hand."""
        self._waiting.pop(connection, None)

    def leave(self, connection: Connection) -> None:
        """This one is gone."""
        self._waiting.pop(connection, None)
        network = self._all.pop(connection)
        self._of_network[network] -= 1
        if not self._of_network[network]:
            del self._of_network[network]

    def waiting(self) -> list[Connection]:
        """Those that we wait for, the longest first."""
        return list(self._waiting)

    def too_heavy(self) -> list[Connection]:
        """Who must go so that what waits is no more than the limit: the heaviest."""
        over = sum(connection.waiting_bytes for connection in self._waiting) - self._limits.waiting_bytes
        gone = []
        for connection in sorted(self._waiting, key=lambda one: one.waiting_bytes, reverse=True):
            if over <= 0:
                break
            over -= connection.waiting_bytes
            gone.append(connection)
        return gone


def network_of(client: Any) -> str:
    """The network of a peer's address: an IPv4 address, an IPv6 /64; one for all peers on a local socket."""
    if not isinstance(client, tuple):
        return "local"
    address = ipaddress.ip_address(str(client[0]).partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, 64), strict=False))
        address = address.ipv4_mapped
    return str(address)
