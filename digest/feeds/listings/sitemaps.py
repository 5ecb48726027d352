"""A site's own list of its addresses: sitemaps, with news or without, and the index of several."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

from lxml import etree

from digest.feeds.base.entries import Bulletin, Entry, UnreadableDocument
from digest.feeds.fetching.decoding import decoded
from digest.feeds.fetching.unreachable import Unreachable
from digest.feeds.listings.listed_dates import date_in_address, stamped
from digest.feeds.listings.markup import absolute

_MOST_ADDRESSES = 50_000  # sitemaps.org, protocol: a sitemap has no more
_MOST_SITEMAPS = 1_000
_MOST_BYTES = 10 * 1024 * 1024
_LONGEST = 500
_ENTITIES = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True)
class SitemapIndex:
    """The sitemaps that an index names, those changed last first; `dated` if it says when they changed."""

    urls: tuple[str, ...]
    dated: bool = True


def read_sitemap(body: bytes, content_type: str, url: str) -> Bulletin | SitemapIndex:
    """Read the sitemap served from `url`, packed or not. Entries come newest first.

    A title is the news title, else empty. A date is that of the news, else of the address, else when the page changed;
    that says nothing where a site stamps most of its pages with one day. Source: sitemaps.org's protocol; Google's news
    sitemaps (https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap).
    Raises `UnreadableDocument` where it is none; a DOCTYPE is refused before anything is parsed. The encoding is the
    document's own: XML's declaration stands above `content_type`.
    """
    del content_type
    body = _unpacked(body)
    if len(body) > _MOST_BYTES:
        raise UnreadableDocument("This sitemap is over 10 MB. Watch a listing page of the site instead.")
    body = _single_byte(body)
    if _ENTITIES.search(body):
        raise UnreadableDocument("This sitemap declares a document type, which sitemaps don't have and we don't read.")
    root = _parsed(body)
    kind = _name(root)
    if kind == "sitemapindex":
        named = [(address, stamped(said.get("lastmod", "")) or _EARLIEST) for address, said in _places(root, url, kind)]
        named.sort(key=lambda place: place[1], reverse=True)
        dated = any(when > _EARLIEST for _, when in named)
        return SitemapIndex(tuple(dict.fromkeys(place for place, _ in named))[:_MOST_SITEMAPS], dated)
    if kind != "urlset":
        raise UnreadableDocument("This is no sitemap: it has neither <urlset> nor <sitemapindex>.")
    return _bulletin(root, url)


def _unpacked(body: bytes) -> bytes:
    """What stands in a file that is packed itself, as in sitemap.xml.gz; its size and ratio bounded."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return decoded([body], "gzip", _MOST_BYTES)
    except Unreachable as error:
        raise UnreadableDocument(str(error)) from None


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


_PLACES = {"urlset": "url", "sitemapindex": "sitemap"}


def _places(root: etree._Element, base: str, kind: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Each address with what is said of it."""
    for number, child in enumerate(root):
        if number >= _MOST_ADDRESSES:
            return
        if _name(child) == _PLACES[kind]:
            said = dict(_said(child))
            if address := absolute(base, said.get("loc", "")):
                yield address, said


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
    places = dict(reversed(list(_places(root, url, "urlset"))))  # an address that stands twice counts as it did first
    dates = _dates(places)
    titles = {address: said.get("title", "")[:_LONGEST] for address, said in places.items()}
    entries = [Entry("", address, titles[address], "", dates[address]) for address in reversed(places)]
    entries.sort(key=lambda entry: entry.published_at or _EARLIEST, reverse=True)
    parts = urlsplit(url)
    home = parts._replace(path="/", query="", fragment="").geturl()
    return Bulletin(parts.hostname or "", home, "", tuple(entries))


_FEW = 10


def _dates(places: Mapping[str, Mapping[str, str]]) -> dict[str, datetime | None]:
    """When each address was published, or else changed."""
    changed = {address: stamped(said.get("lastmod", "")) for address, said in places.items()}
    days = Counter(when.date() for when in changed.values() if when)
    most = max(days.values(), default=0)
    if most > _FEW and most * 2 > len(places):  # the day on which the sitemap was made, or the site
        changed = dict.fromkeys(changed)
    return {
        address: stamped(said.get("publication_date", "")) or date_in_address(address) or changed[address]
        for address, said in places.items()
    }


def words_of(address: str) -> str:
    """The words in an address: its last part that has letters, without ending, numbers and dashes."""
    way = address.partition("?")[0].split("/")
    for part in reversed(unquote("/".join(way[3:])).split("/")):
        stem = re.sub(r"\.\w{2,5}$", "", part)
        words = [word for word in re.split(r"[-_+\s.]+", stem) if word and not re.fullmatch(r"\d+|[0-9a-f]{12,}", word)]
        if any(any(c.isalpha() for c in word) for word in words):
            text = " ".join(words)
            return text[0].upper() + text[1:]
    return way[2]
