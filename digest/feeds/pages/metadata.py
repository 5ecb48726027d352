"""What a web page says of itself in its head and its schema.org data: title, date, publication, address."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

import lxml.etree
import lxml.html

from digest.domain.sources.canonical import canonical
from digest.feeds.fetching.targets import target_of
from digest.feeds.fetching.unreachable import Unreachable

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([a-z0-9_.:-]+)", re.IGNORECASE | re.ASCII)
_ARTICLES = re.compile(r"(?:Article|Posting|Report|WebPage)$")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}", re.IGNORECASE | re.ASCII)
_LONGEST_DATA = 300_000
_MOST_NODES = 2_000
_LONGEST = 500


@dataclass(frozen=True)
class PageHead:
    """What the page told; empty where it didn't. `free`: False where it says that it is not free to read."""

    title: str = ""
    published_at: datetime | None = None
    publication: str = ""
    language: str = ""
    canonical: str = ""
    free: bool | None = None


def may_be_html(body: bytes, content_type: str) -> bool:
    """Whether this can be a web page: it says so, or says nothing and looks like one."""
    kind = content_type.partition(";")[0].strip().lower()
    looks = b"<html" in body[:4_000].lower() or b"<!doctype html" in body[:4_000].lower()
    return "html" in kind or (
        looks and kind in ("", "text/plain", "application/octet-stream", "text/xml", "application/xml")
    )


def tree_of(body: bytes, content_type: str) -> lxml.html.HtmlElement | None:
    """The page as a tree, in its own character set; None if there is nothing in it. Loads nothing."""
    parser = lxml.html.HTMLParser(
        encoding=_charset(body, content_type), remove_comments=True, remove_pis=True, no_network=True
    )
    try:
        return lxml.html.document_fromstring(body, parser=parser)
    except (lxml.etree.LxmlError, ValueError, AssertionError):
        return None


def told_by(tree: lxml.html.HtmlElement, url: str) -> PageHead:
    """What a page that came from `url` tells of itself."""
    data = _data(tree)
    main = next((node for node in data if "headline" in node), data[0] if data else {})
    return PageHead(
        title=_line(_meta(tree, "og:title") or main.get("headline") or _heading(tree)),
        published_at=_published(tree, main),
        publication=_line(
            _meta(tree, "og:site_name") or _name(main.get("publisher")) or _meta(tree, "application-name")
        ),
        language=_language(tree.get("lang") or _meta(tree, "og:locale") or main.get("inLanguage")),
        canonical=_canonical(tree, url),
        free=_free(data),
    )


def _charset(body: bytes, content_type: str) -> str:
    if body.startswith(b"\xef\xbb\xbf"):
        return "utf-8"
    said = _CHARSET.search(content_type) or _CHARSET.search(body[:2_048].decode("latin-1"))
    if said and _known(said[1]):
        return said[1]
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        return "utf-8" if error.start > len(body) - 4 else "windows-1252"
    return "utf-8"


def _known(charset: str) -> bool:
    try:
        return bool(lxml.html.HTMLParser(encoding=charset)) and bool("x".encode(charset))
    except (LookupError, ValueError):
        return False


def _data(tree: lxml.html.HtmlElement) -> list[dict[str, Any]]:
    """The page's own nodes of schema.org that are about an article."""
    found = []
    for script in tree.xpath("//script[@type='application/ld+json']")[:20]:
        text = script.text or ""
        if len(text) <= _LONGEST_DATA:
            try:
                found += [node for node in _nodes(json.loads(text)) if _is_article(node)]
            except (ValueError, RecursionError):
                continue
    return found


def _nodes(data: Any) -> Iterator[dict[str, Any]]:
    waiting, seen = [data], 0
    while waiting and seen < _MOST_NODES:
        seen += 1
        node = waiting.pop(0)
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            yield node
            waiting += [node[name] for name in ("@graph", "mainEntity", "mainEntityOfPage") if name in node]


def _is_article(node: dict[str, Any]) -> bool:
    kinds = node.get("@type")
    return any(
        isinstance(kind, str) and _ARTICLES.search(kind) for kind in (kinds if isinstance(kinds, list) else [kinds])
    )


def _meta(tree: lxml.html.HtmlElement, name: str) -> str:
    for element in tree.xpath("//meta[@property=$name or @name=$name or @itemprop=$name]", name=name):
        if content := (element.get("content") or "").strip():
            return str(content)
    return ""


def _heading(tree: lxml.html.HtmlElement) -> str:
    for path in ("//h1", "//head/title", "//title"):
        for element in tree.xpath(path)[:1]:
            if found := element.text_content().strip():
                return str(found)
    return ""


def _published(tree: lxml.html.HtmlElement, main: dict[str, Any]) -> datetime | None:
    times = tree.xpath("//article//time/@datetime | //main//time/@datetime | //time[@pubdate or @itemprop]/@datetime")
    said = (
        main.get("datePublished"),
        *(
            _meta(tree, name)
            for name in ("article:published_time", "datePublished", "date", "dc.date", "DC.date.issued")
        ),
        *times[:1],
    )
    return next((moment for moment in map(_moment, said) if moment), None)


def _moment(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.strip()) if isinstance(text, str) else None
        if found is None or found.year < 1900:
            return None
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _canonical(tree: lxml.html.HtmlElement, url: str) -> str:
    said = [*tree.xpath("//link[contains(concat(' ', @rel, ' '), ' canonical ')]/@href"), _meta(tree, "og:url")]
    for address in filter(None, said[:3]):
        try:
            found = target_of(urljoin(url, str(address).strip()))
        except (Unreachable, ValueError):
            continue
        if _host(found.url) == _host(url):
            return found.url
    return ""


def _host(url: str) -> str:
    """The host, equal for www and for the hosts of phones' and AMP's pages."""
    return re.split(r"[:/?#]", canonical(url), maxsplit=1)[0]


def _free(data: list[dict[str, Any]]) -> bool | None:
    said = [str(node["isAccessibleForFree"]).lower() for node in data if "isAccessibleForFree" in node]
    return None if not said else "false" not in said


def _name(publisher: Any) -> str:
    if isinstance(publisher, list):
        publisher = publisher[0] if publisher else ""
    name = publisher.get("name") if isinstance(publisher, dict) else publisher
    return name if isinstance(name, str) else ""


def _language(text: Any) -> str:
    found = text.strip().replace("_", "-") if isinstance(text, str) else ""
    return found if _LANGUAGE.fullmatch(found) else ""


def _line(text: Any) -> str:
    return " ".join(text.split())[:_LONGEST] if isinstance(text, str) else ""
