"""Rows by the hundred thousand, handed to the driver as they are: half the time of a statement of Core's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Dialect, Table
from sqlalchemy.orm import Session


def insert_rows(session: Session, table: Table, keys: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Store rows whose values are in the order of `keys`, columns of the table. No default of a column is filled in."""
    _insert(session, table, keys, rows)


def append_rows(session: Session, table: Table, keys: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """The same; where there is a row with that primary key, its bytes, the last of `keys`, get these at their end."""
    last = keys[-1]
    # What SQLite joins is text to it, with the bytes as they were.
    kind = "BLOB" if session.get_bind().dialect.name == "sqlite" else "BYTEA"
    joined = f"CAST({table.name}.{last} || excluded.{last} AS {kind})"
    key = ", ".join(column.name for column in table.primary_key)
    _insert(session, table, keys, rows, f" ON CONFLICT ({key}) DO UPDATE SET {last} = {joined}")


def _insert(
    session: Session, table: Table, keys: Sequence[str], rows: Iterable[Sequence[object]], otherwise: str = ""
) -> None:
    connection = session.connection()
    ready = _as_bound(connection.dialect, table, keys, rows)
    if ready:
        mark = "?" if connection.dialect.name == "sqlite" else "%s"
        marks = ", ".join([mark] * len(keys))
        statement = f"INSERT INTO {table.name} ({', '.join(keys)}) VALUES ({marks}){otherwise}"  # noqa: S608
        connection.exec_driver_sql(statement, ready)


def _as_bound(
    dialect: Dialect, table: Table, keys: Sequence[str], rows: Iterable[Sequence[object]]
) -> list[tuple[object, ...]]:
    """The values as the driver takes them: a column's type says how."""
    processors = [(at, _processor(dialect, table, key)) for at, key in enumerate(keys)]
    changed = [(at, processor) for at, processor in processors if processor]
    ready = []
    for row in rows:
        values = list(row)
        for at, processor in changed:
            values[at] = processor(values[at])
        ready.append(tuple(values))
    return ready


def _processor(dialect: Dialect, table: Table, key: str) -> Callable[[Any], Any] | None:
    return table.c[key].type.dialect_impl(dialect).bind_processor(dialect)
