"""Copying: a whole installation moves from one database into another, of either kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Table
from sqlalchemy.orm import Session

from digest.domain.issues.calendar import day_and_year
from digest.operations.shared.refusal import Miscounted, Refused
from digest.storage.base.database import Database
from digest.storage.issues.issues import issues_being_sent
from digest.storage.running import schema, tables
from digest.storage.sending.batches import BatchState, batches_in


@dataclass(frozen=True)
class TableCopied:
    """One table, and how many rows it has on both sides."""

    name: str
    rows: int


def copy_installation(source: Database, target: Database, migrations: Path, tell: Callable[[TableCopied], None]) -> int:
    """Copy every row of `source`, ids kept, into `target`; returns how many rows there are.

    One state of the source, one transaction at the target: all or nothing. A target without tables is brought up by the
    migrations first. `tell` hears of each table when its counts have been compared. Raises Refused while a send is
    under way, for a target that holds anything, and for a row that the target's kind of database can't hold.
    """
    _must_be_empty(target)
    with source.reading() as reader:
        _must_not_be_sending(reader)
        schema.upgrade(target, migrations)
        with target.writing() as writer:
            tables.clear_what_the_schema_brought(writer)
            rows = sum(_copy_table(reader, writer, table, tell) for table in tables.TABLES)
            tables.look_at_the_rows(writer)
            return rows


def shown(target: Database) -> str:
    """The database’s URL as it may be shown: without a password, wherever it stands in it."""
    url = target.engine.url.difference_update_query(["password", "sslpassword"])
    return url.render_as_string(hide_password=True)


def _must_be_empty(target: Database) -> None:
    if strangers := tables.foreign_tables(target):
        raise Refused(
            f"The target {shown(target)} holds tables of something else ({strangers[0]}, …). Nothing was copied; make "
            "an empty database for this, and give its URL."
        )
    if filled := tables.filled_table(target):
        raise Refused(
            f"The target {shown(target)} has content already (in {filled}). Nothing was copied; make an empty database "
            "for this, and give its URL."
        )


def _must_not_be_sending(reader: Session) -> None:
    for issue in issues_being_sent(reader):
        if batches_in(reader, issue.id, BatchState.CLAIMED):
            raise Refused(
                f"The issue of {day_and_year(issue.send_date)} is being sent, and requests are in hand. "
                "Let `digest send` finish it; or interrupt it, and copy when `digest status --json` shows no claimed "
                "batch: what has not left by then goes from the new database."
            )


def _copy_table(reader: Session, writer: Session, table: Table, tell: Callable[[TableCopied], None]) -> int:
    try:
        tables.copy_rows(reader, writer, table)
    except tables.Unfit as unfit:
        raise Refused(f"The target does not take a row of {unfit}. Nothing was copied; mend that row first.") from None
    last = tables.last_id(reader, table)
    if last is not None:
        tables.count_on_from(writer, table, last)
    here, there = tables.count_rows(reader, table), tables.count_rows(writer, table)
    if here != there:
        raise Miscounted(
            f"{table.name}: {here} rows here, {there} in the target. Nothing was copied; please report it."
        )
    tell(TableCopied(table.name, here))
    return here
