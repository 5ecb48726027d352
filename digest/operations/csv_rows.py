"""CSV files that people bring: any of the usual separators, columns found by their names, every row with its line."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO

from digest.operations.refusal import Refused

_SNIFFED = 8_192
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Refusal:
    """A row that can't be imported: the line it ends on, and why."""

    line: int
    reason: str


@dataclass(frozen=True)
class CsvRow:
    """A row: the line it ends on, its cells by column, and why they can't be told apart, if so."""

    line: int
    cells: Mapping[str, str]
    fault: str = ""

    def whole(self) -> Mapping[str, str]:
        """The cells. Raises ValueError where they can't be told apart."""
        if self.fault:
            raise ValueError(self.fault)
        return self.cells


def read_rows(file: TextIO, columns: Sequence[str]) -> Iterator[CsvRow]:
    """Every row but the header.

    `file` is opened with newline="" and read twice: once, before this returns, to be sure that all of it can be read,
    since half an import is worse than none. Empty lines are no rows. Raises Refused for a file without a header that
    names `email`, UnicodeDecodeError for one that isn't UTF-8.
    """
    dialect = _checked(file, columns)
    reader = csv.reader(file, dialect)
    header = [_column(cell) for cell in next(reader)]
    return _cells(reader, header)


def moment(column: str, text: str) -> datetime | None:
    """The moment that a cell of that column says, aware; None for an empty one. Raises ValueError with the remedy."""
    if not text:
        return None
    try:
        said = datetime.fromisoformat(text)
        return said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{column} “{text[:40]}”: use a date like 2024-05-15 or 2024-05-15T08:00:00+01:00.") from None


def harmless(cell: str) -> str:
    """The cell as text: a spreadsheet would run one that begins like a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _unguarded(cell: str) -> str:
    """The cell without the apostrophe that an export put before it."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA) else cell


def _checked(file: TextIO, columns: Sequence[str]) -> type[csv.Dialect]:
    start = file.read(_SNIFFED)
    dialect = _dialect(start)
    file.seek(0)
    reader = csv.reader(file, dialect)
    try:
        header = [_column(cell) for cell in next(reader, [])]
        if "email" not in header:
            raise Refused(f"The first line names no column “email”. Use a header row of {', '.join(columns)}.")
        twice = {cell for cell in header if cell and header.count(cell) > 1}
        if twice:
            raise Refused(f"The first line names {', '.join(sorted(twice))} twice. Take one of them out.")
        for _ in reader:
            pass
    except csv.Error as error:
        raise Refused(f"Line {reader.line_num} can’t be read as CSV ({error}). Nothing was imported.") from None
    file.seek(0)
    return dialect


def _dialect(start: str) -> type[csv.Dialect]:
    """Comma, semicolon or tab: whichever the header has most of. Only the header is sure to hold no free text."""
    header = start.partition("\n")[0]

    class Found(csv.excel):
        delimiter = max(",;\t", key=header.count)

    return Found


def _column(cell: str) -> str:
    return cell.strip().lower().replace(" ", "_").replace("-", "_")


def _cells(reader: Iterator[list[str]], header: Sequence[str]) -> Iterator[CsvRow]:
    for cells in reader:
        line: int = reader.line_num  # type: ignore[attr-defined]
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header):
            fault = f"{len(cells)} cells under a header of {len(header)}. Put quotes around cells with commas."
            yield CsvRow(line, {}, fault)
        else:
            yield CsvRow(line, {name: _unguarded(cell.strip()) for name, cell in zip(header, cells, strict=False)})
