"""One feed, from the bytes that came to what it brings."""

from __future__ import annotations

import re

from digest.feeds.base.charsets import as_utf8, is_binary
from digest.feeds.base.entries import Bulletin, UnreadableDocument
from digest.feeds.parsing.json_feeds import read_json_feed
from digest.feeds.parsing.mending import mended, with_markup_as_text
from digest.feeds.parsing.xml_feeds import read_feed

_MENDED_AT_MOST = 3_000_000
"""Bytes: a larger document is not read a second time."""


def parse(body: bytes, content_type: str, url: str) -> Bulletin:
    """What the document brings: RSS, RDF, Atom or JSON Feed, told by what it is, not by what it is called.

    `url` is where it came from; relative addresses are seen from there, nothing is fetched. Raises UnreadableDocument,
    in words for an editor, and nothing else, whatever the bytes are.
    """
    if is_binary(body):
        raise UnreadableDocument(
            "It is a file of another kind, such as a picture or an archive. Enter the feed's address."
        )
    document = as_utf8(body, content_type).strip()
    if not document:
        raise UnreadableDocument("The answer was empty. Try again later; if it stays so, ask the publisher.")
    if document.startswith((b"{", b"[")):
        return read_json_feed(document, url)
    if b"<" not in document:
        raise UnreadableDocument(_named(document))
    safe = _from_root(mended(document))
    bulletin, out_of_place = read_feed(safe, url)
    if out_of_place and len(safe) <= _MENDED_AT_MOST:
        bulletin = _better(bulletin, read_feed(with_markup_as_text(safe), url)[0])
    if bulletin is None:
        raise UnreadableDocument(_named(document))
    return bulletin


_FEEDS_ROOT = re.compile(rb"<(?:[a-z][\w-]*:)?(?:rss|feed|rdf|channel)[\s>]", re.IGNORECASE)


def _from_root(document: bytes) -> bytes:
    """Without what a server wrote before the feed, such as PHP's warnings, or the page that it is wrapped in."""
    root = _FEEDS_ROOT.search(document, 0, 100_000)
    return document[root.start() :] if root else document


def _better(first: Bulletin | None, second: Bulletin | None) -> Bulletin | None:
    """The one that found more: entries, then dates and addresses in them; the second if they found as much."""
    return max(second, first, key=_found)


def _found(bulletin: Bulletin | None) -> tuple[int, int]:
    if bulletin is None:
        return (-1, 0)
    return len(bulletin.entries), sum(bool(entry.url) + bool(entry.published_at) for entry in bulletin.entries)


_PASSWORD = re.compile(rb"<input[^>]{0,300}type\s*=\s*[\"']?password", re.IGNORECASE)
_ROOT = re.compile(rb"<([a-zA-Z][\w:.-]{0,50})")


def _named(document: bytes) -> str:
    """What came instead of a feed, and what to do."""
    beginning = document[:100_000]
    root = next((found[1].decode().lower() for found in _ROOT.finditer(beginning)), "")
    if _PASSWORD.search(beginning):
        return "It is a page to sign in on, not a feed. Ask the publisher for a feed that is open to all."
    if root == "opml":
        return "It is a list of feeds (OPML), not a feed. Import it as a list, with “digest feeds import”."
    if root.rpartition(":")[2] in ("rss", "feed", "rdf", "channel", "item", "entry"):
        return "It begins as a feed, but is malformed beyond reading. Ask the publisher to mend it."
    if root in ("urlset", "sitemapindex"):
        return "It is a sitemap, not a feed. Add it as a page without a feed."
    if root in ("html", "head", "body", "div", "p", "script", "meta", "title", "h1") or b"<html" in beginning.lower():
        return "It is a web page, not a feed. Enter the feed's own address, or add the page as a page without a feed."
    if root:
        return f"It is XML, but not a feed: it begins with “{root}”. Enter the feed's own address."
    if document.startswith(b"%PDF"):
        return "It is a PDF file, not a feed. Enter the feed's own address."
    return "It is neither RSS, Atom nor JSON Feed. Enter the feed's own address."
