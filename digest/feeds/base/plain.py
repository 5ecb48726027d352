"""Plain text out of what publishers call a title or a description."""

from __future__ import annotations

import html
import re
from typing import Any

from lxml import etree

LONGEST_TITLE = 500
LONGEST_LEDE = 500
_MOST_MARKUP = 24_000
"""Characters of markup that are looked at for a lede: enough for 500 of text after a picture with its caption."""

_SKIPPED = frozenset({"script", "style", "template", "head", "noscript", "iframe", "object", "svg", "select", "button"})
_INLINE_NAMES = """
a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd label mark q s samp small span strike strong sub sup
time tt u var wbr
"""
_INLINE = frozenset(_INLINE_NAMES.split())
_TAG = re.compile(r"<[a-zA-Z/!?]")
_LEFT = re.compile(
    r"</(?:p|b|i|em|strong|a|span|div|li|ul|ol|h[1-6]|script|style|sup|sub|u|font|cite|q|code|blockquote)\s*>"
    r"|<(?:br|hr|img|p|script|iframe)\b[^<>]*>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ufeff\ufffe\uffff\ud800-\udfff]+")


def plain(markup: str, longest: int = LONGEST_LEDE) -> str:
    """The text of a piece of HTML, escaped once or twice, at most `longest` characters, cut between words."""
    text = _text(markup[:_MOST_MARKUP], longest)
    if _LEFT.search(text):
        text = _text(text, longest)
    if _ENTITY.search(text):
        text = html.unescape(text)
    return shortened(text, longest)


def literal(text: str, longest: int) -> str:
    """Text that its publisher calls plain, its entities resolved if it was escaped twice; HTML in it is taken out."""
    if _LEFT.search(text):
        return plain(text, longest)
    return shortened(html.unescape(text), longest)


def shortened(text: str, longest: int) -> str:
    """The text on one line, cut between words where it is longer, which an ellipsis shows."""
    text = " ".join(_CONTROL.sub(" ", text[: longest * 8 + 1000]).split())
    if len(text) <= longest:
        return text
    cut = text[: longest - 1].rpartition(" ")[0]
    return f"{cut or text[: longest - 1]}…"


def _text(markup: str, longest: int) -> str:
    if not _TAG.search(markup):
        return html.unescape(markup)
    parser = etree.HTMLParser(
        encoding="utf-8", recover=True, no_network=True, remove_comments=True, remove_pis=True, huge_tree=False
    )
    try:
        root = etree.fromstring(f"<div>{markup}</div>".encode("utf-8", "ignore"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return ""
    return "" if root is None else text_under(root, longest)


def text_under(root: Any, longest: int) -> str:
    """The text of an element of lxml's and all below it, blocks set apart, until it is longer than `longest`."""
    pieces: list[str] = []
    length = 0
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        name = _name(element)
        if event == "start":
            skipped = name in _SKIPPED
            piece = "" if skipped else element.text or ""
            if skipped:
                walker.skip_subtree()
        else:
            piece = (element.tail or "") if element is not root else ""
        pieces += [piece] if name in _INLINE else [" ", piece]
        length += len(piece)
        if length > longest * 4:
            break
    return "".join(pieces)


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""
