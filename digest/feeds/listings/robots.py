"""What a site says to robots: where its sitemaps are, and which pages nobody shall ask that no person chose."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from digest.feeds.listings.markup import absolute

_LARGEST, _MOST_LINES, _MOST = 500_000, 5_000, 20
_OUR_NAME = "digest"
"""The product in our User-Agent."""
_USUAL = ("/sitemap.xml", "/sitemap_index.xml")


def robots_address(url: str) -> str:
    """The address of the robots.txt of the site that a page is on."""
    return urlsplit(url)._replace(path="/robots.txt", query="", fragment="").geturl()


def sitemaps_named(body: bytes, url: str) -> tuple[str, ...]:
    """The sitemaps that a robots.txt served from `url` names, those of news first, each once, at most 20.

    Source: https://www.sitemaps.org/protocol.html#submit_robots. They may be on another host.
    """
    found: dict[str, None] = {}
    for name, value in _lines(body):
        if name == "sitemap" and (address := absolute(url, value)):
            found.setdefault(address)
    return tuple(sorted(found, key=lambda address: "news" not in address.lower())[:_MOST])


def usual_sitemaps(url: str) -> tuple[str, ...]:
    """Where a site keeps its sitemap whose robots.txt names none."""
    return tuple(urlsplit(url)._replace(path=path, query="", fragment="").geturl() for path in _USUAL)


def may_ask(body: bytes, url: str) -> bool:
    """Whether a robots.txt lets us ask for an address of its site: by the longest rule that matches it.

    Source: https://www.rfc-editor.org/rfc/rfc9309.html#section-2.2. Where rules are for us by name, they count alone.
    """
    parts = urlsplit(url)
    path = unquote(f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}")
    ours = _rules(body, _OUR_NAME)
    rules = _rules(body, "*") if ours is None else ours
    matching = [(len(pattern), allows) for pattern, allows in rules or () if _matches(pattern, path)]
    return max(matching, default=(0, True))[1]


def _rules(body: bytes, agent: str) -> list[tuple[str, bool]] | None:
    """The rules for who is called so, each a pattern and whether it allows; None where nobody is."""
    rules: list[tuple[str, bool]] | None = None
    is_theirs = was_agent = False
    for name, value in _lines(body):
        if name == "user-agent":
            is_theirs = (is_theirs and was_agent) or value.lower().partition("/")[0] == agent
            rules = rules or [] if is_theirs else rules
        elif rules is not None and is_theirs and value and name in ("allow", "disallow"):
            rules.append((unquote(value), name == "allow"))
        was_agent = name == "user-agent"
    return rules


def _matches(pattern: str, path: str) -> bool:
    """`*` stands for anything, `$` at the end for the end."""
    first, *others = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    for piece in others:
        found = path.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    last = others[-1] if others else first
    return not pattern.endswith("$") or (path.endswith(last) and (bool(others) or len(path) == at))


def _lines(body: bytes) -> Iterator[tuple[str, str]]:
    """What each line says: a name in lower case, and its value."""
    for line in body[:_LARGEST].decode("utf-8", "replace").splitlines()[:_MOST_LINES]:
        name, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield name.strip().lower(), value.strip()
