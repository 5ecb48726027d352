"""Web addresses as documents write them."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

_LONGEST = 4_000
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\ufeff]+")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")


def absolute(address: str, base: str) -> str:
    """The address, seen from `base`, if it is http or https; else "": never `urn:`, `tag:`, `javascript:` or a name."""
    address = _BREAKS.sub("", address).strip()
    if not address or len(address) > _LONGEST:
        return ""
    address = address.replace("&amp;", "&").replace(" ", "%20")
    if address.lower().startswith("www."):
        address = f"https://{address}"
    scheme = _SCHEME.match(address)
    if scheme and scheme[1].lower() not in ("http", "https"):
        return ""
    try:
        joined = address if is_absolute(address) else urljoin(base, address)
        parts = urlsplit(joined)
        return joined if parts.scheme in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""


def is_absolute(address: str) -> bool:
    """Whether it names its own scheme and host: http or https."""
    return address.strip().lower().startswith(("http://", "https://"))
