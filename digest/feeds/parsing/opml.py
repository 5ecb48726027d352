"""Lists of feeds as feed readers exchange them: OPML 1.0 to 2.0 (http://opml.org/spec2.opml), in and out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from itertools import islice
from typing import Any

from lxml import etree

from digest.feeds.base.addresses import absolute
from digest.feeds.base.charsets import as_utf8
from digest.feeds.base.entries import UnreadableDocument
from digest.feeds.base.plain import literal, shortened
from digest.feeds.parsing.mending import mended

_LARGEST = 5_000_000
_MOST, _MOST_TOPICS = 2_000, 5
"""What a team may read; and what it may sort by, since topics are public."""
_NO_LIST = "It is not a list of feeds (OPML). Export one from your feed reader, as OPML, and choose that file."


@dataclass(frozen=True)
class Outline:
    """One feed of a list: where it stands in the file, and why it can't be taken, if it can't.

    `topics` are the folders that it is in, outermost first, then its categories; each once. `is_page` if the address is
    that of a page, which its reader took apart by rules of its own.
    """

    line: int
    url: str
    title: str
    home: str = ""
    topics: tuple[str, ...] = ()
    refused: str = ""
    is_page: bool = False


@dataclass(frozen=True)
class OpmlFile:
    """Every outline of the file that has an address, in the file's order."""

    outlines: tuple[Outline, ...]


def read_opml(data: bytes) -> OpmlFile:
    """The feeds that the file lists. Raises UnreadableDocument, with the remedy, if it is no OPML."""
    if len(data) > _LARGEST:
        raise UnreadableDocument("It is larger than 5 MB, which no list of feeds is. Choose the OPML file.")
    root = _root(as_utf8(data, ""))
    if root is None or _local(root.tag) != "opml":
        raise UnreadableDocument(_NO_LIST)
    seen: dict[str, int] = {}
    outlines = tuple(_told_once(outline, seen) for outline in islice(_outlines(root), _MOST + 1))
    if len(outlines) > _MOST:
        raise UnreadableDocument(f"It lists more than {_MOST:,} feeds. Split it, and take those that are read.")
    return OpmlFile(outlines)


def _root(document: bytes) -> Any:
    start = document.find(b"<")
    if start < 0:
        return None
    # What stands before the root is taken out with its lines kept, for people look for the line in their file.
    lines = document[: document.find(b"<opml")].count(b"\n") if b"<opml" in document else 0
    safe = mended(document)
    at = max(safe.find(b"<opml"), 0)
    parser = etree.XMLParser(
        encoding="utf-8", recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        return etree.fromstring(b"\n" * lines + safe[at:], parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _outlines(root: Any) -> Iterator[Outline]:
    for element in root.iter():
        if not isinstance(element.tag, str) or _local(element.tag) != "outline":
            continue
        values = _values(element)
        address = next((values[name] for name in ("xmlurl", "url", "feedurl") if values.get(name, "").strip()), "")
        if address and not _is_a_link(values):
            yield _outline(element, values, address)


def _values(element: Any) -> dict[str, str]:
    """OPML's own attributes; those of a reader's namespace, declared or not (`fz:`, `frss:`), are its own business."""
    return {name.lower(): value for name, value in element.attrib.items() if "}" not in name and ":" not in name}


def _is_a_link(values: dict[str, str]) -> bool:
    """An outline that leads to a page or to another list; OPML 2.0 gives these `url` and no xmlUrl."""
    return "xmlurl" not in values and values.get("type", "").lower() in ("link", "include")


def _outline(element: Any, values: dict[str, str], address: str) -> Outline:
    url, refused = _understood(address)
    kind, title = values.get("type", "").strip().lower(), _label(values) or url
    if kind in _BY_RULES and not refused:
        refused = (
            f"Its reader reads it by rules of its own ({shortened(values['type'], 30)}), which can’t be taken over. "
            "Add its page here, and show an example of an item on it."
        )
    return Outline(
        line=element.sourceline or 0,
        url=url,
        title=title,
        home=absolute(values.get("htmlurl", ""), ""),
        topics=_topics(element, values, title),
        refused=refused,
        is_page=kind == _PAGE,
    )


_PAGE = "html+xpath"
_BY_RULES = frozenset({"xml+xpath", "json+xpath", "json+dotnotation", "json+dotpath", "html+xpath+json+dotnotation"})
"""FreshRSS's kinds beside feeds: https://freshrss.github.io/FreshRSS/en/developers/OPML.html."""


_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")


def _understood(address: str) -> tuple[str, str]:
    """The web address, or as it stands, with the reason why it is refused."""
    given = address = address.strip()
    if address.lower().startswith("feed:"):
        rest = address[5:]
        address = f"https:{rest}" if rest.startswith("//") else rest
    if url := absolute(address, ""):
        return url, ""
    shown = shortened(given, 100)
    scheme = _SCHEME.match(given)
    if scheme and scheme[1].lower() not in ("http", "https", "feed"):
        return given[:500], f"“{shown}” begins with {scheme[1].lower()}:. Only http: and https: can be fetched."
    return given[:500], f"“{shown}” is not a web address. Use one that begins with https://."


_NO_TOPICS = frozenset(
    [
        "uncategorized", "uncategorised", "unkategorisiert", "nicht kategorisiert", "sans catégorie", "sin categorizar",
        "sin categoría", "senza categoria", "sem categoria", "geen categorie", "ongecategoriseerd", "okategoriserad",
    ]
)  # fmt: skip
"""Where readers put what has no folder."""


def _topics(element: Any, values: dict[str, str], title: str) -> tuple[str, ...]:
    """The first few names of folders and categories; no more of them are looked at, however many a stranger lists."""
    named: dict[str, None] = {}
    for name in _names_around(element, values, title):
        if len(named) == _MOST_TOPICS:
            break
        topic = shortened(name, 100)
        if topic and topic.casefold() not in _NO_TOPICS:
            named[topic] = None
    return tuple(named)


def _names_around(element: Any, values: dict[str, str], title: str) -> Iterator[str]:
    folders = [each for each in element.iterancestors() if isinstance(each.tag, str) and _local(each.tag) == "outline"]
    if folders and _label(_values(folders[0])).casefold() == title.casefold():
        del folders[0]  # Thunderbird has a folder for each feed, named after it
    for around in reversed(folders):
        yield _label(_values(around))
    for listed in values.get("category", "").split(","):
        yield from listed.split("/")


def _label(values: dict[str, str]) -> str:
    return literal(values.get("title", ""), 200) or literal(values.get("text", ""), 200)


def _local(name: str) -> str:
    return name.rpartition("}")[2].lower()


def _told_once(outline: Outline, seen: dict[str, int]) -> Outline:
    if outline.refused:
        return outline
    if first := seen.get(outline.url):
        said = f"The same address is on line {first} already."
        return replace(outline, refused=said)
    seen[outline.url] = outline.line
    return outline


def write_opml(outlines: Sequence[Outline], title: str, now: datetime | None) -> bytes:
    """An OPML 2.0 file of the feeds, each in the folders of its topics' order; what was refused is left out."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = title
    if now:
        etree.SubElement(head, "dateCreated").text = format_datetime(now)
    body = etree.SubElement(root, "body")
    folders: dict[tuple[str, ...], Any] = {(): body}
    for outline in outlines:
        if not outline.refused:
            etree.SubElement(_folder(outline.topics, folders), "outline", _attributes(outline))
    written = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return bytes(written)


def _folder(topics: tuple[str, ...], folders: dict[tuple[str, ...], Any]) -> Any:
    if topics not in folders:
        parent = _folder(topics[:-1], folders)
        folders[topics] = etree.SubElement(parent, "outline", text=topics[-1], title=topics[-1])
    return folders[topics]


def _attributes(outline: Outline) -> dict[str, str]:
    values = {"type": "rss", "text": outline.title, "title": outline.title, "xmlUrl": outline.url}
    return values | ({"htmlUrl": outline.home} if outline.home else {})
