"""A site's rows as JSON lines: which tables there are in an export, and how each value is written.

One object a row, a key for each column, rows in the order of their keys: so the same site gives the same bytes, on
either database. Moments are ISO 8601 in UTC, dates ISO 8601, bytes base64.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Column, Table, TypeDecorator

from digest.storage.running.tables import TABLES

LEFT_OUT: Mapping[str, str] = {
    "backups": "where the old machine's backups are",
    "desk_sessions": "who is signed in; everybody signs in again",
    "heartbeats": "which clocks run on the old machine",
    "host_visits": "requests that are under way",
    "journals_read": "how far the old machine's journal was read",
    "kept_answers": "publishers' answers, kept for an hour",
    "search_postings": "the search index, made anew from the summaries",
    "searched_words": "the search index, made anew from the summaries",
    "shelf_blocks": "the search index, made anew from the summaries",
    "tallies": "how often a network has asked, counted against misuse",
    "word_pairs": "the search index, made anew from the summaries",
    "writers_seen": "who has a form open at this moment",
}
"""Tables that no other machine has a use for, with the reason."""

EMPTIED: Mapping[str, frozenset[str]] = {"summaries": frozenset({"indexed_version", "indexed_seat"})}
"""Columns that say where a row is in a table that is left out."""

TAKEN = tuple(table for table in TABLES if table.name not in LEFT_OUT)
"""Every other table, parents before their children."""


class UnreadableRow(Exception):
    """A line that is no row of its table; the message says why, without values."""


def as_line(table: Table, row: Mapping[str, Any]) -> bytes:
    """The row as a line of JSON."""
    emptied = EMPTIED.get(table.name, frozenset())
    said = {name: None if name in emptied else _written(value) for name, value in row.items()}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def rows_in(table: Table, lines: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    """The rows on these lines, as the table takes them. Raises UnreadableRow with the line."""
    readers = {column.name: _READERS.get(python_type(column), _as_it_is) for column in table.columns}
    for number, line in enumerate(lines, 1):
        try:
            said = json.loads(line)
            if said.keys() != readers.keys():
                raise KeyError
            yield {name: None if value is None else readers[name](value) for name, value in said.items()}
        except KeyError:
            raise UnreadableRow(f"line {number} has other columns than the table has") from None
        except (ValueError, TypeError, AttributeError, RecursionError):
            raise UnreadableRow(f"line {number} can’t be read as a row") from None


def python_type(column: Column[Any]) -> type:
    """What the column's values are to us; a type of our own is what it is kept as."""
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    return kind.python_type


def _written(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case bytes():
            return b64encode(value).decode()
        case _:
            return value


def _as_it_is(value: Any) -> Any:
    return value


_READERS: Mapping[type, Callable[[Any], Any]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    bytes: lambda text: b64decode(text, validate=True),
    float: float,
}
