"""What every table shares: the metadata with its naming convention, and the column types both databases agree on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, String, Table, TypeDecorator
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

BigKey = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit key; SQLite counts by itself only in a column declared INTEGER."""


NEVER_REUSED: Any = {"sqlite_autoincrement": True}
"""For tables whose ids others remember (addresses of pages, demo marks): SQLite would hand out a freed id again."""


ONLY_ON = "only_on"
"""In an index's `info`: the one database that has it."""


class UTCDateTime(TypeDecorator[datetime]):
    """A moment: aware in UTC on our side; SQLite keeps it naive, PostgreSQL with its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuses a naive datetime: whose time it is can't be guessed."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone: pass an aware datetime")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The stored moment, aware."""
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class utc_day(FunctionElement[str]):  # noqa: N801 - used like the SQL functions that SQLAlchemy has
    """The UTC date of a moment, as in 2024-05-17: far quicker to read by the thousand than the moment itself."""

    type = String()
    inherit_cache = True


@compiles(utc_day)
def _utc_day_by_text(element: utc_day, compiler: SQLCompiler, **options: object) -> str:
    return f"substr({compiler.process(element.clauses, **options)}, 1, 10)"


@compiles(utc_day, "postgresql")
def _utc_day_by_zone(element: utc_day, compiler: SQLCompiler, **options: object) -> str:
    return f"to_char({compiler.process(element.clauses, **options)} AT TIME ZONE 'UTC', 'YYYY-MM-DD')"


class Base(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: dict[Any, Any] = {datetime: UTCDateTime()}  # noqa: RUF012 - SQLAlchemy reads it off the class


def table_of(model: type[Base]) -> Table:
    """The model's table, for statements that go past the mapper."""
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101 - what a declarative class has, said to the type checker
    return table
