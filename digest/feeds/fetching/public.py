"""Which addresses are public: the only ones that strangers' URLs may lead to, but for networks named by the operator.

`ipaddress.is_global` alone lets through NAT64, 6to4, IPv4-compatible, site-local and multicast addresses,
192.0.0.0/24 and more, differently in each version of Python. So what is refused is listed here.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network

_CLOSED_4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24",  # IETF protocol assignments (RFC 6890); Oracle's metadata service lives there
        "192.0.2.0/24",
        "192.88.99.0/24",  # relays of 6to4, withdrawn (RFC 7526)
        "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # in a public range, and Azure's own server to each of its machines
    )
)  # fmt: skip
_OPEN_6 = IPv6Network("2000::/3")
"""All that IANA has given out as global unicast (RFC 4291, section 2.4)."""
_CLOSED_6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # IETF protocol assignments (RFC 2928): Teredo, benchmarks, ORCHID
        "2001:db8::/32",
        "2002::/16",  # 6to4, withdrawn (RFC 7526): it would lead to the IPv4 address inside
        "3fff::/20",
    )
)
_LOOPBACK_4, _LOOPBACK_6 = IPv4Address("127.0.0.1"), IPv6Address("::1")
"""`localhost` is both, and who names 127.0.0.0/8 means this machine."""
_NAT64 = IPv6Network("64:ff9b::/96")
"""The well-known prefix (RFC 6052). That of RFC 8215 is for local use, where what is inside may lie anywhere."""


def may_be_reached(address: str, networks: Iterable[Network]) -> bool:
    """Whether an address, as a resolver gave it, is public or in one of the operator's `networks`."""
    return is_named(address, networks) or is_public(address)


def is_named(address: str, networks: Iterable[Network]) -> bool:
    """Whether the operator named a network that this address is in."""
    meant = {ip_address(address), _unwrapped(address)}
    if _LOOPBACK_6 in meant:
        meant.add(_LOOPBACK_4)
    return any(found in network for network in networks for found in meant)


def is_public(address: str) -> bool:
    """Whether anyone on the internet could reach this address."""
    found = _unwrapped(address)
    if not found.is_global:
        return False
    if isinstance(found, IPv4Address):
        return not any(found in network for network in _CLOSED_4)
    return found in _OPEN_6 and not any(found in network for network in _CLOSED_6)


def _unwrapped(address: str) -> IPv4Address | IPv6Address:
    """The address that is meant: an IPv4 one written in IPv6, mapped or for NAT64, is that IPv4 address."""
    found = ip_address(address)
    if isinstance(found, IPv4Address):
        return found
    if found.ipv4_mapped:
        return found.ipv4_mapped
    return IPv4Address(int(found) & 0xFFFFFFFF) if found in _NAT64 else found
