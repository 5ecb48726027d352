"""Cells of CSV files that spreadsheets open: written so that none is run as a formula, and read back as they were.

A file written with commas is also opened with semicolons or tabs, by a spreadsheet that expects these: then each
part of a cell stands in a cell of its own. So an apostrophe, which spreadsheets take as “this is text”, goes before
each part that begins like a formula: at the cell's start, and after every comma, semicolon, tab or line break. A part
that begins with apostrophes already gets one more, so that taking one off gives back what was.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

_SEPARATORS = r";,\t\r\n"
_SIGNS = "=+\\-@＝＋－＠﹦﹢﹣﹫"
"""What begins a formula, with its full-width and small forms, which spreadsheets of East Asia read alike."""

_PASSED_OVER = (
    r"[\x00-\x08\x0b\x0c\x0e-\x20\x7f-\xa0\"\u00ad\u061c\u115f\u1160\u1680\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0]*"
)
"""What a spreadsheet may drop before it looks: white space, controls, quotation marks, and what nobody sees."""

_START = rf"(?:\A(?='*(?:[\t\r\n]|{_PASSED_OVER}[{_SIGNS}]))|(?<=[{_SEPARATORS}])(?='*{_PASSED_OVER}[{_SIGNS}]))"
_TO_GUARD = re.compile(_START)
_GUARDED = re.compile(rf"{_START}'")


def guarded(cell: str) -> str:
    """The cell as text in every spreadsheet, however that splits it; `unguarded` gives it back."""
    return _TO_GUARD.sub("'", cell)


def unguarded(cell: str) -> str:
    """The cell without the apostrophes that `guarded` put into it."""
    return _GUARDED.sub("", cell)


def as_csv(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Each row as a line of CSV (RFC 4180), every cell guarded. Whatever is written as CSV here comes this way."""
    page = io.StringIO(newline="")
    writer = csv.writer(page)
    for row in rows:
        writer.writerow([guarded(cell) for cell in row])
        yield page.getvalue()
        page.seek(0)
        page.truncate()
