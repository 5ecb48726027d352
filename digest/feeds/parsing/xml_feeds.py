"""RSS 0.9 to 2.0, RDF and Atom, read piece by piece by a parser that forgives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from digest.feeds.base.addresses import absolute, is_absolute
from digest.feeds.base.dates import read_date
from digest.feeds.base.entries import Bulletin, Entry
from digest.feeds.base.plain import LONGEST_LEDE, LONGEST_TITLE, literal, shortened
from digest.feeds.parsing.elements import (
    Fields,
    bare_text,
    base_of,
    fields_of,
    first_text,
    link_of,
    name_of,
    shown_text,
)
from digest.feeds.parsing.rhythms import rhythm_of

_CHUNK = 1 << 16
_MOST_ITEMS = 50_000
_MOST_BETWEEN_ITEMS = 60_000
"""Elements, and attributes, without an item's end among them: what has more is no feed, and is read no further."""
_MOST_UNFINISHED = 5_000
"""Tags begun since one was ended: the parser keeps such a stretch to itself until it is whole."""
_LONGEST_GUID = 1_000


def read_feed(document: bytes, url: str) -> tuple[Bulletin | None, bool]:
    """What the mended document brings, None if it is no feed; and whether parts of items are where none can be."""
    reader = _Reader(url)
    parser = etree.XMLPullParser(
        events=("start", "end"),
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    unfinished = 0
    for start in range(0, len(document), _CHUNK):
        chunk = document[start : start + _CHUNK]
        unfinished = (0 if b">" in chunk else unfinished) + chunk.count(b"<", chunk.rfind(b">") + 1)
        if unfinished > _MOST_UNFINISHED or not _fed(parser, chunk) or not reader.take(parser, chunk.count(b"=")):
            break
    root = _closed(parser, reader)
    channel = _channel(root) if root is not None else None
    return (None if channel is None else reader.bulletin(channel)), reader.out_of_place


def _fed(parser: Any, chunk: bytes) -> bool:
    try:
        parser.feed(chunk)
    except etree.XMLSyntaxError:
        return False
    return True


def _closed(parser: Any, reader: _Reader) -> Any:
    try:
        root = parser.close()
    except etree.XMLSyntaxError:
        root = None
    reader.take(parser, 0)
    return reader.root if root is None else root


_OF_ITEMS = frozenset({"pubdate", "guid", "published", "link", "id", "title", "description"})
_AROUND_ITEMS = frozenset({"channel", "feed", "rss", "rdf:rdf"})
_AROUND = _AROUND_ITEMS | {"item", "entry", "source", "image", "textinput", "author"}


class _Reader:
    """The items met so far, in the order of their beginnings; each is read, and emptied, at its end."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.root: Any = None
        self.out_of_place = False
        self._met: dict[Any, Entry | None] = {}
        self._since_item = 0

    def take(self, parser: Any, attributes: int) -> bool:
        """Whether to go on after what the parser has read."""
        self._since_item += attributes
        for event, element in parser.read_events():
            if event == "start":
                self._begin(element)
            elif element in self._met:
                self._met[element] = entry_of(element, self.url)
                element.clear()
                self._since_item = 0
        return self._since_item <= _MOST_BETWEEN_ITEMS and len(self._met) < _MOST_ITEMS

    def _begin(self, element: Any) -> None:
        self._since_item += 1
        if self.root is None:
            self.root = element
        name = name_of(element)
        is_item = name in ("item", "entry")
        if is_item:
            self._met[element] = None
        around = element.getparent() if is_item or name in _OF_ITEMS else None
        if around is not None and name_of(around) not in (_AROUND_ITEMS if is_item else _AROUND):
            self.out_of_place = True

    def bulletin(self, channel: Any) -> Bulletin:
        """What was met, and what an unfinished last item had brought before the document broke off."""
        fields = fields_of(channel)
        entries = [entry or entry_of(element, self.url) for element, entry in self._met.items()]
        base = base_of(channel, self.url)
        return Bulletin(
            title=_titled(fields),
            home=link_of(fields, base),
            language=language(first_text(fields, "language", "dc:language") or _xml_lang(channel)),
            entries=tuple(entries),
            rhythm=rhythm_of(fields),
        )


def _channel(root: Any) -> Any:
    """The element that speaks of the whole, wherever it is: some feeds are wrapped in a page."""
    if name_of(root) in ("item", "entry"):
        return root
    feeds = [element for element in _first(root, 2_000) if name_of(element) in ("channel", "feed")]
    return feeds[0] if feeds else root if name_of(root) in ("rss", "rdf:rdf", "rdf") else None


def _first(root: Any, most: int) -> Iterator[Any]:
    for count, element in enumerate(root.iter()):
        if count == most:
            return
        yield element


_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_LANGUAGE = re.compile(r"([a-zA-Z]{2,3})((?:-[a-zA-Z0-9]{2,8})*)")


def _xml_lang(channel: Any) -> str:
    return next((lang for around in (channel, *channel.iterancestors()) if (lang := around.get(_XML_LANG))), "")


def language(text: str) -> str:
    """A language's tag in its usual form, as in `en-GB` (RFC 5646); empty if it is none."""
    found = _LANGUAGE.fullmatch(text.strip().replace("_", "-"))
    if not found:
        return ""
    return found[1].lower() + "".join(
        f"-{part.upper() if len(part) == 2 else part}" for part in found[2].split("-") if part
    )


def entry_of(item: Any, url: str) -> Entry:
    """One item or entry as its publisher meant it."""
    fields = fields_of(item)
    address = _address(item, fields, url)
    lede = _lede(fields)
    return Entry(
        guid=(first_text(fields, "guid", "id") or _about(item))[:_LONGEST_GUID],
        url=address,
        title=_titled(fields) or headline(lede, address),
        lede=lede,
        published_at=_date(fields),
    )


def headline(lede: str, address: str) -> str:
    """What an entry without a title is called."""
    return shortened(lede, 80) or address or "Untitled"


_TITLES = ("title", "dc:title", "media:title", "itunes:title")


def _titled(fields: Fields) -> str:
    for element in (element for name in _TITLES for element in fields.get(name, ())):
        is_text = _is_plain(element)
        text = literal(element.text or "", LONGEST_TITLE) if is_text else shown_text(element, LONGEST_TITLE)
        if text:
            return text
    return ""


def _is_plain(title: Any) -> bool:
    """Whether Atom calls it plain text. Other formats' titles may be HTML, and don't say."""
    of_atom = title.tag.lower().startswith("{http://www.w3.org/2005/atom")
    return of_atom and title.get("type", "text") == "text" and not len(title)


_SUMMARIES = ("description", "summary", "dc:description", "dcterms:abstract")
_CONTENTS = (
    "content:encoded", "content", "media:description", "itunes:summary", "xhtml:body", "body", "fullitem", "tagline",
)  # fmt: skip
_TOO_SHORT = 60
"""Characters: a summary of less is “Read more” or “Comments”, if there is a content beside it."""


def _lede(fields: Fields) -> str:
    summary = _shown(fields, _SUMMARIES)
    if len(summary) >= _TOO_SHORT:
        return summary
    content = _shown(fields, _CONTENTS)
    return content if len(content) > len(summary) else summary


def _shown(fields: Fields, names: tuple[str, ...]) -> str:
    elements = (element for name in names for element in fields.get(name, ())[:3])
    return next((text for element in elements if (text := shown_text(element, LONGEST_LEDE))), "")


_DATES = (
    "pubdate", "published", "issued", "dcterms:issued", "dc:date", "created", "dcterms:created", "date", "updated",
    "modified", "dcterms:modified",
)  # fmt: skip


def _date(fields: Fields) -> Any:
    texts = (bare_text(element) for name in _DATES for element in fields.get(name, ()))
    return next((moment for text in texts if (moment := read_date(text))), None)


def _address(item: Any, fields: Fields, url: str) -> str:
    if link := link_of(fields, url):
        return link
    names = [bare_text(guid) for guid in fields.get("guid", ()) if _is_permalink(guid)]
    names += [bare_text(element) for name in ("id", "feedburner:origlink") for element in fields.get(name, ())]
    return next((absolute(name, url) for name in [*names, _about(item)] if is_absolute(name)), "")


def _is_permalink(guid: Any) -> bool:
    given = next((value for name, value in guid.items() if name.lower() == "ispermalink"), "true")
    return str(given).strip().lower() != "false"


def _about(item: Any) -> str:
    return str(item.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about") or "").strip()
