"""Databases that fail: the nth statement or commit, before or after its effect; and a disk that is full."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from sqlite3 import Connection as SQLiteConnection
from typing import Any, Self

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import OperationalError

from tests.crash.patches import put

_FAILED = "the database has failed"


class What(StrEnum):
    """What fails."""

    STATEMENT = "statement"
    COMMIT = "commit"


class When(StrEnum):
    """Before: nothing was done. After: it was done, and the word of it got lost."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class Broken:
    """The nth statement or commit of a process, from 1."""

    what: What
    number: int
    when: When

    @classmethod
    def parse(cls, text: str) -> Self:
        """From the command line, as in statement:7:before."""
        what, number, when = text.split(":")
        return cls(What(what), int(number), When(when))

    def __str__(self) -> str:
        return f"{self.what}:{self.number}:{self.when}"


def break_database(broken: Broken, folder: Path) -> None:
    """Let it fail in this process, once; `has_failed` tells of the case's folder whether it has."""

    def error(statement: str) -> OperationalError:
        (folder / _FAILED).touch()
        return OperationalError(statement[:40], None, OSError("the database went away, as ordered"))

    (_break_statement if broken.what is What.STATEMENT else _break_commit)(broken, error)


def has_failed(folder: Path) -> bool:
    """Whether the database of this case failed as ordered."""
    return (folder / _FAILED).exists()


def fill_disk(pages: int) -> None:
    """SQLite finds the disk full once its file has so many pages; a file that has more can still be changed."""

    def limit(connection: SQLiteConnection, _record: object) -> None:
        if isinstance(connection, SQLiteConnection):
            connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(Engine, "connect", limit)


def _break_statement(broken: Broken, error: Callable[[str], OperationalError]) -> None:
    counting = itertools.count(1)

    def fail(_c: Connection, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
        if next(counting) == broken.number:
            raise error(statement)

    event.listen(Engine, f"{broken.when}_cursor_execute", fail)


def _break_commit(broken: Broken, error: Callable[[str], OperationalError]) -> None:
    counting = itertools.count(1)

    def commit(dialect: DefaultDialect, connection: Any) -> None:
        due = next(counting) == broken.number
        if due and broken.when is When.BEFORE:
            raise error("COMMIT")
        real(dialect, connection)
        if due:
            raise error("COMMIT")

    real = put(DefaultDialect, "do_commit", commit)
