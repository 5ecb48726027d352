"""What a database did not do, said as everything that fails is said: the thing, and the remedy."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.exc import DBAPIError, OperationalError

from digest.storage.base.database_file import DatabaseFileGone


def of_the_database(error: DBAPIError) -> str:
    """What the database did not do, and what helps."""
    if isinstance(error, DatabaseFileGone):
        return f"{error.orig}."
    whole = str(error.orig).strip()
    said = whole.partition("\n")[0].rstrip(".")
    for words, remedy in _DATABASE.items():
        if words in whole:
            return f"the database: {said}. {remedy}"
    if isinstance(error, OperationalError):
        return (
            f"the database does not answer: {said}. See that it runs and that DATABASE_URL is its address, then run "
            "this again."
        )
    return (
        f"the database refused: {said}. Nothing of this step was changed. `digest db check` says whether its tables "
        "are whole."
    )


_OURS = "of DATABASE_URL and its folder"
_RESTORE, _POSTGRESQL = "docs/backup.md, “Restore”", "docs/moving.md, “PostgreSQL”"

_DATABASE: Mapping[str, str] = {
    "unable to open database file": f"See that the file {_OURS} are there, and are the user’s that runs Digest.",
    "readonly database": f"Give the file {_OURS} to the user that runs Digest, or run this as that user.",
    "database is locked": "Another program holds it: wait until that has ended, or end it, then run this again.",
    "lock timeout": "Another program holds what this needs: wait until that has ended, or end it, then run this again.",
    "database or disk is full": "Make room on its disk, then run this again.",
    "disk I/O error": f"Its disk has faults, or the file was replaced while in use: restart all, or {_RESTORE}.",
    "file is not a database": f"DATABASE_URL names a file of something else: name the right one, or {_RESTORE}.",
    "malformed": f"The file is damaged. Put a backup back: {_RESTORE}.",
    "no such table": "Run `digest db upgrade`.",
    "no such column": "Run `digest db upgrade`.",
    "relation ": "Run `digest db upgrade`.",
    "password authentication failed": "Set the right user and password in DATABASE_URL.",
    "does not exist": f"Make it, or set the right name in DATABASE_URL: {_POSTGRESQL}.",
    "Connection refused": "Start the database, or set its right host and port in DATABASE_URL.",
    "could not translate host name": "Set the right host in DATABASE_URL.",
    "failed to resolve host": "Set the right host in DATABASE_URL.",
}
"""By words of the database's own."""
