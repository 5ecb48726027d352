"""Where a page's feeds are: what it links, and the usual addresses for who wants to try a few."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from digest.feeds.base.addresses import absolute
from digest.feeds.base.charsets import as_utf8
from digest.feeds.base.plain import shortened

_MOST = 50


@dataclass(frozen=True)
class FoundFeed:
    """A feed that a page names; `kind` is `rss`, `atom`, `json`, or empty where the page does not say."""

    url: str
    title: str
    kind: str


def feeds_of(body: bytes, content_type: str, url: str) -> tuple[FoundFeed, ...]:
    """The feeds of a page, best first: those in its head, then links that look like feeds; comments' feeds last.

    `url` is where the page came from. Only http and https; each once; at most 50. Never raises.
    """
    root = _page(as_utf8(body, content_type))
    if root is None:
        return ()
    base = _base(root, url)
    found = {feed.url: feed for feed in (*_linked_as_feed(root, base), *_anchored(root, base)) if feed.url != url}
    first = {feed.url: feed for feed in _linked_as_feed(root, base)}
    feeds = [first.get(address, feed) for address, feed in found.items()]
    return tuple(sorted(feeds, key=_is_of_comments)[:_MOST])


def _page(page: bytes) -> Any:
    parser = etree.HTMLParser(encoding="utf-8", recover=True, no_network=True, remove_comments=True, huge_tree=False)
    try:
        return etree.fromstring(page[:2_000_000], parser) if page.strip() else None
    except (etree.XMLSyntaxError, ValueError):
        return None


def _base(root: Any, url: str) -> str:
    href = next((element.get("href") for element in root.iter("base") if element.get("href")), "")
    return absolute(href, url) or url


_KINDS = {
    "application/rss+xml": "rss", "application/atom+xml": "atom", "application/feed+json": "json",
    "application/rdf+xml": "rss", "application/x.atom+xml": "atom", "application/x-atom+xml": "atom",
    "text/rss+xml": "rss", "text/atom+xml": "atom", "text/rss": "rss", "application/rss": "rss",
    "application/xml": "", "text/xml": "", "application/json": "json",
}  # fmt: skip


def _linked_as_feed(root: Any, base: str) -> Iterator[FoundFeed]:
    for link in root.iter("link"):
        relations = (link.get("rel") or "").lower().split()
        kind = (link.get("type") or "").partition(";")[0].strip().lower()
        if kind not in _KINDS or not {"alternate", "feed"} & set(relations):
            continue
        if kind == "application/json" and "feed" not in (link.get("href") or "").lower():
            continue  # WordPress offers its whole interface so
        if address := absolute(link.get("href") or "", base):
            yield FoundFeed(address, shortened(link.get("title") or "", 200), _KINDS[kind])


_LIKE_A_FEED = re.compile(
    r"/(?:feeds?|rss|atom)(?:/|\.xml|\.json|\.atom|\.rss|$)|\.(?:rss|atom|rdf)$|/(?:index|feed|news|rss2?|atom)\.xml$"
    r"|[?&](?:feed|format|type|service)=(?:rss2?|atom|feed)\b|^(?:feeds|rss)\d?\.",
    re.IGNORECASE,
)


def _anchored(root: Any, base: str) -> Iterator[FoundFeed]:
    for anchor in root.iter("a"):
        address = absolute(_understood(anchor.get("href") or ""), base)
        parts = urlsplit(address)
        if address and _LIKE_A_FEED.search(f"{parts.path}{'?' if parts.query else ''}{parts.query}"):
            title = anchor.get("title") or "".join(anchor.itertext())
            yield FoundFeed(address, shortened(title, 200), "")


def _understood(href: str) -> str:
    """`feed://example.org/rss` and `feed:https://example.org/rss`, which readers register for, as web addresses."""
    if not href.strip().lower().startswith("feed:"):
        return href
    rest = href.strip()[5:]
    return f"https:{rest}" if rest.startswith("//") else rest


_COMMENTS = re.compile(r"comment|kommentar|commentaire|comentario", re.IGNORECASE)


def _is_of_comments(feed: FoundFeed) -> bool:
    return bool(_COMMENTS.search(feed.url) or _COMMENTS.search(feed.title))


def guesses(url: str) -> tuple[str, ...]:
    """The few addresses where such a site's feed usually is, most likely first, to be tried one after another."""
    parts = urlsplit(absolute(url, ""))
    if not parts.hostname:
        return ()
    root = f"{parts.scheme}://{parts.netloc}"
    path = parts.path.rstrip("/")
    if known := _known(parts.hostname.removeprefix("www."), path, root):
        return known
    usual = [f"{root}{name}" for name in ("/feed", "/rss.xml", "/atom.xml", "/feed.xml", "/feed.json", "/index.xml")]
    return (*([f"{root}{path}/feed"] if path else []), *usual)


def _known(host: str, path: str, root: str) -> tuple[str, ...]:
    """Of sites whose feeds stand at a place of their own."""
    if channel := re.match(r"/channel/(UC[\w-]{22})", path) if host in ("youtube.com", "m.youtube.com") else None:
        return (f"https://www.youtube.com/feeds/videos.xml?channel_id={channel[1]}",)
    if host.endswith("reddit.com"):
        return (f"{root}{path}/.rss",)
    if host == "github.com" and path.count("/") == 2:
        return (f"{root}{path}/releases.atom", f"{root}{path}/commits.atom")
    if host == "medium.com" and path:
        return (f"{root}/feed{path}",)
    if host.endswith((".substack.com", ".wordpress.com")):
        return (f"{root}/feed",)
    if host.endswith(".blogspot.com"):
        return (f"{root}/feeds/posts/default",)
    if host.endswith(".tumblr.com"):
        return (f"{root}/rss",)
    return ()
