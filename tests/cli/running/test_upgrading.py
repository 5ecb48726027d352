"""From an earlier release to this one: nothing starts before, nobody is lost or doubled, one step back works."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import MetaData, select

from digest.config import Settings
from digest.mail.transports import open_transport
from digest.operations.accounting.deciding import decide_batch
from digest.operations.running.startup import open_database
from digest.operations.running.tick import tick
from digest.operations.shared.context import Context, Process
from digest.storage.accounting.accounts import account_of
from digest.storage.accounting.settlements import Verdict
from digest.storage.base.database import Database
from digest.storage.issues.issues import current_issue, issue_on
from digest.storage.readers.subscribers import Subscriber
from digest.storage.sending.batches import Batch
from digest.storage.sources.leads import Lead
from digest.storage.writing.summaries import Summary
from tests import postgresql
from tests.cli.shell import Shell
from tests.conftest import ENVIRON, Home, through
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.releases import TAKEN, UNANSWERED, make_release

pytestmark = pytest.mark.on_both

GOES_ON = datetime(2024, 5, 17, 7, 20, tzinfo=UTC)
START = (
    "serve", "scheduler", "send", "status", "settle 2 sent", "preview", "demo", "editors add a@b.org",
    "subscribers export", "suppressions list", "summaries export", "issues export", "feeds list", "leads list",
)  # fmt: skip


@pytest.fixture
def environ(home: Home, request: pytest.FixtureRequest, sendgrid: LoopbackSendGrid) -> Iterator[dict[str, str]]:
    """The settings of an installation whose database nothing has migrated yet."""
    with ExitStack() as stack:
        here = ENVIRON | through(sendgrid)
        if home.url:
            server: postgresql.Server = request.getfixturevalue("postgresql_server")
            here["DATABASE_URL"] = stack.enter_context(server.database(migrated=False))
        yield here


@pytest.fixture
def old(settings: Settings) -> Settings:
    """An installation as the release before backups left it, in the middle of a send."""
    make_release(settings)
    return settings


@pytest.fixture
def here(old: Settings, shell: Shell) -> Shell:
    """The command of this release at it."""
    shell.environ["PATH"] = f"{postgresql.programs()}:{shell.environ['PATH']}"
    assert old.instance_path == Path(shell.environ["INSTANCE_PATH"])
    return shell


def everything(url: str, only: MetaData | None = None) -> dict[str, list[str]]:
    """Every row of these tables, by the columns that these tables had."""
    with closing(Database(url)) as database, database.engine.connect() as connection:
        tables = only or MetaData()
        if only is None:
            tables.reflect(connection)
        return {
            table.name: sorted(map(repr, connection.execute(select(*table.columns))))
            for table in tables.sorted_tables
            if table.name != "alembic_version"
        }


def states(db: Database) -> dict[int, str]:
    with db.reading() as session:
        return {batch.id: str(batch.state) for batch in session.scalars(select(Batch))}


@pytest.mark.only_on("sqlite")
def test_whatever_starts_says_the_one_command_that_helps(here: Shell) -> None:
    for words in START:
        status, out, err = here.run(*words.split())
        assert (status, out) == (2, ""), words
        assert err == "digest: DATABASE_URL: the database is not up to date; run `digest db upgrade`\n", words


def test_the_upgrade_backs_up_and_says_where_and_the_backup_is_the_old_database(
    here: Shell, old: Settings, tmp_path: Path
) -> None:
    before = everything(old.database_url)
    status, out, err = here.run("db", "upgrade")
    assert (status, err) == (0, "")
    [kept] = (old.instance_path / "backups").iterdir()
    first, last = out.splitlines()
    assert first == f"Backed up first: {kept} ({kept.stat().st_size:,} bytes)."
    assert last == "The database is up to date."
    assert here.run("backup", "--check", str(kept))[0] == 0
    assert here.run("db", "upgrade")[1] == "The database is up to date.\n"
    assert [kept] == list((old.instance_path / "backups").iterdir())
    if old.database_url.startswith("sqlite"):
        there = Shell(here.environ | {"INSTANCE_PATH": str(tmp_path / "again")})
        assert there.run("restore", str(kept))[0] == 0
        assert everything(f"sqlite:///{tmp_path}/again/digest.db") == before


def test_a_send_that_the_old_release_began_goes_on_and_each_reader_has_one_copy(
    here: Shell, old: Settings, sendgrid: LoopbackSendGrid
) -> None:
    assert here.run("db", "upgrade")[0] == 0
    with closing(open_database(old)) as db, closing(open_transport(old)) as transport:
        process = Process(db, old, transport, lambda: GOES_ON)
        tick(process)
        assert states(db) == {
            1: "accepted",
            2: "held",
            3: "held",
            4: "accepted",
            5: "accepted",
            6: "accepted",
            7: "accepted",
        }
        context = Context(db, old, GOES_ON)
        decide_batch(context, 2, Verdict.SENT, "ada@digest.test")
        decide_batch(context, 3, Verdict.RESEND, "ada@digest.test")
        tick(process)
        with db.reading() as session:
            issue = issue_on(session, GOES_ON.date())
            assert issue
            account = account_of(session, issue)
        assert (issue.state, account.audience, account.accepted, account.skipped) == ("sent", 13, 12, 1)
        assert account.difference == 0
    received = Counter([*TAKEN, *UNANSWERED, *sendgrid.addresses("2024-05-17")])
    readers = {f"reader{number:06d}@example.org" for number in range(11)} | {"nora@example.org"}
    assert received == dict.fromkeys(readers, 1)


def test_what_was_written_and_who_reads_is_as_it_was(here: Shell, old: Settings) -> None:
    assert here.run("db", "upgrade")[0] == 0
    with closing(open_database(old)) as db, db.reading() as session:
        states = Counter(session.scalars(select(Subscriber.state)))
        assert states == {"confirmed": 12, "unsubscribed": 1, "pending": 1}
        assert [summary.title for summary in session.scalars(select(Summary).order_by(Summary.id))] == [
            "Court annuls a fine", "An app is fined", "Not out yet",
        ]  # fmt: skip
        assert [lead.title for lead in session.scalars(select(Lead))] == ["Regulator publishes a decision"]
        current = current_issue(session)
        assert current
        assert current.send_date.isoformat() == "2024-05-24"


def test_one_step_back_has_the_old_state_and_up_again_loses_nothing(here: Shell, old: Settings) -> None:
    assert here.run("db", "upgrade")[0] == 0
    upgraded = everything(old.database_url)
    assert here.run("db", "downgrade", "--yes")[:2] == (0, "The database was taken back.\n")
    before = MetaData()
    with closing(Database(old.database_url)) as db:
        before.reflect(db.engine)
    as_it_was = everything(old.database_url, before)
    assert here.run("db", "upgrade")[0] == 0
    assert everything(old.database_url, before) == as_it_was
    assert everything(old.database_url) == upgraded
