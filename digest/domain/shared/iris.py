"""Addresses as the wire needs them: a mail client, a feed reader and a mail scanner all know RFC 3986, few RFC 3987."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import quote, urlsplit, urlunsplit

import idna

_KEPT = "%:/?#[]@!$&'()*+,;=~-._"


def as_uri(iri: str) -> str:
    """The address in ASCII (RFC 3987, section 3.1): the host as A-labels, all else in UTF-8 and per cent.

    Escapes that are there already stay as they are, so doing it twice changes nothing. An address in ASCII, and one
    that can't be read, come back as they are but for characters that no address holds.
    """
    if iri.isascii() and " " not in iri:
        return iri
    try:
        parts = urlsplit(iri)
        authority = _authority(parts.netloc)
    except ValueError:
        return _encoded(iri)
    if parts.scheme.lower() == "mailto":
        name, at, host = parts.path.rpartition("@")
        return urlunsplit(parts._replace(path=f"{_encoded(name)}{at}{_host(host)}", query=_encoded(parts.query)))
    rest = (_encoded(part) for part in (parts.path, parts.query, parts.fragment))
    return urlunsplit((parts.scheme, authority, *rest))


def _authority(netloc: str) -> str:
    user, at, host_and_port = netloc.rpartition("@")
    host, colon, port = host_and_port.partition(":") if not host_and_port.startswith("[") else (host_and_port, "", "")
    return f"{_encoded(user)}{at}{_host(host)}{colon}{port}"


def _host(host: str) -> str:
    if host.isascii():
        return host
    with suppress(idna.IDNAError):
        return idna.encode(host, uts46=True).decode()
    with suppress(UnicodeError):
        return host.encode("idna").decode()
    return _encoded(host)


def _encoded(part: str) -> str:
    return quote(part, safe=_KEPT, errors="replace")
