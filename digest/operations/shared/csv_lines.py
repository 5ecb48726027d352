"""The rows of a CSV file (RFC 4180) with the lines they end on, or why it can't be read without losing some of them.

A quotation mark that nobody closed makes one cell of all that follows, up to the next one. Whoever stands in between,
perhaps because they left, would be lost without a word. So such a file is refused, with the line that opens the mark.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from digest.operations.shared.refusal import Refused
from digest.operations.shared.text_files import TextFile

_ADDRESS = re.compile(r"(?:[^<>@]*<)?(?:mailto:)?[^@\s<>\"]+@[^@\s<>\"]+>?", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\r|\n")


def first_row(file: TextFile, separator: str, announced: bool) -> list[str]:
    """The cells of the first row that has any, if its separator were this one; `announced`: it stands below `sep=`."""
    return next((cells for _, cells in _rows(file, separator, announced, strict=False)), [])


def numbered_rows(file: TextFile, separator: str, announced: bool) -> Iterator[tuple[int, list[str]]]:
    """Each row's last line and its cells, from the header on. Raises Refused where that can't be told."""
    return _rows(file, separator, announced, strict=True)


def _rows(file: TextFile, separator: str, announced: bool, strict: bool) -> Iterator[tuple[int, list[str]]]:
    with file.open() as text:
        if announced:
            text.readline()
        reader = csv.reader(text, delimiter=separator, strict=strict)
        seen, last = False, int(announced)
        try:
            for cells in reader:
                first, last = last + 1, reader.line_num + announced
                if strict and last > first and _holds_rows(cells, separator):
                    raise Refused(_swallowed(_opened(file, separator, first, last) or first, last))
                seen = seen or any(cell.strip() for cell in cells)
                if seen:
                    yield last, cells
        except csv.Error as error:
            end = reader.line_num + announced
            opened = _opened(file, separator, last + 1, end)
            raise Refused(_unclosed(opened) if opened else _unreadable(end, str(error))) from None


def _holds_rows(cells: Sequence[str], separator: str) -> bool:
    """Whether a cell over several lines holds what looks like part of another row: an address beside a separator.

    In prose a space follows the comma.
    """
    for cell in cells:
        lines = _LINE_END.split(cell)
        for parts in (line.split(separator) for line in lines if len(lines) > 1):
            prose = any(part[:1] == " " for part in parts[1:])
            if len(parts) > 1 and not prose and any(_ADDRESS.fullmatch(part) for part in parts):
                return True
    return False


def _opened(file: TextFile, separator: str, first: int, last: int) -> int:
    """Which of these lines opens the last quotation mark that is still open at a line's end; 0 for none."""
    quoted = quotable = False
    begins, opened, running = True, 0, 0
    with file.open() as text:
        for number, line in enumerate(islice(text, first - 1, last), first):
            for sign in line:
                if quoted:
                    quoted = sign != '"'
                elif sign == '"' and (begins or quotable):
                    opened, quoted, quotable = number if begins else opened, True, True
                begins = not quoted and sign in (separator, "\r", "\n")
                quotable = quotable and not begins
            running = opened if quoted else running
    return running


def _unclosed(opened: int) -> str:
    return (
        f"Line {opened} opens a quotation mark that is not closed where its cell ends, so that the rows below would be "
        "lost in it. Close it, or take it out. Nothing was imported."
    )


def _swallowed(opened: int, last: int) -> str:
    return (
        f"Line {opened} opens a quotation mark that is closed no earlier than in line {last}, and what looks like rows "
        "with addresses would be lost in between. Close it where its cell ends; if it does hold addresses line by "
        "line, take them out. Nothing was imported."
    )


def _unreadable(line: int, error: str) -> str:
    if "expected after" in error:
        return (
            f"Line {line} can’t be read as CSV: something follows the quotation mark that closes a cell. Write a "
            "quotation mark inside a cell twice, or take it out. Nothing was imported."
        )
    return f"Line {line} can’t be read as CSV ({error}). Nothing was imported."
