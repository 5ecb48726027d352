"""Proxies that TRUSTED_PROXIES does not count: noticed by the headers that they add, and told to whoever can mend it.

Anybody may send such headers. What counts is that they come from this machine or its own network, as a proxy's do.
"""

from __future__ import annotations

import ipaddress
import logging

from flask import Flask, request

from digest.operations.running.proxy_signs import note_unknown_proxy, unknown_proxy_was_seen
from digest.web.shared.context import now, site

_HEADERS = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")
REMEDY = (
    "so all readers seem to come from one address and share its limits. If a proxy of yours stands before this site, "
    "set TRUSTED_PROXIES=1 in .env and restart."
)

log = logging.getLogger(__name__)


def watch(app: Flask, trusted_proxies: int) -> None:
    """Look at each request of a site that trusts no proxy."""
    if not trusted_proxies:
        app.before_request(_look)


def unknown_proxy() -> str:
    """What to tell an operator of a proxy that is not trusted; empty if there is none."""
    if not unknown_proxy_was_seen(site().settings, now()):
        return ""
    return f"Requests come with a proxy’s headers, and TRUSTED_PROXIES is 0, {REMEDY}"


def asked_directly() -> bool:
    """Whether this request comes from this machine or a private network, and by no proxy that says so."""
    return not any(name in request.headers for name in _HEADERS) and _is_near(request.remote_addr)


def _look() -> None:
    header = next((name for name in _HEADERS if name in request.headers), None)
    if header is None or not _is_near(request.remote_addr):
        return
    try:
        is_news = note_unknown_proxy(site().settings, now())
    except OSError:
        return  # a folder that can't be written is told by whatever else must write there
    if is_news:
        log.warning(
            "Requests come from %s with %s, as a proxy sends it, and TRUSTED_PROXIES is 0, %s",
            request.remote_addr or "a local socket",
            header,
            REMEDY,
        )


def _is_near(peer: str | None) -> bool:
    """Whether a peer is of this machine or of a private network; a local socket has no address."""
    try:
        address = ipaddress.ip_address((peer or "127.0.0.1").partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return not address.is_global
