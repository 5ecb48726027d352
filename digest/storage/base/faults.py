"""Trouble with a database: it is away, gone or broken. A statement that is wrong is no such trouble."""

from __future__ import annotations

from sqlalchemy.exc import DatabaseError as AnyDatabaseError
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError, ProgrammingError

_NOT_THERE = {"3F000", "42P01", "42703"}
"""PostgreSQL’s states for a schema, a table or a column that is not there: another database is in its place."""

_SQLITE_AWAY = {5, 6, 8, 10, 11, 13, 14, 15, 26}
"""SQLite’s codes BUSY, LOCKED, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, PROTOCOL, NOTADB:
https://www.sqlite.org/rescode.html. A statement that is wrong has 1, ERROR; Python calls it operational all the same.
"""
_POSTGRESQL_AWAY = ("08", "40001", "40P01", "53", "55P03", "57P", "58")
"""PostgreSQL’s states for no connection, locks not had, no room, shut down, and trouble of its machine:
https://www.postgresql.org/docs/current/errcodes-appendix.html.
"""


def is_database_fault(error: DBAPIError) -> bool:
    """Whether the database, and not what was asked of it, is at fault; also where another one is in its place."""
    if isinstance(error, OperationalError | InterfaceError | InternalError):
        return True
    if isinstance(error, ProgrammingError):
        return getattr(error.orig, "sqlstate", None) in _NOT_THERE
    return type(error) is AnyDatabaseError  # SQLite's word for a file that is no database


def is_database_away(error: DBAPIError) -> bool:
    """Whether the database is away, busy or broken, so that nothing else can be written to it now either."""
    if code := getattr(error.orig, "sqlite_errorcode", None):
        return code & 0xFF in _SQLITE_AWAY  # the rest of an extended code says more of the same
    if state := getattr(error.orig, "sqlstate", None):
        return str(state).startswith(_POSTGRESQL_AWAY)
    return isinstance(error, OperationalError | InterfaceError)  # a connection that was never made, or broke off
