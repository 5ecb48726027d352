"""Which migrations a database has had, and which there are: told without Alembic, which takes as long to load as all
else that most commands need. Its files are read for their two lines, never run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import inspect, text

from digest.storage.base.database import Database

_LINE = re.compile(r"^(revision|down_revision)\b[^=\n]*=\s*(.+)$", re.MULTILINE)


class UnknownRevision(Exception):
    """No migration here makes this revision; the message says which, and the remedy."""


def must_be_known(database: Database, migrations: Path) -> None:
    """Raises UnknownRevision where a newer program has brought the database up; an older one can't read it."""
    if strange := _revisions(database) - set(_before(migrations)):
        raise UnknownRevision(
            f"The database is of a newer program: no migration here makes its revision {', '.join(sorted(strange))}. "
            "Install that program, or take the database back with it."
        )


def at_head(database: Database, migrations: Path) -> bool:
    """Whether every migration has been applied."""
    before = _before(migrations)
    return _revisions(database) == set(before).difference(*before.values())


def _revisions(database: Database) -> set[str]:
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return set()
        return set(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())


def _before(migrations: Path) -> Mapping[str, tuple[str, ...]]:
    """Each migration's revision with those that it follows."""
    found = {}
    for file in (migrations / "versions").glob("*.py"):
        said = {name: ast.literal_eval(value) for name, value in _LINE.findall(file.read_text(encoding="utf-8"))}
        before = said["down_revision"] or ()
        found[said["revision"]] = (before,) if isinstance(before, str) else tuple(before)
    return found
