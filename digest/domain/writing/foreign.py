"""The elements that HTML from elsewhere has, what becomes of each, and how such HTML is told from our own."""

from __future__ import annotations

import re

import nh3

DEEPEST = 50
"""Elements in each other that become lists, quotations or emphasis. A text indented further is read by nobody, and
each of its lines would carry the marks of all levels."""
DEEPEST_CONTAINERS = 200
"""Elements of any kind in each other. Newsletters lay out tables in tables, four elements a level."""

HEADINGS = {"h1": "h3", "h2": "h3", "h3": "h3", "h4": "h4", "h5": "h4", "h6": "h4"}
INLINE = {
    **dict.fromkeys(("a", "strong", "em", "b", "i", "code", "sup", "sub", "s")),
    "del": "s", "strike": "s", "kbd": "code", "samp": "code", "tt": "code",
}  # fmt: skip
BARE = {"span", "font", "o:p", "ins", "u", "small", "big", "mark", "abbr", "label", "time"}
BLOCKS = {
    "address", "article", "aside", "button", "caption", "center", "dd", "details", "dialog", "dir", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "legend", "main", "menu", "nav", "option",
    "optgroup", "p", "search", "section", "select", "summary",
}  # fmt: skip
FRAMES = {"blockquote", "ul", "ol", "li"}
TABLE = {"table", "thead", "tbody", "tfoot", "tr", "td", "th"}
ALONE = {"br", "hr", "img", "wbr", "input", "col"}
UNSEEN = {"annotation", "annotation-xml", "desc", "metadata"}
"""What formulas and drawings say about themselves, which no browser shows."""
QUOTES = {"q": "“”", "rt": "()"}

_OURS = {"p", "s", "b", "i", "em", "strong", "code", "a", "sup", "sub", "h3", "h4", "li", "ul", "ol", "blockquote"}
_THEIRS = (
    BLOCKS | set(INLINE) | BARE | set(HEADINGS) | set(QUOTES) | {"img", "input", "html", "head", "title", "xml"}
) - _OURS
_SIGNS = re.compile(
    rf"<(?:{'|'.join(map(re.escape, sorted(_THEIRS)))}|body|table(?!>\s*<t(?:head|body)>)|td[^<>]*>\s*<table)\b"
    r"|<[a-z][^<>]*\b(?:style|hidden|class)\s*=",
    re.IGNORECASE,
)
_NO_LINK = re.compile(r"""<a\s(?![^<>]*\bhref\s*=(?!\s*["']?\s*(?:#|javascript:)))""", re.IGNORECASE)
_NEST = re.compile(r"<(/?)(?!(?:br|hr|img|input|wbr|col)\b)[a-z]", re.IGNORECASE)
_CELL = re.compile(r"<t[rdh]\b", re.IGNORECASE)
_TABLE_START = re.compile(r"<table\b", re.IGNORECASE)


def is_foreign(html: str) -> bool:
    """Whether the HTML has what only HTML from elsewhere has; our own goes by without being read."""
    return bool(_SIGNS.search(html)) or has_orphaned_cells(html) or bool(_NO_LINK.search(html))


def with_names(html: str) -> str:
    """The HTML with a `name` in each anchor that is no link to elsewhere, to tell it from one whose address is lost."""
    return _NO_LINK.sub("<a name ", html)


def is_deep(html: str) -> bool:
    """Whether elements nest deeper than anybody means them to, or seem to, since their ends are left out."""
    if html.count("<") <= DEEPEST:
        return False
    depth = deepest = 0
    for found in _NEST.finditer(html):
        depth += -1 if found[1] else 1
        deepest = max(deepest, depth)
    return deepest > DEEPEST


def has_orphaned_cells(html: str) -> bool:
    """Whether there are cells outside any table, which a parser ignores: their words would run together."""
    return bool(_CELL.search(html)) and not _TABLE_START.search(html)


wide = nh3.Cleaner(
    tags=set(INLINE) | BARE | BLOCKS | FRAMES | TABLE | ALONE | set(QUOTES) | set(HEADINGS) | {"pre"},
    clean_content_tags={
        "script", "style", "template", "iframe", "object", "svg", "math", "noscript", "title", "xml", "head", "rp",
        *UNSEEN,
    },
    attributes={
        "*": {"style", "class", "role", "hidden"},
        "a": {"href", "name"}, "ol": {"start", "type"}, "li": {"value"}, "img": {"alt"},
        "td": {"align"}, "th": {"align"}, "input": {"value", "type"},
    },
    url_relative="deny",
    link_rel=None,
)  # fmt: skip
