"""What a URL may be before anything is asked of the net: read strictly, since parsers differ on what is odd.

An odd URL is refused, not repaired: whatever two programs read differently can pass a check in one and be followed by
the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import quote, urldefrag, urljoin

import idna

from digest.feeds.fetching.unreachable import Unreachable, refusal

USUAL_PORTS = {"http": 80, "https": 443}

_LONGEST = 8_000
_URL = re.compile(r"(https?)://([^/?#]*)([^#]*)(?:#.*)?", re.IGNORECASE | re.ASCII | re.DOTALL)
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]@%]+)(?::([1-9][0-9]{0,4}))?", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\\\u2028\u2029\ud800-\udfff]")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_AS_IT_IS = "%/:=&?~+!$,;'@()*[]|^`{}-._"
"""Left alone in a path or query: what is encoded already stays so, and some sites tell `[` from `%5B`."""


@dataclass(frozen=True)
class Target:
    """Where one request goes. `host` is ASCII, lower case, an IPv6 address without brackets; `path` has the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == USUAL_PORTS[self.scheme] else f"{name}:{self.port}"

    @property
    def url(self) -> str:
        """The address in full, without a fragment."""
        return f"{self.scheme}://{self.authority}{self.path}"


def target_of(url: str) -> Target:
    """The target that a URL names. Raises Unreachable, refused, with the reason and the remedy."""
    if len(url) > _LONGEST or _CONTROLS.search(url):
        raise refusal(
            "The address has control characters or backslashes in it, or more than 8,000 characters. "
            "Copy it again from the browser."
        )
    parts = _URL.fullmatch(url.strip(" "))
    if not parts:
        raise refusal("This is no web address: only http:// and https:// are fetched. Copy it again from the browser.")
    scheme, authority, path = parts[1].lower(), parts[2], parts[3]
    if "@" in authority:
        raise refusal("The address has a user name in it, so it may not lead where it seems to. Use it without.")
    found = _AUTHORITY.fullmatch(authority)
    if not found or (found[2] and int(found[2]) > 65_535):
        raise refusal("The address names no host that can be meant. Copy it again from the browser.")
    return Target(scheme, _host(found[1]), int(found[2] or USUAL_PORTS[scheme]), _path(path))


def redirected(target: Target, location: str) -> Target:
    """The target that a `Location` header leads to. Raises Unreachable, also where it would leave https."""
    if _CONTROLS.search(location):
        raise refusal(f"{target.host} redirects to an address with control characters in it. Tell its publisher.")
    try:
        url = urldefrag(urljoin(target.url, _as_text(location).strip(" "))).url
        found = target_of(url)
    except ValueError:
        raise refusal(f"{target.host} redirects to what is no address. Tell its publisher.") from None
    except Unreachable as error:
        raise refusal(f"{target.host} redirects to what is not fetched. {error}") from None
    if target.scheme == "https" and found.scheme == "http":
        raise refusal(
            f"{target.host} redirects from https to plain http, where anyone on the way could change what comes. "
            "Look for an https address of it."
        )
    return found


def _host(written: str) -> str:
    if written.startswith("["):
        try:
            return IPv6Address(written[1:-1]).compressed
        except AddressValueError:
            raise refusal(f"{written} is no IPv6 address. Copy it again from the browser.") from None
    host = _in_ascii(written).removesuffix(".")
    if len(host) > 253 or not all(map(_LABEL.fullmatch, host.split("."))):
        raise refusal("The address names no host that can be meant. Copy it again from the browser.")
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        return _plain_number(host, written)
    return host


def _in_ascii(host: str) -> str:
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except UnicodeError:
        raise refusal("The address names no host that can be meant. Copy it again from the browser.") from None


def _plain_number(host: str, written: str) -> str:
    """An IPv4 address in its usual form: `127.1`, `0177.0.0.1` and `2130706433` are read by each library otherwise."""
    try:
        if written.isascii():
            return str(IPv4Address(host))
    except AddressValueError:
        pass
    raise refusal("The address has a number for a host. Use the site’s name.")


def _path(path: str) -> str:
    return quote(path if path.startswith("/") else f"/{path}", safe=_AS_IT_IS)


def _as_text(location: str) -> str:
    """Headers come as latin-1; addresses that aren't ASCII are nearly always UTF-8."""
    try:
        return location.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return location
