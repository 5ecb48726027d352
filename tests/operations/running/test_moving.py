"""Moving house: an installation is copied from one database to another, of the other kind, and lives on there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from digest import demo
from digest.app import create_app
from digest.config import Settings
from digest.domain.shared.tokens import new_key
from digest.mail.transports import open_transport
from digest.operations.issues.closing import close_issue
from digest.operations.running.moving import TableCopied, copy_installation
from digest.operations.running.sending_now import report
from digest.operations.running.startup import MIGRATIONS
from digest.operations.sending.claiming import Claimant
from digest.operations.sending.freezing import Freeze, freeze
from digest.operations.sending.sender import Ending, send_issue, take_turn
from digest.operations.shared.context import Context, Process
from digest.operations.shared.links import unsubscribe_url
from digest.operations.shared.refusal import Miscounted, Refused
from digest.storage.archive.past_issues import past_issues
from digest.storage.base.database import Database
from digest.storage.readers.subscribers import Subscriber, SubscriberState
from digest.storage.running import revisions, schema
from digest.storage.writing.summaries import Summary
from tests.conftest import TUESDAY, Home
from tests.factories import make_issue, make_readers, make_subscriber, make_summary
from tests.web.readers.doors import everything

ALICE = "alice@digest.test"
_OTHER = {"sqlite": "postgresql", "postgresql": "sqlite"}


@pytest.fixture
def empty(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Database]]:
    """Makes a database of this kind without any table."""
    with ExitStack() as stack:

        def make(kind: str) -> Database:
            url = f"sqlite:///{tmp_path / new_key()}.db"
            if kind == "postgresql":
                url = stack.enter_context(request.getfixturevalue("postgresql_server").database(migrated=False))
            return stack.enter_context(closing(Database(url)))

        yield make


@pytest.fixture
def elsewhere(home: Home, empty: Callable[[str], Database]) -> Database:
    """An empty database of the other kind."""
    return empty(_OTHER[home.kind])


def copy(source: Database, target: Database) -> list[TableCopied]:
    told: list[TableCopied] = []
    assert copy_installation(source, target, MIGRATIONS, told.append) == sum(table.rows for table in told)
    return told


def frozen_issue(db: Database, settings: Settings, readers: int) -> int:
    """An issue frozen for so many readers, in batches of two."""
    make_readers(db, settings, readers)
    issue_id = make_issue(db, summary_ids=[make_summary(db)])
    close_issue(Context(db, settings, TUESDAY), issue_id, ALICE)
    assert freeze(Context(db, settings, TUESDAY), issue_id, ALICE, batch_size=2) is Freeze.FROZEN
    return issue_id


def send(db: Database, settings: Settings, issue_id: int) -> Ending:
    with closing(open_transport(settings)) as transport:
        return send_issue(Process(db, settings, transport, lambda: datetime.now(UTC)), issue_id)


def test_there_and_back_every_row_is_the_same(
    db: Database, home: Home, settings: Settings, elsewhere: Database, empty: Callable[[str], Database]
) -> None:
    with closing(open_transport(settings)) as transport:
        demo.load(db, settings, transport, datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    before, back = everything(db), empty(home.kind)
    told = copy(db, elsewhere)
    assert everything(elsewhere) == before
    copy(elsewhere, back)
    assert everything(back) == before
    assert {table.name: table.rows for table in told} == {name: len(rows) for name, rows in before.items()}
    with elsewhere.reading() as session:
        issues = past_issues(session)
    assert issues
    assert [report(elsewhere, issue.id) for issue in issues] == [report(db, issue.id) for issue in issues]
    assert schema.differences(elsewhere) == []


def test_more_rows_than_are_held_at_once(db: Database, settings: Settings, elsewhere: Database) -> None:
    make_readers(db, settings, 4_500)
    copy(db, elsewhere)
    assert everything(elsewhere) == everything(db)


def test_links_in_old_mail_keep_working(db: Database, settings: Settings, elsewhere: Database) -> None:
    reader = make_subscriber(db, settings, "zoe@example.org")
    path = urlsplit(unsubscribe_url(settings, reader.link_key)).path
    copy(db, elsewhere)
    url = elsewhere.engine.url.render_as_string(hide_password=False)
    app = create_app(replace(settings, database_url=url), with_postman=False)
    assert app.test_client().post(path).status_code == 200
    app.extensions["digest"].db.close()
    with elsewhere.reading() as session:
        assert session.get_one(Subscriber, reader.id).state == SubscriberState.UNSUBSCRIBED


def test_no_id_is_handed_out_twice(db: Database, settings: Settings, elsewhere: Database) -> None:
    kept, erased = make_subscriber(db, settings), make_subscriber(db, settings)
    summary = make_summary(db)
    with db.writing() as session:
        session.delete(session.get_one(Subscriber, erased.id))
        session.delete(session.get_one(Summary, summary))
    copy(db, elsewhere)
    assert kept.id < erased.id < make_subscriber(elsewhere, settings).id
    assert make_summary(elsewhere) == summary + 1
    assert make_issue(elsewhere) == 1, "where none was handed out, counting begins at the beginning"


def test_what_has_not_left_goes_from_the_new_database(db: Database, settings: Settings, elsewhere: Database) -> None:
    issue_id = frozen_issue(db, settings, 6)
    copy(db, elsewhere)
    assert send(elsewhere, settings, issue_id) is Ending.DONE
    after = report(elsewhere, issue_id)
    assert (after.audience, after.accepted, after.difference) == (6, 6, 0)


def test_a_request_in_hand_keeps_it_where_it_is(db: Database, settings: Settings, elsewhere: Database) -> None:
    issue_id = frozen_issue(db, settings, 6)
    take_turn(Context(db, settings, TUESDAY), issue_id, Claimant("another sender"), (), [new_key()])
    with pytest.raises(Refused, match="17 May 2024 is being sent, and requests are in hand"):
        copy(db, elsewhere)
    assert not revisions.at_head(elsewhere, MIGRATIONS)


def test_a_target_with_content_is_left_alone(db: Database, settings: Settings, elsewhere: Database) -> None:
    make_subscriber(db, settings)
    schema.upgrade(elsewhere, MIGRATIONS)
    make_summary(elsewhere, "Theirs")
    before = everything(elsewhere)
    with pytest.raises(Refused, match="has content already"):
        copy(db, elsewhere)
    assert everything(elsewhere) == before


def test_a_target_that_is_something_else_is_left_alone(db: Database, elsewhere: Database) -> None:
    with elsewhere.writing() as session:
        session.connection().exec_driver_sql("CREATE TABLE wages (amount INTEGER)")
    with pytest.raises(Refused, match="tables of something else"):
        copy(db, elsewhere)
    assert not revisions.at_head(elsewhere, MIGRATIONS)


@pytest.mark.on_both
@pytest.mark.parametrize(
    ("on_sqlite", "on_postgresql", "raised"),
    [
        ("RAISE(ABORT, 'broken')", "RAISE EXCEPTION 'broken'", (Refused, psycopg.Error)),
        ("RAISE(IGNORE)", "RETURN NULL", Miscounted),
    ],
    ids=["refuses", "loses"],
)
def test_a_target_that_fails_half_way_has_nothing(
    db: Database,
    settings: Settings,
    elsewhere: Database,
    on_sqlite: str,
    on_postgresql: str,
    raised: type[Exception] | tuple[type[Exception], ...],
) -> None:
    frozen_issue(db, settings, 6)
    schema.upgrade(elsewhere, MIGRATIONS)
    before = everything(elsewhere)
    statements = [
        f"CREATE TRIGGER broken BEFORE INSERT ON deliveries WHEN new.id > 3 BEGIN SELECT {on_sqlite}; END",
    ]
    if elsewhere.engine.dialect.name == "postgresql":
        statements = [
            f"CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {on_postgresql}; END $$",
            "CREATE TRIGGER broken BEFORE INSERT ON deliveries FOR EACH ROW WHEN (new.id > 3) "
            "EXECUTE FUNCTION broken()",
        ]
    with elsewhere.writing() as session:
        for statement in statements:
            session.connection().exec_driver_sql(statement)
    with pytest.raises(raised):
        copy(db, elsewhere)
    assert everything(elsewhere) == before


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("title", "said"), [("x" * 301, r"summaries: value too long .*column title"), ("a\0b", r"summaries: .*NUL")]
)
def test_what_postgresql_can_not_hold_is_named(db: Database, elsewhere: Database, title: str, said: str) -> None:
    summary = make_summary(db)
    with db.writing() as session:
        session.get_one(Summary, summary).title = title
    with pytest.raises(Refused, match=said):
        copy(db, elsewhere)
    assert everything(elsewhere)["publications"] == []
