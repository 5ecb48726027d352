"""Tried addresses: what an import that is only tried would have added so far, kept outside the database and memory.

It is SQLite's own kind of temporary database: a file without a name, gone with the process however that ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -16000;
CREATE TABLE added (mark INTEGER PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE banned (mark INTEGER PRIMARY KEY);
"""
_AT_ONCE = 500


class TriedAddresses:
    """Addresses by their hash, of which eight bytes are enough to tell a million apart. Close it by `with`."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(_SCHEMA)

    def __enter__(self) -> TriedAddresses:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _it: BaseException | None, _at: TracebackType | None) -> None:
        self._db.close()

    def states(self, hashes: Sequence[str]) -> dict[str, str]:
        """The states that those of the hashes would have that would be there by now."""
        marks = {_mark(one): one for one in hashes}
        return {marks[mark]: state for mark, state in self._among("SELECT mark, state FROM added", list(marks))}

    def banned(self, hashes: Sequence[str]) -> set[str]:
        """Those of the hashes that would be suppressed by now."""
        marks = {_mark(one): one for one in hashes}
        return {marks[mark] for (mark,) in self._among("SELECT mark FROM banned", list(marks))}

    def keep(self, added: Mapping[str, str], banned: Iterable[str]) -> None:
        """Keep the states of those who would be added, and who would be suppressed."""
        self._db.execute("BEGIN")
        self._db.executemany("INSERT OR IGNORE INTO added VALUES (?, ?)", [(_mark(k), v) for k, v in added.items()])
        self._db.executemany("INSERT OR IGNORE INTO banned VALUES (?)", [(_mark(each),) for each in banned])
        self._db.execute("COMMIT")

    def _among(self, asked: str, marks: Sequence[int]) -> Iterable[tuple[Any, ...]]:
        for start in range(0, len(marks), _AT_ONCE):
            some = marks[start : start + _AT_ONCE]
            yield from self._db.execute(f"{asked} WHERE mark IN ({', '.join('?' * len(some))})", some)


def _mark(address_hash: str) -> int:
    return int.from_bytes(bytes.fromhex(address_hash[:16]), signed=True)
