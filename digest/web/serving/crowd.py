"""Who is connected, and who gives way when there are too many: whoever has kept us waiting longest.

Nobody is turned away. A newcomer has cost nothing yet; whoever drips has, so a crowd of those only displaces itself. So
does a crowd of whole requests: those that have been in line for a thread the longest give way.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from typing import Any

from digest.web.serving.connection import Connection
from digest.web.serving.limits import Limits
from digest.web.serving.line import WaitingLine


class Crowd:
    """All connections of a worker: those that keep it waiting, in the order since when, and those in line for a thread.

    What is in neither is in a thread's hand.
    """

    def __init__(self, limits: Limits, connections: int) -> None:
        self._limits = limits
        self._connections = connections
        self._all: dict[Connection, str] = {}
        self._of_network: Counter[str] = Counter()
        self._waiting: dict[Connection, None] = {}
        self._line = WaitingLine()

    def __contains__(self, connection: Connection) -> bool:
        return connection in self._all

    def enter(self, connection: Connection) -> Connection | None:
        """Let one in; returns who gives way for it, if there are too many, in all or of its network."""
        network = network_of(connection.client)
        gives_way = None
        if self._limits.per_network and self._of_network[network] >= self._limits.per_network:
            gives_way = self.first_to_go(network)
        if gives_way is None and len(self._all) >= self._connections:
            gives_way = self.first_to_go()
        self._all[connection] = network
        self._of_network[network] += 1
        self._waiting[connection] = None
        return gives_way

    def first_to_go(self, network: str | None = None) -> Connection | None:
        """Who has kept us waiting, or stood in line, for longest, in all or of a network."""
        waiting = next((one for one in self._waiting if network in (None, self._all[one])), None)
        standing = self._line.longest(network)
        return min((one for one in (waiting, standing) if one), key=lambda one: one.since, default=None)

    def waits(self, connection: Connection) -> None:
        """We wait for this one, from now on."""
        self._waiting.pop(connection, None)
        self._waiting[connection] = None

    def stands_in_line(self, connection: Connection) -> None:
        """We don't wait for this one: its request is here, and in line for a thread."""
        self._waiting.pop(connection, None)
        connection.stand_in_line()
        self._line.stand(connection, self._all[connection])

    def next_in_line(self) -> Connection | None:
        """Who goes to a thread next."""
        return self._line.take()

    def is_answered(self, connection: Connection) -> None:
        """A thread is done with this one: we wait until the peer has taken the answer."""
        self._line.is_answered(self._all[connection])
        self.waits(connection)

    def leave(self, connection: Connection) -> None:
        """This one is gone."""
        self._waiting.pop(connection, None)
        self._line.leave(connection)
        network = self._all.pop(connection)
        self._of_network[network] -= 1
        if not self._of_network[network]:
            del self._of_network[network]

    def idle(self) -> list[Connection]:
        """Those that no thread has in hand, the longest first."""
        return [*self._waiting, *self._line]

    def too_heavy(self) -> list[Connection]:
        """Who must go so that what waits is no more than the limit: the heaviest."""
        idle = self.idle()
        over = sum(connection.waiting_bytes for connection in idle) - self._limits.waiting_bytes
        gone = []
        for connection in sorted(idle, key=lambda one: one.waiting_bytes, reverse=True) if over > 0 else ():
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
