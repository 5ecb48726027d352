"""Addresses that a mailing service, a filter or a search engine has rewritten, to see who follows them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_WAYS = [
    (re.compile(host), re.compile(path, re.IGNORECASE))
    for host, path in (
        (r"(?:.+\.)?list-manage\d*\.com|(?:.+\.)?mandrillapp\.com", "/track/"),
        (r".+\.ct\.sendgrid\.net|link\.mail\.beehiiv\.com|.+\.hubspotlinks\.com", "/."),
        (r"click\.mailerlite\.com|click\.convertkit-mail\d*\.com", "/."),
        (r".+\.safelinks\.protection\.outlook\.com", "/."),
        (r".+", r"/ls/click\?upn="),
        (r"urldefense(?:\.proofpoint)?\.(?:com|us)", r"/v\d"),
        (r"(?:www\.)?google\.[a-z.]+|linkprotect\.cudasvc\.com", r"/url\?"),
        (r"(?:.+\.)?substack\.com", "/redirect/"),
        (r".+\.(?:cmail|createsend)\d*\.com", "/t/[a-z]+-l-"),
        (r".+\.mjt\.lu", "/lnk/"),
        (r"protect.*\.mimecast\.com|.+\.mimecastprotect\.com", "/s/"),
        (r"lm?\.facebook\.com", r"/l\.php"),
        (r"(?:www\.)?linkedin\.com", "/redir/"),
        (r".+\.awstrack\.me", r"/L\d"),
        (r"email\.mg\..+", "/c/eJ"),
    )
]
"""By host, where a click goes: other pages of theirs are pages, such as a newsletter's own copy on the web."""
_SLASHES = re.compile("/{2,}")


def is_rewritten(url: str) -> bool:
    """Whether somebody between has rewritten it to see who follows it: often it names whose mail it came from."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return False
    if parts.scheme not in ("http", "https"):
        return False
    asked = (_SLASHES.sub("/", parts.path) or "/") + (f"?{parts.query}" if parts.query else "")
    return any(where.fullmatch(host) and path.match(asked) for where, path in _WAYS)
