"""JSON Feed, versions 1 and 1.1 (https://jsonfeed.org/version/1.1)."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any

from digest.feeds.base.addresses import absolute, is_absolute
from digest.feeds.base.dates import read_date
from digest.feeds.base.entries import Bulletin, Entry, UnreadableDocument
from digest.feeds.base.plain import LONGEST_LEDE, LONGEST_TITLE, literal, plain
from digest.feeds.parsing.xml_feeds import headline, language

_MOST = {b"{": 400_000, b"[": 400_000, b'"': 1_500_000, b",": 1_000_000}
"""How often each may stand in a document: Python's memory for a value is many times what it takes in JSON."""


def read_json_feed(document: bytes, url: str) -> Bulletin:
    """The entries of a JSON Feed in UTF-8. Raises UnreadableDocument for any other JSON."""
    feed = _loaded(document)
    if not isinstance(feed, Mapping) or not isinstance(feed.get("items"), list):
        raise UnreadableDocument(
            "It is JSON, but not a JSON Feed: it has no list of items. Ask for the feed's address."
        )
    return Bulletin(
        title=literal(_text(feed, "title"), LONGEST_TITLE),
        home=absolute(_text(feed, "home_page_url"), url),
        language=language(_text(feed, "language")),
        entries=tuple(_entry(item, url) for item in feed["items"] if isinstance(item, Mapping)),
    )


def _loaded(document: bytes) -> Any:
    if any(document.count(sign) > most for sign, most in _MOST.items()):
        raise UnreadableDocument("It is JSON of far more parts than a feed has, so it was not read.")
    try:
        return json.loads(document.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        raise UnreadableDocument(
            "It begins like JSON but can't be read as JSON: it is cut off or malformed. Try again later."
        ) from None


def _entry(item: Mapping[str, Any], url: str) -> Entry:
    guid = _text(item, "id")
    addresses = (absolute(_text(item, name), url) for name in ("url", "external_url"))
    address = next(filter(None, addresses), absolute(guid, url) if is_absolute(guid) else "")
    lede = _lede(item)
    return Entry(
        guid=guid[:1_000],
        url=address,
        title=literal(_text(item, "title"), LONGEST_TITLE) or headline(lede, address),
        lede=lede,
        published_at=read_date(_text(item, "date_published")) or read_date(_text(item, "date_modified")),
    )


def _lede(item: Mapping[str, Any]) -> str:
    texts = (
        plain(_text(item, "summary")),
        plain(_text(item, "content_html")),
        plain(html.escape(_text(item, "content_text")[: LONGEST_LEDE * 8], quote=False)),
    )
    return next(filter(None, texts), "")


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
