"""A developer makes a migration as the docs say: by Alembic's own command, against the database of the settings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.operations.running.startup import MIGRATIONS
from digest.storage.base.database import Database

CHECKOUT = Path(__file__).parents[3]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The checkout as far as Alembic reads it, so that nothing is written into ours."""
    folder = tmp_path / "checkout"
    shutil.copytree(MIGRATIONS, folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "pyproject.toml", folder)
    return folder


def revise(copy: Path, environ: dict[str, str], *options: str) -> str:
    """The migration that the command writes."""
    before = set((copy / "migrations" / "versions").glob("*.py"))
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "revision", "-m", "Tell more", *options],
        cwd=copy,
        env={**os.environ, "INSTANCE_PATH": str(copy.parent / "instance"), **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (written,) = set((copy / "migrations" / "versions").glob("*.py")) - before
    assert written.name == f"{next_number()}_tell_more.py"
    return written.read_text(encoding="utf-8")


def next_number() -> str:
    newest = max(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    return f"{int(newest.partition('_')[0]) + 1:04}"


@pytest.mark.usefixtures("db")
def test_models_and_migrations_agree_so_that_a_new_migration_is_empty(environ: dict[str, str], copy: Path) -> None:
    written = revise(copy, environ, "--autogenerate")
    assert written.count("    pass\n") == 2
    assert "op." not in written
    assert f'revision = "{next_number()}"' in written.replace("'", '"')


@pytest.mark.only_on("sqlite")
def test_what_a_model_has_over_the_database_is_in_the_new_migration(
    environ: dict[str, str], copy: Path, db: Database
) -> None:
    with db.writing() as session:
        session.execute(text("ALTER TABLE issues DROP COLUMN reminded_at"))
    assert "add_column(sa.Column('reminded_at', sa.DateTime(timezone=True)" in revise(copy, environ, "--autogenerate")


@pytest.mark.only_on("sqlite")
@pytest.mark.usefixtures("db")
def test_a_migration_to_be_written_by_hand_needs_no_comparison(environ: dict[str, str], copy: Path) -> None:
    assert "def upgrade() -> None:" in revise(copy, environ)
