"""The names of migrations, read from files as Alembic takes them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.operations.running.startup import MIGRATIONS
from digest.storage.base.database import Database
from digest.storage.running import revisions


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """A copy of the folder that has the migrations."""
    return Path(shutil.copytree(MIGRATIONS, tmp_path / "migrations")) / "versions"


def go_to(db: Database, revision: str) -> None:
    with db.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    "written",
    [
        'revision = "9999"\ndown_revision = "{newest}"',
        'revision: str = "9999"\ndown_revision: str | None = "{newest}"',
        'revision, down_revision = "9999", "{newest}"',
        'revision = "9999"\ndown_revision = (\n    "{newest}",\n)',
        '"""Text.\n\nrevision = of what is old\n"""\nrevision = "9999"\ndown_revision = "{newest}"',
        'revision = "9999"  # number\ndown_revision = ["{newest}"]',
    ],
)
def test_a_migration_is_known_however_its_names_are_written(db: Database, versions: Path, written: str) -> None:
    newest = max(path.name for path in versions.glob("[0-9]*.py")).partition("_")[0]
    (versions / "9999_more.py").write_text(written.format(newest=newest))
    assert not revisions.at_head(db, versions.parent)
    go_to(db, "9999")
    revisions.must_be_known(db, versions.parent)
    assert revisions.at_head(db, versions.parent)


@pytest.mark.only_on("sqlite")
def test_what_is_no_migration_is_passed_over(db: Database, versions: Path) -> None:
    (versions / "__init__.py").write_text('"""Migrations."""\n')
    (versions / ".#0001_first_tables.py").symlink_to("alice@desk.1234:1")  # as Emacs marks a file that it edits
    (versions / "._0001_first_tables.py").write_bytes(b"\x00\x05\x16\x07")  # as a Mac's archives carry them
    assert revisions.at_head(db, versions.parent)


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    "written", ["", "revision = ", 'revision = "9999"', "revision = number()\ndown_revision = None"]
)
def test_a_file_without_the_names_is_named(db: Database, versions: Path, written: str) -> None:
    (versions / "9999_more.py").write_text(written)
    with pytest.raises(revisions.UnknownRevision, match=r"9999_more\.py says no revision"):
        revisions.at_head(db, versions.parent)
