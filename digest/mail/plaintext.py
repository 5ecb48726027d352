"""Sanitised HTML as plain text that reads well by itself, and the wrapping that every text part uses."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from html.parser import HTMLParser

WIDTH = 72

_BLOCKS = frozenset({"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "ul", "ol", "li", "hr"})
_SHOWN_SCHEMES = ("https://", "http://", "mailto:")


def as_text(html: str, width: int = WIDTH) -> str:
    """The text of sanitised HTML: `>` before quotations, lists with markers, links as `text (URL)`, no markup."""
    reader = _Reader(width)
    reader.feed(html)
    reader.close()
    reader.flush()
    return "\n".join(reader.lines)


def wrap(text: str, first: str = "", rest: str | None = None, width: int = WIDTH) -> str:
    """One paragraph at the width; addresses are never broken, so a longer one stands out alone."""
    return textwrap.fill(
        " ".join(text.split()),
        width,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


@dataclass(eq=False)
class _Frame:
    """An open quotation, list or list entry: what stands before its first line, and before the others."""

    kind: str
    rest: str = ""
    marker: str = ""
    entries: int = 0


class _Reader(HTMLParser):
    """Collects words until a block begins or ends, then writes them out behind the marks of all open frames."""

    def __init__(self, width: int) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._width = width
        self._words = ""
        self._open: list[_Frame] = []
        self._before: list[_Frame] = []
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.flush()
        if tag in ("blockquote", "ul", "ol"):
            self._open.append(_Frame(tag, rest="> " if tag == "blockquote" else ""))
        elif tag == "li":
            self._open.append(self._entry())
        elif tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self._words)))
        elif tag in ("br", "hr"):
            self._words += "\n" if tag == "br" else "* * *"
            if tag == "hr":
                self.flush()

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._links:
            self._words += self._address(*self._links.pop())
        if tag in _BLOCKS:
            self.flush()
        if any(frame.kind == tag for frame in self._open):
            while self._open.pop().kind != tag:
                pass

    def handle_data(self, data: str) -> None:
        self._words += data.replace("\r", " ").replace("\n", " ")

    def flush(self) -> None:
        """Write out the words collected so far as one block, if there are any."""
        lines = [" ".join(line.split()) for line in self._words.strip().split("\n")]
        self._words, self._links = "", []
        if lines == [""]:
            return
        self._separate()
        rest = "".join(frame.rest for frame in self._open)
        first = "".join(frame.marker or frame.rest for frame in self._open)
        for number, line in enumerate(lines):
            self.lines += wrap(line, rest if number else first, rest, self._width).split("\n")
        for frame in self._open:
            frame.marker = ""
        self._before = list(self._open)

    def _entry(self) -> _Frame:
        parent = next((frame for frame in reversed(self._open) if frame.kind in ("ul", "ol")), _Frame("ul"))
        parent.entries += 1
        marker = f"{parent.entries}. " if parent.kind == "ol" else "- "
        return _Frame("li", rest=" " * len(marker), marker=marker)

    def _address(self, href: str, start: int) -> str:
        shown = " ".join(self._words[start:].split())
        if not href.startswith(_SHOWN_SCHEMES) or shown in (href, href.removeprefix("mailto:")):
            return ""
        return f" ({href})" if shown else href

    def _separate(self) -> None:
        """An empty line before a block, quoted where both are; none between the entries of one list."""
        if not self.lines:
            return
        shared = [frame for frame in self._open if frame in self._before]
        starts_entry = any(frame.marker for frame in self._open)
        if not (starts_entry and any(frame.kind in ("ul", "ol") for frame in shared)):
            self.lines.append("".join(frame.rest for frame in shared).rstrip())
