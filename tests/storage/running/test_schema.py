"""The migrations: from nothing to what the models say, back, and up again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import IntegrityError

from digest.mail.outgoing.interface import SuppressionList
from digest.operations.running.startup import MIGRATIONS
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue, issue_on
from digest.storage.issues.selections import Selection, selected_count
from digest.storage.readers.signups import SignUp
from digest.storage.running import revisions, schema
from digest.storage.suppressions.lists_read import lists_read
from tests.conftest import Home
from tests.factories import make_issue, make_summary

FRIDAY = date(2024, 5, 17)


@pytest.fixture
def empty(home: Home, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database without any table."""
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path / 'empty.db'}"
        if home.url:
            url = stack.enter_context(request.getfixturevalue("postgresql_server").database(migrated=False))
        yield stack.enter_context(closing(Database(url)))


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names()) - {"alembic_version", "sqlite_sequence"}


def test_from_empty_the_migrations_lead_to_the_models(empty: Database) -> None:
    assert tables(empty) == set()
    assert not revisions.at_head(empty, MIGRATIONS)
    assert len(schema.differences(empty)) >= len(schema.metadata.tables)
    schema.upgrade(empty, MIGRATIONS)
    assert revisions.at_head(empty, MIGRATIONS)
    assert schema.differences(empty) == []
    assert tables(empty) == set(schema.metadata.tables)


def test_down_to_nothing_and_up_again(empty: Database) -> None:
    schema.upgrade(empty, MIGRATIONS)
    schema.downgrade(empty, MIGRATIONS, "base")
    assert tables(empty) == set()
    assert not revisions.at_head(empty, MIGRATIONS)
    schema.upgrade(empty, MIGRATIONS)
    assert schema.differences(empty) == []


def test_upgrading_twice_keeps_everything(db: Database) -> None:
    make_issue(db, FRIDAY, [make_summary(db)])
    schema.upgrade(db, MIGRATIONS)
    schema.upgrade(db, MIGRATIONS)
    assert schema.differences(db) == []
    with db.reading() as session:
        issue = issue_on(session, FRIDAY)
        assert issue
        assert selected_count(session, issue.id) == 1


def test_how_far_the_lists_were_read_is_kept_there_and_back(db: Database) -> None:
    schema.downgrade(db, MIGRATIONS, "0002")
    with db.writing() as session:
        session.execute(text("UPDATE installation SET lists_read_at = '2024-05-17 07:00:00+00:00'"))
    schema.upgrade(db, MIGRATIONS)
    with db.reading() as session:
        two_days_before = (datetime(2024, 5, 15, 7, 0, tzinfo=UTC), None)
        assert lists_read(session) == dict.fromkeys(SuppressionList, two_days_before)
    schema.downgrade(db, MIGRATIONS, "0002")
    with db.reading() as session:
        [read_at] = session.execute(text("SELECT lists_read_at FROM installation")).scalars()
    assert str(read_at).startswith("2024-05-17 07:00:00")


def test_a_link_asked_for_before_links_had_an_end_keeps_its_seven_days(db: Database) -> None:
    schema.downgrade(db, MIGRATIONS, "0003")
    with db.writing() as session:
        session.execute(
            text(
                "INSERT INTO subscribers (id, email, address, address_hash, name, state, link_key, topics, source,"
                " created_at) VALUES (1, 'a', 'a', 'h', '', 'pending', 'k', '', '', '2024-05-14 09:00:00+00:00')"
            )
        )
        session.execute(
            text("INSERT INTO signups (subscriber_id, key, asked_at) VALUES (1, 'k', '2024-05-14 09:00:00.000000')")
        )
    schema.upgrade(db, MIGRATIONS)
    with db.reading() as session:
        (signup,) = session.scalars(select(SignUp))
        assert signup.valid_until - signup.asked_at == timedelta(days=7)


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("ALTER TABLE issues DROP COLUMN introduction", "introduction"),
        ("ALTER TABLE issues ADD COLUMN mood VARCHAR(10)", "mood"),
        ("DROP TABLE heartbeats", "heartbeats"),
        ("DROP INDEX ix_issues_state", "ix_issues_state"),
    ],
)
def test_a_difference_is_named(db: Database, statement: str, word: str) -> None:
    with db.writing() as session:
        session.connection().exec_driver_sql(statement)
    assert any(word in difference for difference in schema.differences(db))


def test_foreign_keys_hold(db: Database) -> None:
    issue_id = make_issue(db, FRIDAY)
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), db.writing() as session:
        session.add(Selection(issue_id=issue_id, summary_id=999, position=1))


def test_foreign_keys_hold_after_a_migration_too(db: Database) -> None:
    schema.downgrade(db, MIGRATIONS, "base")
    schema.upgrade(db, MIGRATIONS)
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), db.writing() as session:
        session.add(Selection(issue_id=1, summary_id=999, position=1))


def test_what_belongs_to_an_issue_goes_with_it(db: Database) -> None:
    issue_id = make_issue(db, FRIDAY, [make_summary(db)])
    with db.writing() as session:
        session.delete(session.get_one(Issue, issue_id))
    with db.reading() as session:
        assert session.query(Selection).count() == 0


def test_one_issue_a_date(db: Database) -> None:
    make_issue(db, FRIDAY)
    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        make_issue(db, FRIDAY)


@pytest.mark.only_on("sqlite")  # PostgreSQL checks its keys while it migrates
@pytest.mark.parametrize(("action", "left"), [("DELETE FROM issues", 1), ("DELETE FROM selections", 0)])
def test_a_migration_that_would_leave_orphans_changes_nothing(
    db: Database, tmp_path: Path, action: str, left: int
) -> None:
    make_issue(db, FRIDAY, [make_summary(db)])
    folder = shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    (folder / "versions" / "9999_careless.py").write_text(CARELESS.format(head=head(), action=action))
    if left:
        with pytest.raises(RuntimeError, match="without their parent"):
            schema.upgrade(db, folder)
    else:
        schema.upgrade(db, folder)
    with db.reading() as session:
        assert session.query(Selection).count() == left
        assert session.query(Issue).count() == 1
    assert revisions.at_head(db, folder) is not bool(left)


CARELESS = """
from alembic import op

revision, down_revision = "9999", "{head}"


def upgrade():
    op.execute("{action}")
"""


def head() -> str:
    """The newest of our migrations; their files begin with their number."""
    return max(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]
