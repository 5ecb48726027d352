"""Elements of a feed under one name each, whatever prefix or namespace their publisher gave them."""

from __future__ import annotations

import base64
import binascii
import html
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from digest.feeds.base.addresses import absolute
from digest.feeds.base.plain import plain, text_under

Fields = Mapping[str, Sequence[Any]]
"""The children of an element by their name, as in `title`, `dc:date`; each of them lxml's."""

_SPACES = {
    "www.w3.org/2005/atom": "", "purl.org/atom/ns#": "", "purl.org/rss/1.0": "", "my.netscape.com/rdf/simple/0.9": "",
    "channel.netscape.com/rdf/simple/0.9": "", "backend.userland.com/rss2": "", "backend.userland.com/rss": "",
    "purl.org/dc/elements/1.1": "dc", "purl.org/dc/elements/1.0": "dc", "purl.org/dc/terms": "dcterms",
    "purl.org/rss/1.0/modules/content": "content", "purl.org/rss/1.0/modules/syndication": "sy",
    "search.yahoo.com/mrss": "media", "www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "rssnamespace.org/feedburner/ext/1.0": "feedburner", "www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "www.w3.org/1999/xhtml": "xhtml",
}  # fmt: skip
_PREFIXES = {"atom": "", "a10": "", "atom10": "", "atom03": "", "rss": "", "rss10": ""}


def name_of(element: Any) -> str:
    """Its name in small letters, with the usual prefix of its namespace unless it is RSS's or Atom's."""
    return _name(element.tag, element.prefix or "") if isinstance(element.tag, str) else ""


@lru_cache(maxsize=2048)
def _name(tag: str, prefix: str) -> str:
    space, _, local = tag.removeprefix("{").rpartition("}")
    if ":" in local:  # a prefix that nobody declared
        prefix, _, local = local.rpartition(":")
    usual = _SPACES.get(space.lower().partition("://")[2].rstrip("/"))
    if usual is None:
        usual = _PREFIXES.get(prefix.lower(), prefix.lower())
    return f"{usual}:{local.lower()}" if usual else local.lower()


def fields_of(element: Any) -> Fields:
    """The children of an item, a feed or a channel; a media group's stand beside them."""
    fields: dict[str, list[Any]] = {}
    for child in element:
        fields.setdefault(name_of(child), []).append(child)
        if name_of(child) == "media:group":
            for grandchild in child:
                fields.setdefault(name_of(grandchild), []).append(grandchild)
    return fields


def first_text(fields: Fields, *names: str) -> str:
    """The text of the first that has any."""
    return next((text for name in names for element in fields.get(name, ()) if (text := bare_text(element))), "")


def bare_text(element: Any) -> str:
    """All text in it, as it stands, without white space around it."""
    return "".join(element.itertext()).strip() if len(element) else (element.text or "").strip()


def shown_text(element: Any, longest: int) -> str:
    """The text that readers are to see of a title, a description or a content in any of their forms."""
    if len(element):
        return plain(html.escape(text_under(element, longest), quote=False), longest)
    text = element.text or ""
    if element.get("mode") == "base64" or element.get("type") == "base64":
        text = _from_base64(text)
    return plain(text, longest)


def _from_base64(text: str) -> str:
    try:
        return base64.b64decode(text).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def link_of(fields: Fields, base: str) -> str:
    """The address that a feed or an item stands for: RSS's link, else Atom's alternate, HTML before other forms."""
    links = [(_rank(link), _address(link, base)) for link in fields.get("link", ())]
    usable = [(rank, address) for rank, address in links if rank is not None and address]
    return min(usable, key=lambda link: link[0])[1] if usable else ""


_HTML = ("", "text/html", "application/xhtml+xml")


def _rank(link: Any) -> int | None:
    """How well it stands for the item, 0 best; None if it is something else: itself, an enclosure, replies."""
    if not link.get("href"):
        return 0
    if (link.get("rel") or "alternate").strip().lower() not in (
        "alternate",
        "http://www.iana.org/assignments/relation/alternate",
    ):
        return None
    return 1 if (link.get("type") or "").partition(";")[0].strip().lower() in _HTML else 2


def _address(link: Any, base: str) -> str:
    return absolute(link.get("href") or bare_text(link), base_of(link, base))


_XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"


def base_of(element: Any, base: str) -> str:
    """What relative addresses in it are seen from: xml:base of it and of those around it, outermost first."""
    bases = [element.get(_XML_BASE), *(around.get(_XML_BASE) for around in element.iterancestors())]
    for given in reversed([found for found in bases if found]):
        base = absolute(given, base) or base
    return base
