"""A small internet: names, public addresses, and loopback servers behind them; it keeps every address that is dialled.

internet = Internet({"feeds.example": ["93.184.216.34"]}, {("93.184.216.34", 80): stranger})
fetcher = internet.fetcher()
fetcher.get("http://feeds.example/feed", now=NOW)
assert internet.dialled == [("93.184.216.34", 80)]
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from ipaddress import ip_network

from digest.feeds.fetching.fetcher import Fetcher, FetchRules
from tests.feeds.server import Stranger

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AGENT = "Digest/1 (+https://digest.example.org/about/feeds)"
PUBLIC = "93.184.216.34"
OTHER = "1.1.1.1"

Address = tuple[str, int]


class Internet:
    """`names` to addresses, or to a list of such lists for one look-up after the other; `servers` by address."""

    def __init__(
        self, names: Mapping[str, Sequence[str] | list[list[str]]], servers: Mapping[Address, Stranger] | None = None
    ) -> None:
        self._names = dict(names)
        self._servers = dict(servers or {})
        self.looked_up: list[str] = []
        self.dialled: list[Address] = []

    def fetcher(self, networks: Sequence[str] = (), proxy: str = "") -> Fetcher:
        """A fetcher that lives in this internet, with `networks` as in FEED_NETWORKS."""
        rules = FetchRules(tuple(ip_network(text) for text in networks), proxy, AGENT)
        return Fetcher(rules, self.resolve, self.dial)

    def resolve(self, host: str, _port: int) -> Sequence[str]:
        self.looked_up.append(host)
        found = self._names.get(host)
        if found is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if found and isinstance(found[0], list):
            return found.pop(0) if len(found) > 1 else found[0]  # type: ignore[union-attr]
        return found  # type: ignore[return-value]

    def dial(self, address: Address, timeout: float) -> socket.socket:
        self.dialled.append(address)
        if address not in self._servers:
            raise ConnectionRefusedError(111, "Connection refused")
        return socket.create_connection(self._servers[address].address, timeout)


def loopback() -> Fetcher:
    """A fetcher that may reach this machine, by its own look-ups and connections."""
    return Fetcher(FetchRules((ip_network("127.0.0.0/8"),), "", AGENT))
