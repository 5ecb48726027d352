"""The spool: lines of a file on their way in, kept on disk until they can be written, so that memory stays flat.

It is SQLite's own kind of temporary database: a file without a name, gone with the process however that ends. Other
programs never meet it, and it locks nobody out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -8000;
CREATE TABLE lines (number INTEGER PRIMARY KEY, id INTEGER, likeness BLOB NOT NULL, payload TEXT NOT NULL);
CREATE TABLE archive (likeness BLOB PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE verdicts (number INTEGER PRIMARY KEY, summary_id INTEGER, fresh INTEGER NOT NULL);
"""
_INDEXES = """
CREATE INDEX by_id ON lines (id) WHERE id IS NOT NULL;
CREATE INDEX by_likeness ON lines (likeness);
"""
_UNJUDGED = """
SELECT number, id,
       CASE WHEN id IS NULL THEN (SELECT a.id FROM archive a WHERE a.likeness = l.likeness) END,
       CASE WHEN id IS NULL
            THEN (SELECT min(e.number) FROM lines e WHERE e.likeness = l.likeness AND e.number < l.number)
            ELSE (SELECT min(e.number) FROM lines e WHERE e.id = l.id AND e.number < l.number) END
FROM lines l WHERE number > ? ORDER BY number LIMIT ?
"""
_FRESH = """
SELECT l.number, l.payload FROM verdicts v JOIN lines l ON l.number = v.number
WHERE v.fresh AND v.number > ? ORDER BY v.number LIMIT ?
"""
_IN_ORDER = """
SELECT summary_id FROM verdicts WHERE summary_id IS NOT NULL GROUP BY summary_id ORDER BY min(number)
"""


@dataclass(frozen=True)
class SpooledLine:
    """A line as it was read. `likeness` is the same for lines that say the same summary without an id."""

    number: int
    id: int | None
    likeness: bytes
    payload: str


@dataclass(frozen=True)
class Unjudged:
    """A line with what it may be the same as: a summary of the archive by its likeness, or an earlier line."""

    number: int
    id: int | None
    archived_id: int | None
    earlier: int | None


@dataclass(frozen=True)
class SortedLine:
    """What a line is: fresh, or there already as the summary with this id. None: as that of an earlier line."""

    number: int
    summary_id: int | None
    fresh: bool


class ImportSpool:
    """Lines, what the archive has, and what each line was found to be. For one thread; close it by `with`.

    Raises OSError where there is no room for it.
    """

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(_SCHEMA)

    def __enter__(self) -> ImportSpool:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _it: BaseException | None, _at: TracebackType | None) -> None:
        self._db.close()

    def add(self, lines: Iterable[SpooledLine]) -> None:
        """Keep these lines."""
        rows = [(line.number, line.id, line.likeness, line.payload) for line in lines]
        self._many("INSERT INTO lines VALUES (?, ?, ?, ?)", rows)

    def index(self) -> None:
        """To be called when all lines are in, before any is judged: made at once, indexes take less time."""
        with _room_asked_for():
            self._db.executescript(_INDEXES)

    def largest_id(self) -> int:
        """The largest id that a line names, 0 if none does."""
        return int(self._db.execute("SELECT coalesce(max(id), 0) FROM lines WHERE id IS NOT NULL").fetchone()[0])

    def has_lines_without_id(self) -> bool:
        """Whether any line names no id, so that its words decide whether it is there already."""
        return self._db.execute("SELECT 1 FROM lines WHERE id IS NULL LIMIT 1").fetchone() is not None

    def know_archive(self, likenesses: Iterable[tuple[bytes, int]]) -> None:
        """Keep what the archive has, as (likeness, id), the smallest ids first."""
        self._many("INSERT OR IGNORE INTO archive VALUES (?, ?)", likenesses)

    def unjudged(self, after: int, most: int) -> list[Unjudged]:
        """The next lines behind that number, in file order."""
        return [Unjudged(*row) for row in self._db.execute(_UNJUDGED, (after, most))]

    def payload(self, number: int) -> str:
        """The words of one line."""
        return str(self._db.execute("SELECT payload FROM lines WHERE number = ?", (number,)).fetchone()[0])

    def judge(self, verdicts: Iterable[SortedLine]) -> None:
        """Keep what lines were found to be."""
        rows = [(each.number, each.summary_id, each.fresh) for each in verdicts]
        self._many("INSERT INTO verdicts VALUES (?, ?, ?)", rows)

    def fresh(self, after: int, most: int) -> list[tuple[int, str]]:
        """Number and words of the next fresh lines behind that number, in file order."""
        return self._db.execute(_FRESH, (after, most)).fetchall()

    def stored(self, places: Iterable[tuple[int, int]]) -> None:
        """Keep under which ids fresh lines were stored, as (line number, id)."""
        self._many("UPDATE verdicts SET summary_id = ? WHERE number = ?", [(key, number) for number, key in places])

    def summary_ids(self) -> Iterator[int]:
        """The summaries that the file is about, in its order, each once."""
        return (row[0] for row in self._db.execute(_IN_ORDER))

    def _many(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        with _room_asked_for():
            self._db.execute("BEGIN")
            self._db.executemany(statement, rows)
            self._db.execute("COMMIT")


@contextmanager
def _room_asked_for() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise OSError(
            f"The temporary file for the lines can’t be written ({error}): set TMPDIR to a folder with room"
        ) from None
