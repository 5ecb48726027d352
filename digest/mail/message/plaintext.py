"""Sanitised HTML as plain text that reads well by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

from digest.domain.issues.edition import STRIKE
from digest.domain.shared.counting import counted_as
from digest.domain.shared.figures import SCRIPTS, in_characters
from digest.domain.shared.iris import as_uri
from digest.mail.message.columns import as_columns
from digest.mail.message.wrapping import WIDTH, spaced, wrap

_BLOCKS = frozenset(
    {"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "ul", "ol", "li", "hr", "table", "tr"}
)
_SHOWN_SCHEMES = ("https://", "http://", "mailto:")


def as_text(html: str, width: int = WIDTH) -> str:
    """The text of sanitised HTML: `>` before quotations, lists with markers, links as `text (URL)`, no markup."""
    reader = _Reader(width)
    reader.feed(html)
    reader.close()
    reader.flush()
    return "\n".join(reader.lines)


@dataclass(eq=False)
class _OpenBlock:
    """An open quotation, list or list entry: what stands before its first line, and before the others."""

    kind: str
    rest: str = ""
    marker: str = ""
    next_number: int = 1
    numbering: str = "1"


class _Reader(HTMLParser):
    """Collects words until a block begins or ends, then writes them out behind the marks of all open frames."""

    def __init__(self, width: int) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._width = width
        self._words = ""
        self._open: list[_OpenBlock] = []
        self._before: list[_OpenBlock] = []
        self._links: list[tuple[str, int]] = []
        self._scripts: list[tuple[str, int]] = []
        self._struck: list[int] = []
        self._rows: list[list[str]] | None = None
        self._verbatim = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if self._rows is not None and tag != "table":
            self._in_table(tag)
        elif tag in _BLOCKS:
            self.flush()
        if tag == "a":
            self._links.append((given.get("href", ""), len(self._words)))
        elif tag in SCRIPTS:
            self._scripts.append((tag, len(self._words)))
        elif tag == "s":
            self._struck.append(len(self._words))
        elif self._rows is None:
            self._begin(tag, given)

    def _begin(self, tag: str, given: dict[str, str]) -> None:
        if tag == "blockquote":
            self._open.append(_OpenBlock(tag, rest="> "))
        elif tag in ("ul", "ol"):
            self._open.append(
                _OpenBlock(tag, next_number=_number(given.get("start", "1")), numbering=given.get("type", "1"))
            )
        elif tag == "li":
            self._open.append(self._entry(given.get("value", "")))
        elif tag == "table":
            self._rows = []
        elif tag == "pre":
            self._verbatim = True
        elif tag in ("br", "hr"):
            self._words += "\n" if tag == "br" else "* * *"
            if tag == "hr":
                self.flush()

    def _in_table(self, tag: str) -> None:
        """Begin a row or a cell; whatever else parts words within a cell becomes a space."""
        self._rows = self._rows or []
        if tag == "tr" or not self._rows:
            self._end_cell()
            self._rows.append([])
        if tag in ("td", "th"):
            self._end_cell()
            self._rows[-1].append("")
        elif tag in _BLOCKS or tag == "br":
            self._words += " "

    def _end_cell(self) -> None:
        words = spaced(self._taken())
        if self._rows and words:
            row = self._rows[-1]
            row[-1:] = [f"{row[-1]} {words}".strip()] if row else [words]

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._links:
            self._write_address(*self._links.pop())
        if tag in SCRIPTS and self._scripts:
            script, start = self._scripts.pop()
            self._words = self._words[:start] + in_characters(script, self._words[start:])
        if tag == "s" and self._struck:
            start = self._struck.pop()
            if not self._struck:
                self._words = self._words[:start] + _struck_out(self._words[start:])
        if tag == "table" and self._rows is not None:
            self._end_table()
        if self._rows is not None:
            self._words += " " if tag in _BLOCKS else ""
            return
        if tag in _BLOCKS:
            self.flush()
        if any(frame.kind == tag for frame in self._open):
            while self._open.pop().kind != tag:
                pass

    def _end_table(self) -> None:
        self._end_cell()
        rows, self._rows = self._rows or [], None
        width = self._width - len("".join(frame.rest for frame in self._open))
        self._write([line for line in as_columns(rows, width)])

    def handle_data(self, data: str) -> None:
        self._words += data if self._verbatim else data.replace("\r", " ").replace("\n", " ")

    def flush(self) -> None:
        """Write out the words collected so far as one block, if there are any."""
        if self._rows is not None:
            self._end_table()
            return
        words = self._taken()
        if self._verbatim:
            self._verbatim = False
            self._write(words.strip("\n").rstrip().split("\n"))
        else:
            self._write([spaced(line) for line in words.strip(" \t\n\r\xa0").split("\n")], wrapped=True)

    def _taken(self) -> str:
        """The words so far, which are collected no longer; what is struck out goes on behind them."""
        words, self._words, self._links, self._scripts = self._words, "", [], []
        if self._struck:
            words = words[: self._struck[0]] + _struck_out(words[self._struck[0] :])
            self._struck = [0] * len(self._struck)
        return words

    def _write(self, lines: list[str], wrapped: bool = False) -> None:
        if not any(line.strip() for line in lines):
            return
        self._separate()
        rest = "".join(frame.rest for frame in self._open)
        first = "".join(frame.marker or frame.rest for frame in self._open)
        for number, line in enumerate(lines):
            before = rest if number else first
            self.lines += wrap(line, before, rest, self._width).split("\n") if wrapped else [(before + line).rstrip()]
        for frame in self._open:
            frame.marker = ""
        self._before = list(self._open)

    def _entry(self, value: str) -> _OpenBlock:
        parent = next((frame for frame in reversed(self._open) if frame.kind in ("ul", "ol")), _OpenBlock("ul"))
        number = _number(value) if value else parent.next_number
        parent.next_number = number + 1
        marker = f"{counted_as(parent.numbering, number)}. " if parent.kind == "ol" else "- "
        return _OpenBlock("li", rest=" " * len(marker), marker=marker)

    def _write_address(self, href: str, start: int) -> None:
        """Where a link leads, behind its words, or in their place where they are that address in other letters."""
        shown, there = spaced(self._words[start:]), as_uri(href)
        if not href.startswith(_SHOWN_SCHEMES) or shown in (
            there,
            there.removeprefix("mailto:"),
            there[len("http://") :],
        ):
            return
        if not shown or as_uri(shown) == there:
            self._words = self._words[:start] + there
        else:
            self._words += f" ({there})"

    def _separate(self) -> None:
        """An empty line before a block, quoted where both are; none between the entries of one list."""
        if not self.lines:
            return
        shared = [frame for frame in self._open if frame in self._before]
        starts_entry = any(frame.marker for frame in self._open)
        if not (starts_entry and any(frame.kind in ("ul", "ol") for frame in shared)):
            self.lines.append("".join(frame.rest for frame in shared).rstrip())


def _struck_out(words: str) -> str:
    inner = words.strip()
    return words.replace(inner, f"{STRIKE}{inner}{STRIKE}") if inner else words


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else 1
