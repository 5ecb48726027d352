"""CSV files that people bring: any usual separator, columns found by what they mean, every row with its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from shlex import quote

from digest.operations.shared.csv_cells import unguarded
from digest.operations.shared.csv_dates import moment
from digest.operations.shared.csv_lines import first_row, numbered_rows
from digest.operations.shared.csv_signs import SAY_LEFT, SIGNS, SILENCES, Cell
from digest.operations.shared.csv_words import says_nothing
from digest.operations.shared.former_senders import FormerSender, sender_of
from digest.operations.shared.known_columns import COLUMNS, Means, plain
from digest.operations.shared.refusal import Refused
from digest.operations.shared.text_files import TextFile, text_file

_SEPARATORS = ",;\t|"
_ANNOUNCED = re.compile(r'"?sep=(.)"?[,;\t]*\s*', re.IGNORECASE)
"""A first line by which Excel is told the separator."""
_ONCE = (Means.EMAIL, Means.TOPICS, Means.SOURCE)
_UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad"


@dataclass(frozen=True)
class Refusal:
    """A row that can't be imported: the line it ends on, and why."""

    line: int
    reason: str


@dataclass(frozen=True)
class CsvRow:
    """A row: the line it ends on, its cells that say something, and why they can't be told apart, if so."""

    line: int
    cells: tuple[Cell, ...]
    silent: tuple[Cell, ...] = ()
    """Cells that say nothing, in columns where that is an answer, too."""
    fault: str = ""

    def said(self, means: Means) -> str:
        """What the first cell of this meaning says; empty if none does."""
        return next((cell.text for cell in self.cells if cell.means is means), "")

    def moment(self, *meanings: Means) -> datetime | None:
        """The moment in the first of these that says one. Raises ValueError with the remedy if it can't be read."""
        for means in meanings:
            for cell in self.cells:
                if cell.means is means and not says_nothing(cell.text):
                    return moment(cell.column, cell.text)
        return None


@dataclass(frozen=True)
class Table:
    """A CSV file that was read to its end once, so that an import never stops halfway for what is wrong with it."""

    file: TextFile
    columns: tuple[tuple[str, Means], ...]
    """Each column's name as written, and what it means."""
    _separator: str
    _announced: bool
    lines: int
    """Below the header: as many as its rows, where no cell goes over several."""
    called: str
    """The file’s name, as whoever brings it has it."""
    sender: FormerSender | None = None
    """Whose export it is, where its columns or the caller told."""

    @property
    def origin(self) -> str:
        """Where its rows come from, in words."""
        return f"import of {self.called}" + (f" from {self.sender.shown}" if self.sender else "")

    @property
    def ignored(self) -> tuple[str, ...]:
        """Columns that are left out although they may say who left."""
        return tuple(
            name for name, means in self.columns if means is Means.NOTHING and _meaning(name, self.sender) in SAY_LEFT
        )

    @property
    def may_say_left(self) -> bool:
        """Whether any column says where somebody stands, and so can say that they left."""
        return bool(self._told) or any(means in SIGNS for _, means in self.columns)

    @property
    def _told(self) -> tuple[Cell, ...]:
        """What the file's name says of everybody in it."""
        state = self.sender.state_of(self.called) if self.sender else ""
        return (Cell(self.called, Means.STATE, state),) if state else ()

    def rows(self) -> Iterator[CsvRow]:
        """Every row below the header, from the file's beginning. Empty lines are no rows."""
        lines, told = numbered_rows(self.file, self._separator, self._announced), self._told
        next(lines)
        for line, cells in lines:
            if any(cell.strip() for cell in cells):
                yield self._row(line, cells, told)

    def _row(self, line: int, cells: Sequence[str], told: tuple[Cell, ...]) -> CsvRow:
        if len(cells) > len(self.columns) and any(cell.strip() for cell in cells[len(self.columns) :]):
            fault = f"{len(cells)} cells under a header of {len(self.columns)}. Put quotes around cells with commas."
            return CsvRow(line, (), fault=fault)
        found: list[Cell] = []
        silent: list[Cell] = []
        missing = [""] * (len(self.columns) - len(cells))
        for (name, means), text in zip(self.columns, map(_text, (*cells, *missing)), strict=False):
            if not name and text:
                fault = f"“{text[:40]}” stands under no name. Name its column in the first line."
                return CsvRow(line, (), fault=fault)
            if means in SILENCES and says_nothing(text):
                silent.append(Cell(name, means, text))
            elif text and means is not Means.NOTHING:
                found.append(Cell(name, means, self._in_known_words(means, text)))
        return CsvRow(line, (*found, *told), tuple(silent))

    def _in_known_words(self, means: Means, text: str) -> str:
        words = self.sender.words if self.sender and means is Means.STATE else {}
        return words.get(plain(text), text) if words else text


def read_table(
    path: Path,
    columns: Sequence[str],
    ignored: Collection[str] = (),
    sender: FormerSender | None = None,
    called: str = "",
) -> Table:
    """The table in this file, without the columns named in `ignored`; `columns` are those to recommend. `called` is
    its name where the path has another.

    Whose export it is, is told by its columns where `sender` does not say. Raises Refused, with the remedy, for a file
    that is no CSV, names no column for addresses, or has a column that is not known: nobody knows what that says of its
    readers.
    """
    file = text_file(path)
    separator, announced, header = _header(file)
    if any("\n" in cell or "\r" in cell for cell in header):  # a quotation mark left open, before any name is missed
        _read_to_the_end(file, separator, announced)
    if not any(cell.strip() for cell in header):
        raise Refused(f"It is empty, and names no column “email”. Use a header row of {', '.join(columns)}.")
    without = {plain(name) for name in ignored}
    names = [_text(cell) for cell in header]
    sender = sender or sender_of(names)
    if sender and sender.is_of_strangers(called or file.name):
        raise Refused(
            f"By its name it has those whom {sender.shown} knows, but who never subscribed. Nothing was imported; "
            "there is no consent to bring over."
        )
    found = tuple((name, Means.NOTHING if plain(name) in without else _meaning(name, sender)) for name in names)
    _refuse_header(found, columns)
    known = tuple((name, means) for name, means in found if means is not None)
    first, last = _read_to_the_end(file, separator, announced)
    return Table(file, known, separator, announced, last - first, called or file.name, sender)


def in_batches(rows: Iterator[CsvRow], wanted: Callable[[CsvRow], bool], size: int) -> Iterator[list[CsvRow]]:
    """The rows that are wanted, so many at a time."""
    chosen = filter(wanted, rows)
    while batch := list(islice(chosen, size)):
        yield batch


def _meaning(name: str, sender: FormerSender | None = None) -> Means | None:
    if not name:
        return Means.NOTHING
    theirs = sender.columns.get(plain(name)) if sender else None
    return theirs or COLUMNS.get(plain(name))


def _text(cell: str) -> str:
    """The cell without what an export put before it, and without white space around it, seen or unseen."""
    return unguarded(cell).strip().strip(_UNSEEN).strip()


def _header(file: TextFile) -> tuple[str, bool, list[str]]:
    """The separator, whether the first line announces it, and the header's cells."""
    with file.open() as text:
        first = text.readline()
    if announced := _ANNOUNCED.fullmatch(first):
        return announced[1], True, first_row(file, announced[1], announced=True)
    headers = {each: first_row(file, each, announced=False) for each in _SEPARATORS}
    best = max(_SEPARATORS, key=lambda each: (_names_addresses(headers[each]), len(headers[each])))
    return best, False, headers[best]


def _names_addresses(header: Sequence[str]) -> bool:
    return any(_meaning(_text(cell)) is Means.EMAIL for cell in header)


def _refuse_header(found: Sequence[tuple[str, Means | None]], columns: Sequence[str]) -> None:
    if Means.EMAIL not in {means for _, means in found}:
        raise Refused(f"The first line names no column “email”. Use a header row of {', '.join(columns)}.")
    for means in _ONCE:
        names = [name for name, meant in found if meant is means]
        if len(names) > 1:
            one = f"the {means.name.lower()} twice: {', '.join(f'“{name}”' for name in names)}"
            raise Refused(f"The first line names {one}. Take one of them out. Nothing was imported.")
    if unknown := [name for name, means in found if means is None]:
        are, it = ("is not known", "it") if len(unknown) == 1 else ("are not known", "them")
        raise Refused(
            f"{', '.join(f'“{name}”' for name in unknown)} {are}, and may say that a reader left. Nothing was "
            f"imported. If the import can do without, leave {it} out with {_options(unknown)}; else rename {it} to one "
            f"of {', '.join(columns)}."
        )
    meanings = {means for _, means in found}
    if Means.PAYS in meanings and not meanings & SAY_LEFT:
        raise Refused(
            "“active_subscription” says who pays, not who reads, and no column says who left. Nothing was imported. "
            "Export with “email_disabled”, or, if nobody in it left, add --ignore active_subscription."
        )


def _options(names: Sequence[str]) -> str:
    return " ".join(f"--ignore {quote(name)}" for name in names)


def _read_to_the_end(file: TextFile, separator: str, announced: bool) -> tuple[int, int]:
    """The lines on which the first row and the last one end."""
    first = last = 0
    for last, _ in numbered_rows(file, separator, announced):
        first = first or last
    return first, last
