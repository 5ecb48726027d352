"""A site's own list of its addresses: sitemaps, with news or without, and the index of several."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

from lxml import etree

from digest.feeds.base.entries import Bulletin, Entry, UnreadableDocument
from digest.feeds.listings.listed_dates import date_in_address, stamped
from digest.feeds.listings.markup import absolute

_MOST_ADDRESSES = 50_000  # sitemaps.org, protocol: a sitemap has no more
_MOST_SITEMAPS = 1_000
_MOST_BYTES = 10 * 1024 * 1024
_LONGEST = 500
_ENTITIES = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True)
class SitemapIndex:
    """The sitemaps that an index names, those changed last first."""

    urls: tuple[str, ...]


def read_sitemap(body: bytes, content_type: str, url: str) -> Bulletin | SitemapIndex:
    """Read the sitemap served from `url`, already decompressed. Entries come newest first.

    A title is the news title, else the words of the address. Source: sitemaps.org's protocol; Google's news sitemaps.
    Raises `UnreadableDocument` where it is none; a DOCTYPE is refused before anything is parsed. The encoding is the
    document's own: XML's declaration stands above `content_type`.
    """
    del content_type
    if len(body) > _MOST_BYTES:
        raise UnreadableDocument("This sitemap is over 10 MB. Watch a listing page of the site instead.")
    body = _single_byte(body)
    if _ENTITIES.search(body):
        raise UnreadableDocument("This sitemap declares a document type, which sitemaps don't have and we don't read.")
    root = _parsed(body)
    kind = _name(root)
    if kind == "sitemapindex":
        named = sorted(_places(root, url, "sitemap"), key=lambda place: place[1], reverse=True)
        return SitemapIndex(tuple(dict.fromkeys(place for place, _, _ in named))[:_MOST_SITEMAPS])
    if kind != "urlset":
        raise UnreadableDocument("This is no sitemap: it has neither <urlset> nor <sitemapindex>.")
    return _bulletin(root, url)


def _single_byte(body: bytes) -> bytes:
    """UTF-16 as UTF-8, so that nothing is declared in letters that we don't see."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        body = body.decode("utf-16", "replace").encode()
        return re.sub(rb"^\s*<\?xml[^>]*\?>", b"", body)
    if b"\0" in body[:200]:
        raise UnreadableDocument("This sitemap is in an encoding that we don't read. UTF-8 is the rule for sitemaps.")
    return body


def _parsed(body: bytes) -> etree._Element:
    parser = etree.XMLParser(
        recover=True, no_network=True, resolve_entities=False, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(body.lstrip() or b" ", parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        root = None
    if root is None:
        raise UnreadableDocument("This sitemap can't be read: it is no XML.")
    return root


def _places(root: etree._Element, base: str, name: str) -> Iterator[tuple[str, datetime, dict[str, str]]]:
    """Each address with when it was changed (or the earliest moment) and what else is said of it."""
    for number, child in enumerate(root):
        if number >= _MOST_ADDRESSES:
            return
        if _name(child) != name:
            continue
        said = dict(_said(child))
        address = absolute(base, said.get("loc", ""))
        if address:
            when = stamped(said.get("publication_date") or said.get("lastmod") or "")
            yield address, when or date_in_address(address) or _EARLIEST, said


def _name(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


_EARLIEST = datetime.min.replace(tzinfo=UTC)


def _said(place: etree._Element) -> Iterator[tuple[str, str]]:
    """What is said of one address, the news part of it before the rest, images and videos left out."""
    for child in place:
        name = _name(child)
        if name == "news":
            yield from ((key, text) for key, text in _said(child) if key in ("title", "publication_date"))
        elif name in ("loc", "lastmod", "title", "publication_date"):
            yield name, " ".join((child.text or "").split())[:2_000]


def _bulletin(root: etree._Element, url: str) -> Bulletin:
    found: dict[str, Entry] = {}
    for address, when, said in sorted(_places(root, url, "url"), key=lambda place: place[1], reverse=True):
        title = said.get("title") or _words_of(address)
        entry = Entry("", address, title[:_LONGEST], "", when if when > _EARLIEST else None)
        found.setdefault(address, entry)
    parts = urlsplit(url)
    home = parts._replace(path="/", query="", fragment="").geturl()
    return Bulletin(parts.hostname or "", home, "", tuple(found.values()))


def _words_of(address: str) -> str:
    """The words in an address: its last part that has letters, without ending, numbers and dashes."""
    way = address.partition("?")[0].split("/")
    for part in reversed(unquote("/".join(way[3:])).split("/")):
        stem = re.sub(r"\.\w{2,5}$", "", part)
        words = [word for word in re.split(r"[-_+\s.]+", stem) if word and not re.fullmatch(r"\d+|[0-9a-f]{12,}", word)]
        if any(any(c.isalpha() for c in word) for word in words):
            text = " ".join(words)
            return text[0].upper() + text[1:]
    return way[2]
