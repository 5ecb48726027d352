"""XML from strangers made safe, and as well-formed as can be, before a parser sees it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.entities import html5
from xml.sax.saxutils import escape

from digest.feeds.base.entries import UnreadableDocument

_MOST_REPAIRS = 400_000
_MOST_SECTIONS = 250_000
_MOST_VOID = 100_000
"""Of ampersands, and of comments and CDATA sections: a document that has more is no feed, and is cut there."""


def mended(document: bytes) -> bytes:
    """The document (UTF-8) without declarations and comments, its sections and ampersands escaped, its HTML
    entities resolved.

    Raises UnreadableDocument if it declares entities: what they expand to can fill any memory, or be another's file.
    """
    start = document.find(b"<")
    pieces = []
    left = _MOST_REPAIRS
    for is_text, piece in _pieces(document, max(start, 0)):
        if is_text:
            pieces.append(_escaped(piece))
        else:
            safe, repairs = _safe(piece, left)
            pieces.append(safe)
            left -= repairs
        if left <= 0:
            break
    return b"".join(pieces)


def _escaped(text: bytes) -> bytes:
    """Never left as a section: where a parser sees none, as in an attribute, what is in it would be markup."""
    return text.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")


_OPENING = re.compile(rb"<!\[CDATA\[|<!--")


def _pieces(document: bytes, start: int) -> Iterator[tuple[bool, bytes]]:
    """What is in CDATA sections (True) and what is between them (False), comments taken out."""
    between = bytearray()
    ended: set[bytes] = set()
    openings = 0
    while opening := _OPENING.search(document, start):
        between += document[start : opening.start()]
        openings += 1
        if openings > _MOST_SECTIONS:
            break
        close = b"-->" if opening[0] == b"<!--" else b"]]>"
        end = -1 if close in ended else document.find(close, opening.end())
        if end < 0 and close == b"-->":
            ended.add(close)
            start = opening.end()
            continue
        if close == b"-->":
            between += b"\n" * document.count(b"\n", opening.end(), end)  # lines keep their numbers
        else:
            yield False, bytes(between)
            between.clear()
            yield True, document[opening.end() : end if end >= 0 else None]
        start = end + 3 if end >= 0 else len(document)
    if openings <= _MOST_SECTIONS:
        between += document[start:]
    yield False, bytes(between)


_ENTITY = re.compile(rb"<!\s*ENTITY", re.IGNORECASE)
_DOCTYPE = re.compile(rb"<!DOCTYPE[^\[<>]*(?:\[[^\]]*\]\s*)?>", re.IGNORECASE)
_DECLARATION = re.compile(rb"<\?xml\s[^<>]*>")
_AMPERSAND = re.compile(rb"&(?!(?:lt|gt|amp|quot|apos);)(#\d{1,8};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};)?")
_VOID = re.compile(rb"<(br|hr|img|wbr|input)\b([^<>]*?)/?>", re.IGNORECASE)
_VOID_END = re.compile(rb"</(?:br|hr|img|wbr|input)\s*>", re.IGNORECASE)


def _safe(piece: bytes, most: int) -> tuple[bytes, int]:
    if b"<!" in piece:
        piece = _without_declarations(piece)
    if b"<?xml" in piece:
        piece = _DECLARATION.sub(b"", piece)
    if b"]]>" in piece:
        piece = piece.replace(b"]]>", b"]]&gt;")
    piece = _VOID.sub(rb"<\1\2/>", _VOID_END.sub(b"", piece, count=_MOST_VOID), count=_MOST_VOID)
    if b"&" not in piece:
        return piece, 0
    piece, repairs = _AMPERSAND.subn(_resolved, piece, count=most)
    if repairs == most and (bare := _AMPERSAND.search(piece)):
        piece = piece[: bare.start()]
    return piece, repairs


def _without_declarations(piece: bytes) -> bytes:
    if _ENTITY.search(piece):
        raise UnreadableDocument(
            "It declares XML entities, which can be used to fill a reader's memory or to read its files, so it was not"
            " read. Ask the publisher for a feed without a DOCTYPE."
        )
    start = piece.find(b"<!")
    if doctype := _DOCTYPE.match(piece, start):
        piece = piece[:start] + piece[doctype.end() :]
    return piece.replace(b"<!", b"&lt;!")


_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _resolved(found: re.Match[bytes]) -> bytes:
    """What an HTML entity or a number stands for; `&amp;` before what stands for nothing."""
    reference = (found[1] or b"").decode("ascii")
    if reference.startswith("#"):
        text = _ILLEGAL.sub("", html.unescape(f"&{reference}"))
    elif reference in html5:
        text = html5[reference]
    else:
        text = f"&{reference}"
    return escape(text).encode("utf-8", "ignore")


_WRAPPED = ("description", "summary", "content:encoded", "content", "title")


def with_markup_as_text(document: bytes) -> bytes:
    """The mended document with what is inside its descriptions, titles and contents as text: for HTML put in raw."""
    for name in _WRAPPED:
        document = b"".join(_wrapped(document, name.encode()))
    return document


def _wrapped(document: bytes, name: bytes) -> Iterator[bytes]:
    opening = re.compile(rb"<" + name + rb"(?:\s[^<>]*)?>")
    closing = re.compile(rb"</" + name + rb"\s*>")
    start = 0
    while (begin := opening.search(document, start)) and (end := closing.search(document, begin.end())):
        inner = document[begin.end() : end.start()]
        yield document[start : begin.end()]
        yield inner if b"<" not in inner else _escaped(inner)
        yield end[0]
        start = end.end()
    yield document[start:]
