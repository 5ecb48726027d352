"""Which migrations a database has had, and which there are: told without Alembic, which takes as long to load as all
else that most commands need. Its files are read for two names, never run.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, text

from digest.storage.base.database import Database

_NAMES = ("revision", "down_revision")


class UnknownRevision(Exception):
    """No migration here makes this revision, or a file names none; the message says which, and the remedy."""


def must_be_known(database: Database, migrations: Path) -> None:
    """Raises UnknownRevision where a newer program has brought the database up; an older one can't read it."""
    if strange := _revisions(database) - set(_before(migrations)):
        raise UnknownRevision(
            f"The database is of a newer program: no migration here makes its revision {', '.join(sorted(strange))}. "
            "Install that program, or take the database back with it."
        )


def is_newer(database: Database, migrations: Path) -> bool:
    """Whether a newer program has brought the database up."""
    return bool(_revisions(database) - set(_before(migrations)))


def has_tables(database: Database) -> bool:
    """Whether any migration has been applied."""
    return bool(_revisions(database))


def at_head(database: Database, migrations: Path) -> bool:
    """Whether every migration has been applied."""
    before = _before(migrations)
    return _revisions(database) == set(before).difference(*before.values())


def newest(migrations: Path) -> str:
    """The last migration's revision."""
    before = _before(migrations)
    return max(set(before).difference(*before.values()))


def _revisions(database: Database) -> set[str]:
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return set()
        return set(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())


def _before(migrations: Path) -> Mapping[str, tuple[str, ...]]:
    """Each migration's revision with those that it follows. Raises UnknownRevision for a file that names none."""
    files = (migrations / "versions").glob("*.py")
    return dict(_named(file) for file in files if not file.name.startswith((".", "__init__")))


def _named(file: Path) -> tuple[str, tuple[str, ...]]:
    state = file.stat()
    return _read(file, (state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=256)
def _read(file: Path, _state: tuple[int, int]) -> tuple[str, tuple[str, ...]]:
    """Kept as long as the file stays as it is: a start asks twice, and a process may start many a site."""
    written = file.read_bytes()
    head, _, _ = written.partition(b"\ndef ")  # both names stand there, as a rule; the rest takes long to parse
    said = _said(head) or _said(written)
    if not said:
        raise UnknownRevision(
            f"{file} says no revision and down_revision that can be read. Mend that file, or take it out of its folder."
        )
    return said


def _said(written: bytes) -> tuple[str, tuple[str, ...]] | None:
    said: dict[str, Any] = {}
    try:
        for statement in ast.parse(written).body:
            said |= _assigned(statement)
        revision, before = said["revision"], said["down_revision"] or ()
    except (SyntaxError, KeyError, ValueError):
        return None
    return revision, (before,) if isinstance(before, str) else tuple(before)


def _assigned(statement: ast.stmt) -> Mapping[str, Any]:
    """The names of ours that a statement of a file gives a value, with it: `revision = …`, or both in one."""
    match statement:
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            targets = [target]
        case ast.Assign(targets=targets, value=value):
            pass
        case _:
            return {}
    found: dict[str, ast.expr] = {}
    for target in targets:
        found |= _pairs(target, value)
    return {name: ast.literal_eval(value) for name, value in found.items() if name in _NAMES}


def _pairs(target: ast.expr, value: ast.expr) -> Mapping[str, ast.expr]:
    if isinstance(target, ast.Name):
        return {target.id: value}
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return {
            name.id: each for name, each in zip(target.elts, value.elts, strict=False) if isinstance(name, ast.Name)
        }
    return {}
