"""Rich text as Markdown: what was copied from a word processor or a page, as an editor would have typed it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

from digest.domain.shared.counting import counted_as
from digest.domain.shared.figures import SCRIPTS, in_characters
from digest.domain.writing.markup import sanitised

_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "s": "~~", "code": "`"}
_HEADINGS = {"h3": "### ", "h4": "#### "}
_ADDRESS = re.compile(r"((?<!\S)(?:\S*?://|www\.)\S*)")
_SPECIAL = re.compile(
    r"([*`]|(?<![^\W_])_|_(?![^\W_])|~(?=~)|\\(?=[!-/:-@\[-`{-~])|\[(?=\^)|\](?=[(\[:])|<(?=https?:)|&(?=#?\w+;))"
)
_AT_START = re.compile(r"^(?:([-+•](?=\s|$)|#{1,6}(?=\s|$)|>|-{3,}$|={2,}$)|(\d{1,3})(?=[.)](?:\s|$)))")
_FIGURE_IN_MARKS = re.compile(r"(?<![*\\])(\*{1,3})([^*\n]{0,99}\d)\1$")
_COUNTED = re.compile(r"[0-9]{1,9}")
_BLOCKS = {"p", "blockquote", "ul", "ol", "li", "hr", "pre", "table", "tr", "td", "th", *_HEADINGS}


def as_markdown(html: str) -> str:
    """The Markdown of any HTML; what that can't say, such as letters for a list's numbers, as plain words.

    A link whose address leads nowhere is `[words]()`: whoever pastes it sees where one belongs.
    """
    writer = _Writer()
    writer.feed(sanitised(html))
    writer.close()
    writer.flush()
    return "\n".join(writer.lines)


@dataclass(eq=False)
class _Frame:
    kind: str
    rest: str
    marker: str = ""
    number: int = 0
    counted: str = "1"


class _Writer(HTMLParser):
    """Collects the words of a block, then writes them behind the marks of all open quotations and entries."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self._words = ""
        self._prefix = ""
        self._open: list[_Frame] = []
        self._marks: list[tuple[str, int, str]] = []
        self._rows: list[list[str]] = []
        self._tight = False
        self._verbatim = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("td", "th"):
            self._cell()
            self._rows[-1].append("")
        elif tag in _BLOCKS and not self._rows:
            self.flush()
            self._begin(tag, given)
        elif tag == "tr":
            self._cell()
            self._rows.append([])
        elif tag == "br":
            self._break()
        elif tag in _BLOCKS:
            self._words += " "
        elif tag in _MARKS or tag in SCRIPTS or tag == "a":
            self._marks.append((tag, len(self._words), given.get("href", "")))

    def handle_endtag(self, tag: str) -> None:
        if self._marks and self._marks[-1][0] == tag:
            self._close(*self._marks.pop())
        elif tag == "table":
            self._cell()
            self._table()
        elif self._rows:
            self._words += " " if tag in _BLOCKS else ""
        elif tag in _BLOCKS:
            self.flush()
            if self._open and self._open[-1].kind == tag:
                self._open.pop()
            self._tight = self._tight and tag in ("li", "ul", "ol")

    def handle_data(self, data: str) -> None:
        in_code = self._verbatim or any(tag == "code" for tag, _, _ in self._marks)
        if data[:1].isdigit() and self._words.endswith("*"):
            self._words = _FIGURE_IN_MARKS.sub(r"\2", self._words)
        self._words += data if in_code else _escaped(" ".join(re.split(r"[ \t\n]+", data)))

    def _break(self) -> None:
        if self._rows:
            self._words += " "
        elif self._words.rstrip(" ").endswith("\\\n"):
            self._words = self._words.rstrip(" ").removesuffix("\\\n")
            self.flush()  # two line breaks part paragraphs
        else:
            self._words += "\\\n"

    def _begin(self, tag: str, given: dict[str, str]) -> None:
        if tag == "blockquote":
            self._open.append(_Frame(tag, "> "))
        elif tag in ("ul", "ol"):
            start = given.get("start", "1")
            kind = given.get("type", "1") if tag == "ol" else tag
            self._open.append(_Frame(tag, "", number=_number(start, 1) - 1, counted=kind))
            self._tight = self._tight and start == "1"  # a list that begins elsewhere needs an empty line before it
        elif tag == "li":
            self._open.append(self._entry(given.get("value", "")))
        elif tag == "hr":
            self._write(["---"])
        elif tag == "table":
            self._rows = [[]]
        elif tag == "pre":
            self._verbatim = True
        self._prefix = _HEADINGS.get(tag, "")

    def _entry(self, value: str) -> _Frame:
        parent = self._open[-1] if self._open else _Frame("ul", "")
        parent.number = _number(value, parent.number + 1)
        if parent.kind == "ol" and parent.counted != "1":
            self._tight = False  # Markdown has no letters: each entry is a paragraph that begins with its own
            return _Frame("li", "", f"{counted_as(parent.counted, parent.number)}) ")
        marker = f"{parent.number}. " if parent.kind == "ol" else "- "
        return _Frame("li", " " * len(marker), marker)

    def _close(self, tag: str, start: int, href: str) -> None:
        """Put marks close around the words: `**bold** ` ends bold type, `**bold **` does not."""
        before, words = self._words[:start], self._words[start:]
        inner = words.strip(" \n\xa0")
        if not inner or self._verbatim:
            return
        if tag in SCRIPTS:
            self._words = before + in_characters(tag, words)
            return
        lead, trail = words[: words.index(inner)], words[words.index(inner) + len(inner) :]
        if tag == "a":
            bare = href in (inner.replace("\\", ""), f"mailto:{inner}")
            inner = (
                href.removeprefix("mailto:")
                if bare
                else f"[{inner}](<{href}>)"
                if re.search(r"[()\s]", href)
                else f"[{inner}]({href})"
            )
        elif not (words[0] == inner[0] and _is_within_figures(before[-1:], inner[0])):
            inner = f"{_MARKS[tag]}{inner}{_MARKS[tag]}"
        self._words = before + lead + inner + trail

    def flush(self) -> None:
        """Write out the words so far as one block, if there are any."""
        words, self._words, self._marks = self._words, "", []
        if self._verbatim:
            self._verbatim = False
            self._write(["```", *words.strip("\n").split("\n"), "```"])
        elif words.strip(" \n\\\xa0"):
            lines = [line.strip() for line in words.strip(" \n\xa0").split("\n")]
            self._write([self._prefix + _safe(lines[0]), *map(_safe, lines[1:])])
        self._prefix = ""

    def _write(self, lines: list[str]) -> None:
        first = "".join(frame.marker or frame.rest for frame in self._open)
        rest = "".join(frame.rest for frame in self._open)
        starts_entry = any(frame.marker for frame in self._open)
        if self.lines and not (self._tight and starts_entry):
            shared = "".join(frame.rest for frame in self._open if not frame.marker)
            self.lines.append(shared.rstrip())
        self.lines += [(first if number == 0 else rest) + line for number, line in enumerate(lines)]
        for frame in self._open:
            frame.marker = ""
        self._tight = any(frame.kind == "li" for frame in self._open)

    def _cell(self) -> None:
        words, self._words = " ".join(self._words.split()).replace("|", "\\|"), ""
        if self._rows and self._rows[-1] and words:
            self._rows[-1][-1] = f"{self._rows[-1][-1]} {words}".strip()

    def _table(self) -> None:
        rows, self._rows = [row for row in self._rows if row], []
        width = max(map(len, rows), default=0)
        lines = [f"| {' | '.join([*row, *[''] * (width - len(row))])} |" for row in rows]
        if lines:
            self._write([lines[0], "|" + " --- |" * width, *lines[1:]])


def _number(typed: str, otherwise: int) -> int:
    return int(typed) if _COUNTED.fullmatch(typed) else otherwise


def _is_within_figures(before: str, behind: str) -> bool:
    """Whether marks between these two would be read as a sum: a few emphasised figures of a number stay plain."""
    return before.isalnum() and behind.isalnum() and (before + behind).strip("0123456789") != before + behind


def _escaped(text: str) -> str:
    """The text with what Markdown would read escaped, but for addresses, which it reads as a whole."""
    parts = _ADDRESS.split(text)
    return "".join(part if number % 2 else _SPECIAL.sub(r"\\\1", part) for number, part in enumerate(parts))


def _safe(line: str) -> str:
    return _AT_START.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\", line)
