"""What counts as a database that is away: nothing else could be written then, such as a notice of what failed."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from digest.storage.base.database import Database
from digest.storage.base.faults import is_database_away, is_database_fault


def failing(database: Database, *statements: str) -> DBAPIError:
    """The error that the last of these ends with."""
    with pytest.raises(DBAPIError) as caught, database.engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    return caught.value


@pytest.mark.parametrize("statement", ["SELECT nothing FROM issues", "SELECT 1 FROM nowhere"])
def test_a_table_or_column_that_is_not_there_is_a_fault_of_a_database_that_answers(
    db: Database, statement: str
) -> None:
    error = failing(db, statement)
    assert is_database_fault(error)
    assert not is_database_away(error)


@pytest.mark.only_on("sqlite")
def test_a_file_that_is_locked_unwritable_or_no_database_is_away(db: Database, tmp_path: Path) -> None:
    with db.writing() as session:
        session.execute(text("SELECT 1"))  # which takes the lock
        assert is_database_away(failing(db, "PRAGMA busy_timeout=0", "UPDATE issues SET audience = 1"))
    assert is_database_away(failing(db, "PRAGMA query_only=1", "DELETE FROM issues"))
    (tmp_path / "text.db").write_text("no database\n" * 100)
    with closing(Database(f"sqlite:///{tmp_path / 'text.db'}")) as text_file:
        assert is_database_away(failing(text_file, "SELECT 1 FROM issues"))


@pytest.mark.only_on("postgresql")
def test_a_server_that_ends_the_connection_or_is_not_there_is_away(db: Database) -> None:
    assert is_database_away(failing(db, "SELECT pg_terminate_backend(pg_backend_pid())"))
    with closing(Database("postgresql+psycopg://digest@127.0.0.1:1/digest")) as nobody:
        assert is_database_away(failing(nobody, "SELECT 1"))
    assert not is_database_away(failing(db, "SELECT 1 FROM nowhere"))
