"""Trouble with a database: it is away, gone or broken. A statement that is wrong is no such trouble."""

from __future__ import annotations

from sqlalchemy.exc import DatabaseError as AnyDatabaseError
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError, ProgrammingError

_NOT_THERE = {"3F000", "42P01", "42703"}
"""PostgreSQL’s states for a schema, a table or a column that is not there: another database is in its place."""


def is_database_fault(error: DBAPIError) -> bool:
    """Whether the database, and not what was asked of it, is at fault."""
    if isinstance(error, OperationalError | InterfaceError | InternalError):
        return True
    if isinstance(error, ProgrammingError):
        return getattr(error.orig, "sqlstate", None) in _NOT_THERE
    return type(error) is AnyDatabaseError  # SQLite's word for a file that is no database
