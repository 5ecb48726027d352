"""Plain text as Word, Outlook, Google Docs and browsers put it on the clipboard, made into the Markdown that it means.

Only how a line begins is looked at: bullets that are none in Markdown, markers that a no-break space or a tab parts
from their words, and rows of a table, whose cells a tab parts. Lines in a fence stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from digest.domain.shared.counting import counted_as

_ODD = "\xa0\u2002\u2003\u2007\u202f"
_GAP = f"[ \t{_ODD}]"
_TOO_DEEP = 4
"""Columns before a list's first entry from which Markdown would take the second for more words of the first."""
_SIGNS = re.compile(f"[{_ODD}\t•·–—▪◦‣●○■□➢➤✓\uf020-\uf0ff]")
_BEGINNINGS = re.compile(
    r"\n(?: *[o§Ø-]  |[ >]*\(?(?:[A-Za-z]|[ivxIVX]{1,5}|(?<=\()\d{1,3})[.)] )"
)  # fmt: skip
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")

# These begin nothing but an entry, whatever follows. The letters and dashes also begin sentences, so they count only
# before a tab or two spaces, which is how Word and Outlook part a bullet from its words.
_BULLET = re.compile(rf"({_GAP}*)([•·▪◦‣●○■□➢➤✓\uf020-\uf0ff]){_GAP}*(?=\S)")
_TYPED_BULLET = re.compile(rf"({_GAP}*)([o§Ø–—-])(?:\t|{_GAP}{{2}}){_GAP}*(?=\S)")
_DASH = re.compile(rf"({_GAP}*)([–—]){_GAP}(?=\S)")
_MARKER = re.compile(rf"({_GAP}*)([-*+]|\d{{1,9}}[.)]|\#{{1,6}})({_GAP}+)(?=\S)")
_QUOTE = re.compile(rf"({_GAP}*(?:>{_GAP}?)*>)[{_ODD}]{_GAP}*")
_IN_QUOTATION = re.compile(r"(?: {0,3}> ?)+")
_ENTRY = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]")
# Markdown knows no such numbers: each becomes a paragraph of its own, with them.
_LETTERED = re.compile(
    rf"{_GAP}*\(?(?:(?:[A-Za-z]{{1,2}}|[ivxlcIVXLC]{{1,6}})[.)]|\d+(?:\.\d+)+[.)]?)[\t{_ODD}]{_GAP}*\S"
)
_POINT = re.compile(r"[ >]*(\(?)([A-Za-z]|[ivx]{1,5}|[IVX]{1,5}|(?<=\()\d{1,3})([.)]) +\S")
_NEAR = 20
"""Lines within which the next point of a count in letters is looked for."""

_SAYING = "✓□"
"""Bullets that say something of their own, and stay."""

_LEVELS = {"o": "  ", "○": "  ", "◦": "  ", "§": "    ", "▪": "    ", "■": "    "}
"""Word's second and third level; on the clipboard the bullet alone tells it."""


def as_markdown(text: str) -> str:
    """The text with its bullets, numbers, headings, quotations and tables marked as Markdown marks them."""
    if not _may_be_pasted(text):
        return text
    return "\n".join(_read(text.split("\n")))


def _may_be_pasted(text: str) -> bool:
    """Without any of these it is Markdown already, or nothing that we could read better.

    Each is looked for by itself, and the beginnings of lines behind a line feed: in one expression they take ten times
    as long, and most texts of an archive have none.
    """
    return "    " in text or bool(_SIGNS.search(text)) or bool(_BEGINNINGS.search(f"\n{text}"))


def _read(lines: list[str]) -> Iterator[str]:
    fence, before, place = "", "", _Place()
    for number, line in enumerate(lines):
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        columns = 0 if fence or mark else _columns(lines, number)
        if fence or mark:
            yield line
        elif columns:
            yield from _row(line, columns, first=_columns(lines, number - 1) != columns)
            place = _Place(in_table=True)
        else:
            read = _one(line, lines, number, place.pasted)
            if _stands_apart(line, read, before, place):
                yield ""
            elif before.strip() and not place.in_table and _is_point(lines, number):
                yield line[: len(line) - len(line.lstrip(" >"))].rstrip()
            place = place.after(line, read) if line.strip() else replace(place, in_table=False)
            yield read.expandtabs(4)[place.indent :] if place.indent else read
        before = line


@dataclass(frozen=True)
class _Place:
    """Where a line stands: in a list, in one that we marked, in a table; and the columns that its list is set in by."""

    listed: bool = False
    pasted: bool = False
    in_table: bool = False
    indent: int = 0

    def after(self, line: str, read: str) -> _Place:
        """Where the line stands that becomes `read`."""
        is_entry = bool(_ENTRY.match(read))
        depth = _depth(read)
        if not is_entry and not (self.listed and depth):
            return _Place()
        indent = min(self.indent, depth) if self.listed else depth if depth >= _TOO_DEEP else 0
        return _Place(True, self.pasted or (is_entry and (read != line or indent > 0)), False, indent)


def _depth(line: str) -> int:
    return len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip(" "))


def _stands_apart(line: str, read: str, before: str, place: _Place) -> bool:
    """Whether this line and the one before are two things, though no empty line parts them."""
    if not line.strip() or not before.strip() or line.lstrip(f" \t{_ODD}").startswith(">"):
        return False
    if place.in_table or _LETTERED.match(line):
        return True
    if _ENTRY.match(read):
        return read != line and not place.listed
    return place.pasted and line[0] not in f" \t{_ODD}"


def _is_point(lines: list[str], number: int) -> bool:
    """Whether the line goes on with a count in letters or as `(1)`, or begins one that a line below goes on with."""
    point = _POINT.match(lines[number])
    if not point:
        return False
    around = (_POINT.match(line) for line in lines[max(number - _NEAR, 0) : number + _NEAR])
    alike = {near[2] for near in around if near and near.group(1, 3) == point.group(1, 3)}
    return bool(alike & _beside(point[2]))


@cache
def _beside(letters: str) -> set[str]:
    """What comes before and after these in a count: of `b` it is `a` and `c`, of `ii` it is `i` and `iii`."""
    if letters.isdigit():
        return {str(int(letters) - 1), str(int(letters) + 1)}
    kinds = ("i", "a") if letters.islower() else ("I", "A")
    counted = ([counted_as(kind, number) for number in range(1, 27)] for kind in kinds)
    found = ((each, each.index(letters)) for each in counted if letters in each)
    return {near for each, at in found for near in (*each[max(at - 1, 0) : at], *each[at + 1 : at + 2])}


def _one(line: str, lines: list[str], number: int, in_list: bool) -> str:
    quotation = ""
    while quoted := _QUOTE.match(line):
        quotation, line = f"{quotation}{quoted[1]} ", line[quoted.end() :]
    if in_quotation := _IN_QUOTATION.match(line):
        quotation, line = quotation + in_quotation[0], line[in_quotation.end() :]
    return quotation + _entry(line, lines, number, in_list)


def _entry(line: str, lines: list[str], number: int, in_list: bool) -> str:
    dashes = _is_dash(lines, number - 1) or _is_dash(lines, number + 1)
    for bullet in (_BULLET, _TYPED_BULLET, *([_DASH] if dashes else [])):
        if found := bullet.match(line):
            level = _LEVELS.get(found[2], "") if in_list else ""
            sign = f"{found[2]} " if found[2] in _SAYING else ""
            return f"{_indent(found[1]) or level}- {sign}{line[found.end() :]}"
    if (found := _MARKER.match(line)) and (found[3].strip(" ") or found[1].strip(" \t")):
        return f"{_indent(found[1])}{found[2]} {line[found.end() :]}"
    return line


def _indent(gap: str) -> str:
    return gap.translate(dict.fromkeys(map(ord, _ODD), " "))


def _is_dash(lines: list[str], number: int) -> bool:
    return 0 <= number < len(lines) and bool(_DASH.match(lines[number]))


def _columns(lines: list[str], number: int) -> int:
    """How many cells this line has as a row of a table: as many as a line beside it; 0 for anything else."""
    cells = _cells(lines, number)
    return cells if cells > 1 and cells in (_cells(lines, number - 1), _cells(lines, number + 1)) else 0


def _cells(lines: list[str], number: int) -> int:
    line = lines[number] if 0 <= number < len(lines) else ""
    if "\t" not in line or not line[0].strip() or any(each.match(line) for each in (_MARKER, _BULLET, _TYPED_BULLET)):
        return 0
    return 0 if _LETTERED.match(line) or line.startswith((">", "|")) else line.count("\t") + 1


def _row(line: str, columns: int, first: bool) -> Iterator[str]:
    cells = (cell.strip().replace("|", "\\|") for cell in line.split("\t"))
    if first:
        yield ""
    yield f"| {' | '.join(cells)} |"
    if first:
        yield "|" + " --- |" * columns
