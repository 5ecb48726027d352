"""What RFC 4287, RFC 6721 and JSON Feed 1.1 ask of a feed, as far as a program can see: each breach in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

A = "{http://www.w3.org/2005/Atom}"
AT = "{http://purl.org/atompub/tombstones/1.0}"
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_ONCE = {"feed": ("id", "title", "updated"), "entry": ("id", "title", "updated"), "source": ("id", "title", "updated")}
_AT_MOST_ONCE = ("content", "published", "summary", "rights", "source", "icon", "logo", "subtitle", "generator")


def faults_of_atom(text: str) -> list[str]:
    """How this Atom feed breaks RFC 4287, or RFC 6721 in its tombstones; empty where it doesn't."""
    feed = ElementTree.fromstring(text)  # noqa: S314 - our own
    faults = [] if feed.tag == f"{A}feed" else ["the root is no feed"]
    for element in feed.iter():
        faults += _faults_of_element(element)
    faults += _faults_of_links(feed, needs_self=True)
    ids = [entry.findtext(f"{A}id") for entry in feed.findall(f"{A}entry")]
    faults += ["two entries share an id"] if len(set(ids)) < len(ids) else []
    for entry in feed.findall(f"{A}entry"):
        faults += _faults_of_links(entry)
        if entry.find(f"{A}author") is None and feed.find(f"{A}author") is None:
            faults.append("an entry without an author in a feed without one (4.1.2)")
    for gone in feed.iter(f"{AT}deleted-entry"):
        faults += [] if urlsplit(gone.get("ref", "")).scheme else ["a tombstone’s ref is no IRI"]
        faults += [] if _DATE.fullmatch(gone.get("when", "")) else ["a tombstone’s when is no date"]
        faults += ["a tombstone for an entry that is there"] if gone.get("ref") in ids else []
    return faults


def _faults_of_element(element: ElementTree.Element) -> Iterator[str]:
    name = element.tag.removeprefix(A)
    for needed in _ONCE.get(name, ()):
        if len(element.findall(f"{A}{needed}")) != 1:
            yield f"{name} has not exactly one {needed}"
    if name in _ONCE:
        for rare in _AT_MOST_ONCE:
            if len(element.findall(f"{A}{rare}")) > 1:
                yield f"{name} has several {rare}"
    if name in ("updated", "published") and not _DATE.fullmatch(element.text or ""):
        yield f"{name} is no RFC 3339 date: {element.text}"
    if name in ("id", "icon", "uri") and not urlsplit(element.text or "").scheme:
        yield f"{name} is no IRI: {element.text}"
    if name == "author" and not element.findtext(f"{A}name"):
        yield "an author without a name (3.2.1)"
    if name == "category" and not element.get("term"):
        yield "a category without a term"
    if name in ("content", "title") and element.get("type", "text") not in ("text", "html"):
        yield f"{name} of an unknown type"
    if name in ("content", "title") and len(element):
        yield f"{name} has elements in it (4.1.3.3)"


def _faults_of_links(element: ElementTree.Element, needs_self: bool = False) -> Iterator[str]:
    links = element.findall(f"{A}link")
    for link in links:
        address = link.get("href", "")
        if not urlsplit(address).scheme or not address.isascii() or " " in address:
            yield f"a link is no URI: {address}"
    alternates = [(link.get("type"), link.get("hreflang")) for link in links if link.get("rel") == "alternate"]
    if len(alternates) != 1:
        yield "not exactly one alternate link"
    if needs_self and not any(link.get("rel") == "self" for link in links):
        yield "no link to itself"


_JSON_FEED = {
    "version", "title", "home_page_url", "feed_url", "description", "user_comment", "next_url", "icon", "favicon",
    "authors", "language", "expired", "hubs", "items",
}  # fmt: skip
_JSON_ITEM = {
    "id", "url", "external_url", "title", "content_html", "content_text", "summary", "image", "banner_image",
    "date_published", "date_modified", "authors", "tags", "language", "attachments",
}  # fmt: skip


def faults_of_json_feed(feed: dict[str, Any]) -> list[str]:
    """How this feed breaks JSON Feed 1.1; empty where it doesn't."""
    faults = [] if feed.get("version") == "https://jsonfeed.org/version/1.1" else ["the version is another"]
    faults += [] if isinstance(feed.get("title"), str) else ["no title"]
    faults += [f"{name} is none of the standard’s" for name in feed if name not in _JSON_FEED and name[0] != "_"]
    ids = [item.get("id") for item in feed["items"]]
    faults += ["two items share an id"] if len(set(ids)) < len(ids) else []
    for item in feed["items"]:
        faults += _faults_of_item(item)
    return faults


def _faults_of_item(item: dict[str, Any]) -> Iterator[str]:
    if not isinstance(item.get("id"), str) or not item["id"]:
        yield "an item without an id"
    if not ("content_html" in item or "content_text" in item):
        yield "an item without content"
    for name in item:
        if name not in _JSON_ITEM and name[0] != "_":
            yield f"{name} is none of the standard’s"
        if name.startswith("date_"):
            datetime.fromisoformat(item[name])
        if name in ("url", "external_url") and not urlsplit(item[name]).scheme:
            yield f"{name} is no address"
        if name[0] == "_" and (not isinstance(item[name], dict) or "." in name):
            yield f"{name} is no object"
