"""Lexical, the JSON in which Ghost's editor keeps a text, as HTML: its text, links, headings, quotations and lists.

Only where an export has no HTML of a post. What is no text (pictures, embeds, buttons) is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

_ELEMENTS: Mapping[str, str] = {
    "paragraph": "p",
    "quote": "blockquote",
    "extended-quote": "blockquote",
    "aside": "blockquote",
    "listitem": "li",
}
_BOLD, _ITALIC = 1, 2
"""Bits of a text's `format`."""


def html_of_lexical(text: str) -> str:
    """The HTML of such a text, to be sanitised; empty for what is none."""
    try:
        found = json.loads(text) if text else {}
        return _node(found["root"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""


def _node(node: Mapping[str, Any]) -> str:
    kind, inner = node.get("type"), "".join(_node(child) for child in node.get("children") or ())
    match kind:
        case "text" | "extended-text":
            return _text(str(node.get("text", "")), int(node.get("format") or 0))
        case "linebreak":
            return "<br>"
        case "link" | "autolink":
            return f'<a href="{escape(str(node.get("url", "")))}">{inner}</a>'
        case "heading" | "extended-heading":
            return f"<h3>{inner}</h3>"
        case "list":
            tag = "ol" if node.get("listType") == "number" else "ul"
            return f"<{tag}>{inner}</{tag}>"
        case "html":
            return str(node.get("html", ""))
        case "horizontalrule":
            return "<hr>"
        case _:
            tag = _ELEMENTS.get(str(kind), "")
            return f"<{tag}>{inner}</{tag}>" if tag else inner


def _text(text: str, form: int) -> str:
    html = escape(text)
    html = f"<em>{html}</em>" if form & _ITALIC else html
    return f"<strong>{html}</strong>" if form & _BOLD else html
