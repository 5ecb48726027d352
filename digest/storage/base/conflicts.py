"""Inserts that pass over what is there already."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from sqlalchemy.orm import Session

from digest.storage.base.model import Base

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert


def insert_unless_there(session: Session, table: type[Base]) -> Insert:
    """An insert that leaves out rows whose key, or other unique value, the table has.

    Of the dialect that the session speaks: naming both would load PostgreSQL's for everybody who is on SQLite.
    """
    dialect = import_module(f"sqlalchemy.dialects.{session.get_bind().dialect.name}")
    return cast("Insert", dialect.insert(table).on_conflict_do_nothing())
