"""Tables as a whole: what moving an installation from one database to another asks of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, cast

import psycopg
from sqlalchemy import Row, String, Table, collate, column, delete, func, insert, inspect, literal, select, table, text
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from digest.storage.base.database import Database
from digest.storage.guard.installations import Installation
from digest.storage.running.schema import metadata

TABLES: Sequence[Table] = metadata.sorted_tables
"""Every table, parents before their children."""

_AT_ONCE = 2_000
_MADE_WITH_THE_SCHEMA = Installation.__tablename__
_SEQUENCE = table("sqlite_sequence", column("name"), column("seq"))


class Unfit(Exception):
    """A row that the other database does not take; the message says which table and why, without values."""


def foreign_tables(database: Database) -> list[str]:
    """Tables that are there although no migration of ours has ever run; empty otherwise."""
    names = inspect(database.engine).get_table_names()
    return [] if "alembic_version" in names else names


def filled_table(database: Database) -> str | None:
    """A table that has a row which was not made with the schema; None if there is none."""
    there = set(inspect(database.engine).get_table_names())
    asked = [each for each in TABLES if each.name in there and each.name != _MADE_WITH_THE_SCHEMA]
    with database.reading() as session:
        filled = (each.name for each in asked if session.execute(select(literal(1)).select_from(each).limit(1)).first())
        return next(filled, None)


def clear_what_the_schema_brought(session: Session) -> None:
    """Take away the rows that the migrations made, so that those of another installation can take their place."""
    session.execute(delete(metadata.tables[_MADE_WITH_THE_SCHEMA]))


def count_rows(session: Session, each: Table) -> int:
    """How many rows a table has."""
    return session.execute(select(func.count()).select_from(each)).scalar_one()


def copy_rows(source: Session, target: Session, each: Table) -> None:
    """Copy a table's rows as they are, in the order of their keys, a few thousand in memory at a time.

    Raises Unfit for a row that the target does not take: SQLite holds any length and any character, PostgreSQL doesn't.
    """
    asked = select(each).order_by(*each.primary_key.columns)
    try:
        with source.execute(asked.execution_options(yield_per=_AT_ONCE)) as rows:
            if target.get_bind().dialect.name == "postgresql":
                _stream_in(target, each, rows)
                return
            for some in rows.mappings().partitions():
                target.execute(insert(each), [dict(row) for row in some])
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        where = (error.diag.context or "").partition(":")[0]
        raise Unfit(f"{each.name}: {str(error).partition(chr(10))[0]}" + (f" ({where})" if where else "")) from None
    except (DataError, IntegrityError) as error:
        raise Unfit(f"{each.name}: {error.orig}") from None


def _stream_in(target: Session, each: Table, rows: Iterator[Row[Any]]) -> None:
    """By COPY, which is many times quicker than INSERT."""
    connection = cast("psycopg.Connection", target.connection().connection.driver_connection)
    write = target.get_bind().dialect.identifier_preparer
    columns = ", ".join(write.format_column(each_column) for each_column in each.columns)
    statement = f"COPY {write.format_table(each)} ({columns}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for row in rows:
            copy.write_row(row)


def rows_of(session: Session, each: Table) -> Iterator[dict[str, Any]]:
    """A table's rows by column, in the order of their keys, which is the same on both databases; read in parts."""
    binary = session.get_bind().dialect.name == "postgresql"
    keys = [collate(key, "C") if binary and isinstance(key.type, String) else key for key in each.primary_key.columns]
    asked = select(each).order_by(*keys)
    for row in session.execute(asked.execution_options(yield_per=_AT_ONCE)).mappings():
        yield dict(row)


def put_rows(session: Session, each: Table, rows: Iterable[dict[str, Any]]) -> int:
    """Insert rows into a table, a few thousand at a time; returns how many. Raises Unfit for one that does not fit."""
    done, left = 0, iter(rows)
    try:
        while some := list(islice(left, _AT_ONCE)):
            session.execute(insert(each), some)
            done += len(some)
    except (DataError, IntegrityError) as error:
        raise Unfit(f"{each.name}: {str(error.orig).partition(chr(10))[0]}") from None
    return done


def last_id(session: Session, each: Table) -> int | None:
    """The largest id that a table has ever handed out, as far as the database remembers; None without such ids."""
    key = each.autoincrement_column
    if key is None:
        return None
    largest = session.execute(select(func.max(key))).scalar_one() or 0
    if session.get_bind().dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(each.name, key.name)
        told = session.execute(select(func.pg_sequence_last_value(func.to_regclass(sequence)))).scalar_one()
    elif each.dialect_options["sqlite"]["autoincrement"]:
        told = session.execute(select(_SEQUENCE.c.seq).where(_SEQUENCE.c.name == each.name)).scalar_one_or_none()
    else:
        told = None
    return max(largest, told or 0)


def count_on_from(session: Session, each: Table, last: int) -> None:
    """Let the table's next id be larger than `last`. A table that hands out freed ids again on SQLite still does."""
    key = each.autoincrement_column
    if key is None or not last:
        return
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.setval(func.pg_get_serial_sequence(each.name, key.name), last)))
    elif each.dialect_options["sqlite"]["autoincrement"]:
        session.execute(delete(_SEQUENCE).where(_SEQUENCE.c.name == each.name))
        session.execute(insert(_SEQUENCE).values(name=each.name, seq=last))


def look_at_the_rows(session: Session) -> None:
    """Let the database count what it has now, so that it chooses its ways through many rows well from the start."""
    session.execute(text("ANALYZE"))
