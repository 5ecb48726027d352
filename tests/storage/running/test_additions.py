"""While an upgrade runs, and until everything has started anew, the release before works on the newer schema.

So migrations since 0019 only add: tables, indexes, and columns that a statement which knows nothing of them may leave
out. What is to go stays for a release in which nothing asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import BatchOperations, Operations
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    ForeignKey,
    Inspector,
    Integer,
    MetaData,
    String,
    Text,
    insert,
    inspect,
    select,
)

from digest.config import Settings
from digest.operations.running.startup import MIGRATIONS
from digest.storage.base.database import Database
from digest.storage.running import schema
from tests.releases import make_release

pytestmark = pytest.mark.only_on("sqlite")

SINCE = "0019"
Change = Callable[[Operations, BatchOperations], object]


@dataclass(frozen=True)
class TableShape:
    """What statements depend on: columns as (type, may be null, has a default), and what rows are refused for."""

    columns: Mapping[str, tuple[str, bool, bool]]
    uniques: frozenset[tuple[str, ...]]
    checks: frozenset[str]
    parents: Mapping[tuple[str, ...], tuple[str, str]]
    """By the columns that point to it: the parent, and what becomes of the row when that is deleted."""


def shape_of(database: Engine | Connection) -> dict[str, TableShape]:
    """Every table."""
    inspector = inspect(database)
    return {name: _table(inspector, name) for name in inspector.get_table_names() if name != "alembic_version"}


def _table(inspector: Inspector, name: str) -> TableShape:
    columns = {
        column["name"]: (str(column["type"]), bool(column["nullable"]), column["default"] is not None)
        for column in inspector.get_columns(name)
    }
    indexed: Sequence[Any] = [index for index in inspector.get_indexes(name) if index["unique"]]
    together = [*indexed, *inspector.get_unique_constraints(name), inspector.get_pk_constraint(name)]
    return TableShape(
        columns,
        frozenset(tuple(one.get("column_names") or one["constrained_columns"]) for one in together),
        frozenset(check["sqltext"] for check in inspector.get_check_constraints(name)),
        {
            tuple(key["constrained_columns"]): (key["referred_table"], str(key["options"].get("ondelete")))
            for key in inspector.get_foreign_keys(name)
        },
    )


def harms(before: Mapping[str, TableShape], after: Mapping[str, TableShape]) -> Iterator[str]:
    """What the release before can't work with, in words."""
    for name, old in before.items():
        if name not in after:
            yield f"table {name} is gone"
            continue
        yield from (f"{name}: {words}" for words in _harms_in(old, after[name]))
    for name in after.keys() - before.keys():
        for parent, fate in after[name].parents.values():
            if parent in before and fate not in ("CASCADE", "SET NULL"):
                yield f"table {name} keeps rows of {parent} from being deleted"


def _harms_in(old: TableShape, new: TableShape) -> Iterator[str]:
    for column, was in old.columns.items():
        if (now := new.columns.get(column)) != was:
            yield f"column {column} is {'another one' if now else 'gone'}"
    added = new.columns.keys() - old.columns.keys()
    for column in added:
        _, nullable, has_default = new.columns[column]
        if not nullable and not has_default:
            yield f"column {column} can’t be left out"
    left_empty = {column for column in added if new.columns[column][1] and not new.columns[column][2]}
    for columns in new.uniques - old.uniques:
        if not left_empty & set(columns):
            yield f"rows may be refused for {', '.join(columns)}"
    if new.checks - old.checks:
        yield "rows may be refused by a check"
    for columns in new.parents.keys() - old.parents.keys():
        if not set(columns) & added:
            yield f"rows may be refused for the parent in {', '.join(columns)}"


def test_every_migration_since_only_adds(tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path}/digest.db")) as database:
        schema.upgrade(database, MIGRATIONS, SINCE)
        after = shape_of(database.engine)
        for script in reversed(list(ScriptDirectory(str(MIGRATIONS)).walk_revisions(SINCE, "head"))):
            before = after
            schema.upgrade(database, MIGRATIONS, script.revision)
            after = shape_of(database.engine)
            assert list(harms(before, after)) == [], script.revision


def test_what_the_release_before_writes_and_reads_is_taken_and_told_by_the_schema_of_today(
    settings: Settings, db: Database, tmp_path: Path
) -> None:
    before = f"sqlite:///{tmp_path}/before.db"
    make_release(settings, database_url=before)
    tables, rows = MetaData(), {}
    with closing(Database(before)) as database:
        schema.upgrade(database, MIGRATIONS, SINCE)
        tables.reflect(database.engine)
        tables.remove(tables.tables["alembic_version"])
        with database.reading() as session:
            rows = {table.name: list(map(tuple, session.execute(select(table)))) for table in tables.sorted_tables}
    with db.writing() as session:
        session.execute(tables.tables["installation"].delete())
        for table in tables.sorted_tables:
            for row in rows[table.name]:
                session.execute(insert(table).values(row))
    with db.reading() as session:
        assert {table.name: list(map(tuple, session.execute(select(table)))) for table in tables.sorted_tables} == rows
    assert sum(map(len, rows.values())) > 70


CARELESS: Mapping[str, Change] = {
    "table demo_marks is gone": lambda op, _: op.drop_table("demo_marks"),
    "table audit is gone": lambda op, _: op.rename_table("audit", "acts"),
    "subscribers: column name is gone": lambda op, _: op.drop_column("subscribers", "name"),
    "subscribers: column source is gone": lambda op, _: op.execute("ALTER TABLE subscribers RENAME source TO origin"),
    "topics: column feed_slug is another one": lambda _, topics: topics.alter_column("feed_slug", nullable=False),
    "topics: column name is another one": lambda _, topics: topics.alter_column("name", type_=String(50)),
    "topics: column mood can’t be left out": lambda _, topics: topics.add_column(
        Column("mood", Text(), nullable=False)
    ),
    "topics: rows may be refused for renamed_at": lambda _, topics: topics.create_unique_constraint(
        "u", ["renamed_at"]
    ),
    "topics: rows may be refused by a check": lambda _, topics: topics.create_check_constraint("c", "id < 9"),
    "topics: rows may be refused for the parent in id": lambda _, topics: topics.create_foreign_key(
        "f", "audit", ["id"], ["id"]
    ),
    "table t keeps rows of topics from being deleted": lambda op, _: op.create_table(
        "t", Column("id", Integer(), ForeignKey("topics.id"), primary_key=True)
    ),
}
HARMLESS: Sequence[Change] = (
    lambda op, _: op.add_column("topics", Column("mood", Text(), nullable=False, server_default="")),
    lambda op, _: op.add_column("topics", Column("mood", Text(), nullable=True)),
    lambda op, _: op.create_index("i", "topics", ["spelling"]),
    lambda op, _: op.create_table(
        "t", Column("id", Integer(), ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True)
    ),
)


def test_what_would_stop_the_release_before_is_found(db: Database) -> None:
    before = shape_of(db.engine)
    for words, change in CARELESS.items():
        assert words in harms(before, shape_after(db, change)), words
    for change in HARMLESS:
        assert list(harms(before, shape_after(db, change))) == []


def shape_after(database: Database, change: Change) -> dict[str, TableShape]:
    """The schema with this change to it, which is undone again."""
    with database.engine.connect() as connection, connection.begin() as transaction:
        op = Operations(MigrationContext.configure(connection, opts={"transactional_ddl": True}))
        with op.batch_alter_table("topics") as topics:
            change(op, topics)
        shape = shape_of(connection)
        transaction.rollback()
    return shape
