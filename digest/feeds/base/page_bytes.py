"""The bytes of a page as elements, in the encoding that its server, itself or its bytes tell."""

from __future__ import annotations

import re

from lxml import etree

from digest.feeds.base.entries import UnreadableDocument

_MOST_BYTES = 10 * 1024 * 1024


def parsed_page(body: bytes, content_type: str) -> etree._Element:
    """The root of the first 10 MB. Raises `UnreadableDocument` where there is no HTML."""
    body = body[:_MOST_BYTES]
    parser = etree.HTMLParser(
        recover=True, no_network=True, remove_comments=True, remove_pis=True, encoding=_encoding(body, content_type)
    )
    try:
        root = etree.fromstring(body.replace(b"\0", b"") or b" ", parser)
    except (etree.ParserError, etree.XMLSyntaxError, LookupError, ValueError):
        root = None
    if root is None:
        raise UnreadableDocument("This is no page that can be read: no HTML was found in it.")
    return root


def _encoding(body: bytes, content_type: str) -> str:
    """What the head of the answer says, else a byte-order mark, else the page, else UTF-8 where it holds."""
    named = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", content_type, re.IGNORECASE)
    marked = re.search(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w.:-]+)", body[:4096], re.IGNORECASE)
    if body.startswith(b"\xef\xbb\xbf"):
        return "utf-8"
    for found in (named and named[1], marked and marked[1].decode("ascii", "replace")):
        if found and _is_known(found):
            return found
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


def _is_known(encoding: str) -> bool:
    try:
        "".encode(encoding)
        etree.HTMLParser(encoding=encoding)
    except (LookupError, ValueError):
        return False
    return True
