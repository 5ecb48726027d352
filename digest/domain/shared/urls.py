"""What a URL may be, in a source link and in the text of a summary: what people see of it is where it leads."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

from digest.domain.shared.invisible import invisible_in

_LONGEST_URL = 2_000


def safe_url(url: str) -> str:
    """The URL of an original article, checked. Raises ValueError with the reason and the remedy."""
    url = url.strip()
    parts = _split(url)
    if parts is None or parts[0] not in ("http", "https") or not parts[1]:
        raise ValueError(f"“{_shown(url)}” is not a web address. Use one that begins with https://.")
    if fault := fault_in_link(url):
        raise ValueError(fault)
    if _misleads(url):
        raise ValueError(f"“{_shown(url)}” does not lead where it seems to. Copy the address again from the browser.")
    if " " in url or len(url) > _LONGEST_URL:
        raise ValueError("A web address has no spaces and at most 2,000 characters. Copy it again from the browser.")
    return url


def _misleads(url: str) -> bool:
    """Whether browsers, or people, read another host than the one it names: user names, backslashes, empty labels."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removesuffix(".")
    named = ":" in host or all(label not in ("", "xn--") for label in host.split("."))
    return "@" in parts.netloc or "\\" in url or parts.port == 0 or not named


def is_safe(url: str) -> bool:
    """Whether it can be the URL of an original article."""
    try:
        safe_url(url)
    except ValueError:
        return False
    return True


def fault_in_link(url: str) -> str:
    """Why a link may not lead there because of what can't be seen in it, and the remedy; empty if it may.

    Percent-encoded, such a character is plain bytes in a path or a query (RFC 3986, section 2.1), and Persian
    titles need some. A host is compared and shown decoded, so there it is refused in every spelling, as it is in a
    mailto address (RFC 6068): line breaks there would become header lines.
    """
    if found := invisible_in(url) or _invisible_in_host(url) or _invisible_in_mailto(url):
        return (
            f"“{_shown(url)}” has an invisible character in it: {found}. Type it by hand, or copy it from the browser."
        )
    return ""


def _invisible_in_host(url: str) -> str:
    parts = _split(url)
    host = parts[1] if parts else ""
    return invisible_in(unquote(host)) or next(filter(None, map(_invisible_in_label, host.split("."))), "")


def _invisible_in_label(label: str) -> str:
    if not label.startswith("xn--"):
        return ""
    try:
        return invisible_in(label.removeprefix("xn--").encode("ascii").decode("punycode"))
    except UnicodeError:
        return ""


def _invisible_in_mailto(url: str) -> str:
    scheme, _, rest = url.partition(":")
    if scheme.lower() != "mailto":
        return ""
    to, _, query = rest.partition("?")
    fields = [value for name, value in parse_qsl(query, keep_blank_values=True) if name.lower() != "body"]
    return next(filter(None, map(invisible_in, (unquote(to), *fields))), "")


def _split(url: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts.scheme.lower(), parts.hostname or ""


def _shown(url: str) -> str:
    # A reason stands on a page or a terminal, which may not be turned round or torn apart by what it names.
    return "".join(character if character.isprintable() else "�" for character in url)[:80]
