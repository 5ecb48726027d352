"""HTML from Word, Outlook, Google Docs, newsletters and web pages, brought into the elements that we show.

What those express by containers, styles and classes becomes paragraphs, lists, emphasis and tables; nothing visible is
lost and nothing runs together. This makes sense of HTML, it does not make it safe: the sanitiser comes after it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

from digest.domain.writing.foreign import (
    ALONE,
    BARE,
    DEEPEST,
    DEEPEST_CONTAINERS,
    FRAMES,
    HEADINGS,
    INLINE,
    QUOTES,
    TABLE,
    has_orphaned_cells,
    wide,
    with_names,
)
from digest.domain.writing.layout_tables import tables_of_data
from digest.domain.writing.office import Styles, entry_of, styles_of, without_marker

_EMPTY = re.compile(r"(?:\s|\xa0|<br>)*")


def tidied(html: str) -> str:
    """The same words in elements that we show. Not safe: it must be sanitised afterwards."""
    if has_orphaned_cells(html):
        html = f"<table>{html}</table>"
    clean = wide.clean(with_names(html))
    tidier = _Tidier(tables_of_data(clean))
    tidier.feed(clean)
    tidier.close()
    return tidier.done()


@dataclass(eq=False)
class _Open:
    """An element that is open: what it opened among the words, and whether it and all in it are hidden."""

    tag: str
    inline: list[str] = field(default_factory=list)
    block: bool = False
    hidden: bool = False
    marker: bool = False
    end: str = ""
    entry: int = 0
    """The level of the list that this paragraph is an entry of, 0 for none."""


class _Tidier(HTMLParser):
    """Collects words until a block begins or ends, then writes them out as one."""

    def __init__(self, data_tables: list[bool]) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._words: list[str] = []
        self._marker = ""
        self._open: list[_Open] = []
        self._inline: list[tuple[str, str]] = []
        self._lists: list[str] = []
        self._data_tables = iter(data_tables)
        self._tables: list[bool] = []
        self._bare_until = -1
        self._frames = 0
        self._flat: list[_Open] = []

    def done(self) -> str:
        """Everything read so far, with all lists closed."""
        self._flush()
        self._close_lists(0)
        return "".join(self._out)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ALONE:
            self._alone(tag, given)
            return
        styles = styles_of(given)
        opened = _Open(tag, hidden=styles.hidden or self._is_hidden(), marker=styles.marker or self._in_marker())
        opened.block = not opened.hidden and tag not in INLINE and tag not in BARE and tag not in QUOTES
        if self._is_too_deep(tag):
            self._flatten(opened)
            return
        if opened.block:
            self._flush()
        self._frames += tag in FRAMES
        self._open.append(opened)
        if opened.hidden:
            if tag == "table":
                next(self._data_tables, None)
            return
        if opened.block:
            self._begin_block(opened, given, styles)
        else:
            self._begin_inline(opened, given, styles)

    def handle_endtag(self, tag: str) -> None:
        if tag in ALONE or not self._open:
            return
        if self._flat:
            if self._flat.pop().block:
                self._break()
            return
        opened = self._open[-1]
        if opened.tag != tag:
            return
        if not opened.hidden:
            self._words += [opened.end] if not opened.block else []
            for _ in opened.inline:
                self._end_inline()
            if opened.block:
                self._end_block(opened)
        self._open.pop()
        self._frames -= tag in FRAMES
        if tag == "table" and not opened.hidden:
            self._tables.pop()

    def _is_too_deep(self, tag: str) -> bool:
        return bool(self._flat) or len(self._open) >= DEEPEST_CONTAINERS or (tag in FRAMES and self._frames >= DEEPEST)

    def _flatten(self, opened: _Open) -> None:
        """What is nested too deep stays as words; a line break parts it from those around it."""
        if opened.tag == "table":
            next(self._data_tables, None)
        if opened.block:
            self._break()
        self._flat.append(opened)

    def handle_data(self, data: str) -> None:
        if self._is_hidden():
            return
        if self._in_marker():
            self._marker += data
        else:
            self._words.append(escape(data, quote=False))

    def _alone(self, tag: str, given: dict[str, str]) -> None:
        if self._is_hidden():
            return
        if tag == "br":
            self._break()
        elif tag == "hr":
            self._flush()
            self._close_lists(0)
            self._out.append("<hr>")
        elif tag == "img":
            self._words.append(escape(given.get("alt", ""), quote=False))
        elif tag == "input" and given.get("type", "text") not in ("hidden", "password", "checkbox", "radio"):
            self._words.append(escape(given.get("value", ""), quote=False))

    def _break(self) -> None:
        if self._in("pre"):
            self._words.append("\n")
            return
        last = next((each for each in reversed(self._words) if each == "<br>" or not _EMPTY.fullmatch(each)), "")
        if last == "<br>":
            del self._words[len(self._words) - self._words[::-1].index("<br>") - 1 :]
            self._flush()  # two line breaks part paragraphs
        else:
            self._words.append("<br>")

    def _begin_inline(self, opened: _Open, given: dict[str, str], styles: Styles) -> None:
        tag = INLINE.get(opened.tag) or opened.tag
        wanted = [] if tag in BARE or tag in QUOTES or styles.undoes(tag) else [tag]
        wanted += [each for each in styles.emphasis if each not in wanted]
        for name in wanted:
            start = f'<a href="{escape(given["href"])}">' if name == "a" and "href" in given else f"<{name}>"
            if (start == "<a>" and "name" in given) or any(start == there for there, _ in self._inline):
                continue
            opened.inline.append(name)
            self._inline.append((start, f"</{name}>"))
            self._words.append(start)
        if opened.tag in QUOTES:
            self._words.append(QUOTES[opened.tag][0])
            opened.end = QUOTES[opened.tag][1]

    def _end_inline(self) -> None:
        start, end = self._inline.pop()
        if self._words and self._words[-1] == start:
            self._words.pop()
        else:
            self._words.append(end)

    def _begin_block(self, opened: _Open, given: dict[str, str], styles: Styles) -> None:
        opened.entry = styles.level if opened.tag in ("p", "div", *HEADINGS) else 0
        if opened.tag in FRAMES or opened.tag in TABLE:
            self._begin_frame(opened, given)

    def _begin_frame(self, opened: _Open, given: dict[str, str]) -> None:
        self._close_lists(0)
        tag = opened.tag
        if tag == "table":
            self._tables.append(next(self._data_tables, False))
        if tag in TABLE and not (self._tables and self._tables[-1]):
            return
        if tag in ("ul", "ol") and self._out and self._out[-1] == "</li>":
            self._out.pop()  # a list beside an entry, as Google Docs nests them, belongs to it
            opened.end = "</li>"
        kept = {name: given[name] for name in ("start", "type", "value", "align") if name in given}
        attributes = "".join(f' {name}="{escape(value)}"' for name, value in kept.items())
        tag = "tbody" if tag == "tfoot" else tag
        self._out.append(f"<{tag}{attributes}>")
        opened.end = f"</{tag}>{opened.end}"

    def _end_block(self, opened: _Open) -> None:
        self._flush()
        if opened.end:
            self._close_lists(0)
            self._out.append(opened.end)

    def _flush(self) -> None:
        """Write out the words so far, in the element that they stand in; what stays open goes on in the next block."""
        raw = "".join(self._words) + "".join(end for _, end in reversed(self._inline))
        self._words = [start for start, _ in self._inline]
        marker, self._marker = self._marker, ""
        block = next((opened for opened in reversed(self._open) if opened.block), None)
        if _is_empty(raw):
            return
        if self._in("pre"):
            self._out.append(f"<pre>{raw}</pre>")
        elif block and block.entry:
            self._entry(raw, marker, block.entry)
        else:
            self._close_lists(0)
            self._paragraph(escape(marker, quote=False) + raw, self._wrapper())

    def _paragraph(self, raw: str, wrapper: str) -> None:
        words = _trimmed(raw)
        if not wrapper and self._bare_until == len(self._out):
            wrapper = "p"  # two of them in one entry or cell would run together
        self._out.append(f"<{wrapper}>{words}</{wrapper}>" if wrapper else words)
        self._bare_until = len(self._out) if not wrapper else -1

    def _wrapper(self) -> str:
        """The element around words here: a heading, a paragraph, or none directly in an entry or a cell."""
        for opened in reversed(self._open):
            if opened.tag in HEADINGS:
                return HEADINGS[opened.tag]
            if opened.tag == "li" or (opened.tag in ("td", "th") and self._tables and self._tables[-1]):
                return ""
            if opened.tag == "blockquote":
                return "p"
        return "p"

    def _entry(self, raw: str, marker: str, level: int) -> None:
        words, marker = (raw, marker) if marker.strip() else without_marker(raw)
        kind, attributes = entry_of(marker)
        self._close_lists(level)
        if len(self._lists) == level and self._lists[-1] != kind:
            self._close_lists(level - 1)
        elif len(self._lists) == level:
            self._out.append("</li>")
        while len(self._lists) < level:
            self._lists.append(kind)
            self._out.append(f"<{kind}>" if len(self._lists) < level else f"<{kind}{attributes}>")
            self._out.append("<li>" if len(self._lists) < level else "")
        self._out.append(f"<li>{_trimmed(words)}")

    def _close_lists(self, level: int) -> None:
        while len(self._lists) > level:
            self._out.append(f"</li></{self._lists.pop()[:2]}>")

    def _is_hidden(self) -> bool:
        around = self._flat or self._open
        return bool(around) and around[-1].hidden

    def _in_marker(self) -> bool:
        return bool(self._open) and self._open[-1].marker

    def _in(self, tag: str) -> bool:
        return any(opened.tag == tag for opened in self._open)


def _is_empty(raw: str) -> bool:
    return not _EMPTY.sub("", re.sub(r"<(?!br>)[^>]*>", "", raw))


def _trimmed(raw: str) -> str:
    """The words without the spaces and line breaks around them."""
    before = None
    while raw != before:
        before, raw = raw, raw.strip().removeprefix("<br>").removesuffix("<br>")
    return raw
