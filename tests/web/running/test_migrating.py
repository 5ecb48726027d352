"""The site of the release before, while `digest db upgrade` runs: pages answer, and nothing has to be stopped."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from digest.operations.running.startup import MIGRATIONS
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue
from digest.storage.running import revisions, schema
from tests.factories import make_issue, make_summary
from tests.storage.running.test_schema import head

pytestmark = pytest.mark.on_both

meanwhile: list[Callable[[], object]] = []
"""What happens while the last migration has its transaction open: its file calls it."""

ADDING = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "9998", "{head}"


def upgrade():
    for table in ("subscribers", "summaries", "issues", "signups", "messages"):
        op.add_column(table, sa.Column("mood", sa.Text(), nullable=False, server_default="calm"))
        op.create_index(f"ix_{{table}}_mood", table, ["mood"])
"""
MAKING = """
import sqlalchemy as sa
from alembic import op
from tests.web.running.test_migrating import meanwhile

revision, down_revision = "9999", "9998"


def upgrade():
    op.create_table("moods", sa.Column("id", sa.Integer(), primary_key=True))
    for happens in meanwhile:
        happens()
"""


@pytest.fixture
def next_release(tmp_path: Path) -> Path:
    """The migrations of a release that comes after this one."""
    folder = shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    (folder / "versions" / "9998_adding.py").write_text(ADDING.format(head=head()))
    (folder / "versions" / "9999_making.py").write_text(MAKING)
    meanwhile.clear()
    return folder


def test_readers_read_and_sign_up_while_it_migrates(
    db: Database, client: FlaskClient, next_release: Path, request: pytest.FixtureRequest
) -> None:
    make_issue(db, summary_ids=[make_summary(db, "Court annuls a fine")])
    answers: list[int] = []

    def read() -> None:
        answers.extend(client.get(path).status_code for path in ("/", "/news", "/issues", "/news.json"))

    def sign_up() -> None:
        answers.append(client.post("/subscribe", data={"email": "nora@example.org"}).status_code)

    meanwhile.append(read)
    if request.node.get_closest_marker("postgresql"):
        meanwhile.append(sign_up)  # SQLite has one writer: there it waits until the migration under way is done
    schema.upgrade(db, next_release)
    assert revisions.at_head(db, next_release)
    sign_up()
    read()
    assert set(answers) <= {200, 303}
    assert len(answers) >= 9


def test_what_was_applied_before_one_that_fails_stays(db: Database, next_release: Path) -> None:
    def fail() -> None:
        raise RuntimeError("a disk is full")

    meanwhile.append(fail)
    with pytest.raises(RuntimeError, match="a disk is full"):
        schema.upgrade(db, next_release)
    meanwhile.clear()
    assert any("mood" in words for words in schema.differences(db))
    assert not any("moods" in words for words in schema.differences(db))
    schema.upgrade(db, next_release)
    assert revisions.at_head(db, next_release)


@pytest.mark.only_on("sqlite")
def test_what_only_adds_reads_no_row_while_others_wait(db: Database, next_release: Path) -> None:
    said: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *told: said.append(told[2]))
    schema.upgrade(db, next_release)
    assert any("ADD COLUMN mood" in statement for statement in said)
    assert not any("foreign_key_check" in statement for statement in said)


@pytest.mark.only_on("postgresql")
def test_it_lets_go_of_the_queue_where_somebody_reads_for_long(
    db: Database, next_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    with db.reading() as session:
        session.execute(select(Issue.id)).all()

        def wait(seconds: float) -> None:
            waited.append(seconds)
            session.rollback()

        monkeypatch.setattr("digest.storage.running.schema.time.sleep", wait)
        schema.upgrade(db, next_release)
    assert waited == [1.0]
    assert revisions.at_head(db, next_release)
    with db.reading() as session:
        assert session.connection().exec_driver_sql("SHOW lock_timeout").scalar_one() == "0"
