"""The links in a body: one that has something invisible in its address leads nowhere, and whoever writes it is told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import unescape
from urllib.parse import quote, unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from digest.domain.shared.invisible import INVISIBLE
from digest.domain.shared.urls import fault_in_link

_REFUSED = "refused:"
"""A scheme that no sanitiser lets through. Behind it the reason, so that it can be told where the body is written."""
_LINE_BREAKS = str.maketrans("", "", "\t\n\r")
_UNSEEN = re.compile(INVISIBLE.pattern.replace("[\u0000-\u001f", "[\u0000-\u0008\u000b\u000c\u000e-\u001f", 1))
"""As `INVISIBLE`, but for tabs and the ends of lines."""
_HREF = re.compile(r"""<a\s[^<>]*?\bhref\s*=\s*("[^"<>]*"|'[^'<>]*'|[^\s"'<>]+)""", re.IGNORECASE)


class CheckedMarkdown(MarkdownIt):
    """Markdown whose links are looked at as they were typed, before they are encoded."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802  markdown-it calls it so
        """The address as HTML may carry it."""
        fault = fault_in_link(url)
        return _REFUSED + quote(fault) if fault else super().normalizeLink(url)


def checked_href(_element: str, _attribute: str, value: str) -> str | None:
    """For nh3: the address of a link without the line breaks that browsers ignore; None takes it off its text."""
    url = value.translate(_LINE_BREAKS)
    return None if fault_in_link(url) else url


def fault_in_markdown(markdown: MarkdownIt, text: str) -> str:
    """Why one of the links in a Markdown text is refused, with the remedy; empty if none is."""
    if not _may_link(text) or not _may_hide(text):
        return ""
    addresses = (str(token.attrs.get("href", "")) for token in _flat(markdown.parse(text)))
    return next((unquote(url.removeprefix(_REFUSED)) for url in addresses if url.startswith(_REFUSED)), "")


def fault_in_html(html: str) -> str:
    """The same for HTML, so that the one who hands it in is told; whatever it overlooks, `checked_href` does not."""
    if not _may_hide(html):
        return ""
    addresses = (unescape(found[1].strip("\"'")).translate(_LINE_BREAKS) for found in _HREF.finditer(html))
    return next(filter(None, map(fault_in_link, addresses)), "")


def _may_link(text: str) -> bool:
    """Whether a Markdown text may have a link in it: by brackets, or as a bare address."""
    return "[" in text or "<" in text or "://" in text or "@" in text or "www." in text.lower()


def _may_hide(text: str) -> bool:
    """Whether one of its links may have something invisible in it.

    Most bodies can't, and importing an archive looks at a hundred thousand of them.
    """
    return "%" in text or "&" in text or "xn--" in text.lower() or _UNSEEN.search(text) is not None


def _flat(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()
