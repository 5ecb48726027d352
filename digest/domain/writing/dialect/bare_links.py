"""Bare web and mail addresses become links, by linkify; what is no Markdown in them keeps its characters.

An address begins with a scheme or `www.`: a name such as Booking.com is one that people mean as a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import ascii_letters, digits
from typing import Any

from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.helpers import parseLinkLabel
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

_WWW = "http://"
_LONGEST = 2_000
_SCHEME = re.compile(r"[a-z][a-z0-9.+-]*", re.IGNORECASE)
_OF_A_SCHEME = ascii_letters + digits + ".+-"
_BEGUN_WWW = re.compile(r"(?:^|[^a-z0-9.+-])(www\.[^\s<>]*)$", re.IGNORECASE)
_NO_HOST = re.compile(r"[\w.-]{255}")
"""Longer than any host may be (RFC 1035, section 2.3.4); to look for an end in one takes very long."""
_SCHEMES = ("http:", "https:", "mailto:", "www.")
_CLOSING = "”’»›“„*"
_CURLY_TITLE = re.compile(r"\(\s*(?:<[^<>\n]*>|[^\s<>()]+)\s+([“”„«‘’‚])([^\"“”„«»‘]*)([“”»’])\s*\)")


class _Linkify(LinkifyIt):  # type: ignore[misc]  # the library has no types
    """linkify, with `www.` as a beginning of its own, any ending of a host, and no quotation mark behind an address."""

    def __init__(self) -> None:
        super().__init__(options={"fuzzy_link": False})
        self.add("www.", {"validate": self._www, "normalize": self._to_http})
        self.tlds("[a-z]{2,63}", True)

    def pretest(self, text: str) -> bool:
        return "://" in text or "@" in text or "www." in text.lower()

    def test(self, text: str) -> bool:
        return self.pretest(text) and super().test(text)

    def match(self, text: str) -> list[Any] | None:
        return [_trimmed(found) for found in super().match(text) or () if found.schema in _SCHEMES] or None

    def match_at_start(self, text: str) -> Any:
        found = super().match_at_start(text)
        return _trimmed(found) if found and found.schema in _SCHEMES else None

    def _www(self, text: str, position: int) -> int:
        if _NO_HOST.match(text, position):
            return 0
        length: int = self._validate_http(f"//www.{text[position : position + _LONGEST]}", 0)
        return max(length - len("//www."), 0)

    def _to_http(self, found: Any, *_: Any) -> None:
        found.url = _WWW + found.url


def _trimmed(found: Any) -> Any:
    """The address without a footnote's mark and the quotation marks behind it, which linkify takes for part of it."""
    excess = len(found.text) - len(found.text.partition("[^")[0].rstrip(_CLOSING))
    if excess:
        found.text, found.raw, found.url = found.text[:-excess], found.raw[:-excess], found.url[:-excess]
        found.last_index -= excess
    return found


_linkify = _Linkify()


def teach(parser: MarkdownIt) -> None:
    """Put these rules into a parser."""
    parser.linkify = _linkify
    parser.core.ruler.at("linkify", _link_texts)
    parser.inline.ruler.at("linkify", _address)
    parser.inline.ruler.before("link", "curly_title", _straighten_title)
    normalise = parser.normalizeLink
    parser.normalizeLink = lambda url: normalise(_WWW + url if url[:4].lower() == "www." else url)  # type: ignore[method-assign]


def _link_texts(state: StateCore) -> None:
    """As markdown-it's rule, which copies all tokens of a paragraph for each address in it."""
    for block in state.tokens:
        if block.type == "inline" and block.children and _linkify.pretest(block.content):
            block.children = list(_linked(state.md, block.children))


def _linked(parser: MarkdownIt, tokens: list[Token]) -> Iterator[Token]:
    in_link, before = False, ""
    for token in tokens:
        if token.type in ("link_open", "link_close"):
            in_link = token.type == "link_open"
        if token.type == "text" and not in_link and _linkify.test(token.content):
            yield from _split(parser, token, escaped=before == "text_special")
        else:
            yield token
        before = token.type


def _split(parser: MarkdownIt, token: Token, escaped: bool) -> Iterator[Token]:
    """A text's words and links; `escaped`: an escape is before it, as in `http\\://`, and takes the first link back."""
    words, level, end = token.content, token.level, 0
    for found in _linkify.match(words) or ():
        href = parser.normalizeLink(found.url)
        if not parser.validateLink(href) or (escaped and found.index == 0):
            continue
        if found.index > end:
            yield Token("text", "", 0, content=words[end : found.index], level=level)
        yield from _link(href, parser.normalizeLinkText(found.text), level)
        end = found.last_index
    if end < len(words):
        yield Token("text", "", 0, content=words[end:], level=level)


def _link(href: str, shown: str, level: int) -> Iterator[Token]:
    yield Token("link_open", "a", 1, attrs={"href": href}, level=level, markup="linkify", info="auto")
    yield Token("text", "", 0, content=shown, level=level + 1)
    yield Token("link_close", "a", -1, level=level, markup="linkify", info="auto")


def _address(state: StateInline, silent: bool) -> bool:
    """As markdown-it's rule, which knows `://` only; a `www.` is found where a character of Markdown's own follows."""
    mark = state.src[state.pos]
    if mark not in ":*_~" or state.linkLevel > 0 or silent:
        return False
    if mark == ":" and not state.src.startswith("://", state.pos):
        return False
    begun = _begun(state.pending[-_LONGEST:], mark)
    if not begun:
        return False
    start = state.pos - len(begun)
    found = (
        _linkify.match_at_start(state.src[start : min(start + _LONGEST, state.posMax)])
        if _as_typed(state, begun)
        else None
    )
    if found is None or start + found.last_index <= state.pos:
        return False
    url, shown = found.url, found.text
    if shown.endswith("_") and state.src[start - 1 : start] == "_":
        url, shown = url.rstrip("_"), shown.rstrip("_")  # emphasis around it
    href = state.md.normalizeLink(url)
    if not state.md.validateLink(href):
        return False
    state.pending = state.pending[: -len(begun)]
    _push(state, href, state.md.normalizeLinkText(shown))
    state.pos = start + len(shown)
    return True


def _begun(words: str, mark: str) -> str:
    """The address that the words end with the beginning of: a scheme before `:`, a `www.` before any other mark."""
    if mark == ":":
        scheme = words[len(words.rstrip(_OF_A_SCHEME)) :]
        return scheme if _SCHEME.match(scheme) and scheme[:4].lower() != "www." else ""
    found = _BEGUN_WWW.search(words) if "www." in words.lower() else None
    return found[1] if found else ""


def _as_typed(state: StateInline, words: str) -> bool:
    return state.src.startswith(words, state.pos - len(words))


def _push(state: StateInline, href: str, shown: str) -> None:
    opening = state.push("link_open", "a", 1)
    opening.attrs = {"href": href}
    state.push("text", "", 0).content = shown
    closing = state.push("link_close", "a", -1)
    opening.markup = closing.markup = "linkify"
    opening.info = closing.info = "auto"


def _straighten_title(state: StateInline, _silent: bool) -> bool:
    """Make a link's title in curly quotation marks one that Markdown knows, where it stands; the next rule reads it."""
    if state.src[state.pos] != "[":
        return False
    end = parseLinkLabel(state, state.pos)
    found = _CURLY_TITLE.match(state.src, end + 1) if end >= 0 else None
    if found:
        opened, closed = found.start(1), found.start(3)
        state.src = f'{state.src[:opened]}"{found[2]}"{state.src[closed + 1 :]}'
    return False
