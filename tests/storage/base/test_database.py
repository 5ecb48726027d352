"""One database, several connections: nothing is lost, nobody waits for a reader, every moment has a zone."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import OperationalError, StatementError

from digest.config import Settings
from digest.storage.base.database import Database, announce, database_now
from digest.storage.issues.issues import Issue, issue_for_change
from tests.factories import make_issue

TIMES = 200


@pytest.fixture
def other(db: Database, settings: Settings) -> Iterator[Database]:  # noqa: ARG001
    """The same database, opened again as another process would."""
    database = Database(settings.database_url)
    yield database
    database.close()


def count_up(url: str, issue_id: int) -> None:
    """Read, add one and write, each in a transaction of its own."""
    with closing(Database(url)) as database:
        for _ in range(TIMES):
            with database.writing() as session:
                issue_for_change(session, issue_id).audience += 1


def audience(db: Database, issue_id: int) -> int:
    with db.reading() as session:
        return session.get_one(Issue, issue_id).audience


def test_two_threads_lose_no_increment(db: Database, settings: Settings) -> None:
    issue_id = make_issue(db)
    threads = [threading.Thread(target=count_up, args=(settings.database_url, issue_id)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert audience(db, issue_id) == 2 * TIMES


def test_two_processes_lose_no_increment(db: Database, settings: Settings) -> None:
    issue_id = make_issue(db)
    fresh = multiprocessing.get_context("forkserver")  # a fork of this process would share its connections
    fresh.set_forkserver_preload([__name__])
    processes = [fresh.Process(target=count_up, args=(settings.database_url, issue_id)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert audience(db, issue_id) == 2 * TIMES


def test_a_reader_does_not_keep_a_writer_waiting(db: Database, other: Database) -> None:
    issue_id = make_issue(db)
    with db.reading() as reader:
        assert reader.get_one(Issue, issue_id).audience == 0
        with other.writing() as writer:
            writer.get_one(Issue, issue_id).audience = 7
        reader.expire_all()
        assert reader.get_one(Issue, issue_id).audience == 0, "a reader sees one state of the database"
    assert audience(db, issue_id) == 7


def test_a_writer_does_not_keep_a_reader_waiting(db: Database, other: Database) -> None:
    issue_id = make_issue(db)
    with other.writing() as writer:
        writer.get_one(Issue, issue_id).audience = 7
        writer.flush()
        assert audience(db, issue_id) == 0
    assert audience(db, issue_id) == 7


@pytest.mark.only_on("sqlite")
def test_a_writer_takes_its_lock_when_it_begins(db: Database, other: Database) -> None:
    issue_id = make_issue(db)
    with db.writing() as first, other.engine.connect() as second:
        first.get_one(Issue, issue_id)
        second.connection.driver_connection.execute("PRAGMA busy_timeout=0")  # type: ignore[union-attr]
        with pytest.raises(OperationalError, match="locked"):
            second.exec_driver_sql("UPDATE issues SET audience = 1")


@pytest.mark.only_on("postgresql")
def test_a_row_that_someone_changes_is_waited_for_and_the_others_are_not(db: Database, other: Database) -> None:
    mine, theirs = make_issue(db), make_issue(db, date(2024, 5, 24))
    with db.writing() as first, other.writing() as second:
        issue_for_change(first, mine)
        issue_for_change(second, theirs).audience = 7
        second.connection().exec_driver_sql("SET LOCAL lock_timeout = 1")
        with pytest.raises(OperationalError, match="lock timeout"):
            issue_for_change(second, mine)
        second.rollback()


def test_what_raises_leaves_nothing(db: Database) -> None:
    issue_id = make_issue(db)
    with pytest.raises(ZeroDivisionError), db.writing() as session:
        session.get_one(Issue, issue_id).audience = 7
        session.flush()
        _ = 1 / 0
    assert audience(db, issue_id) == 0


def test_what_is_announced_is_heard_once_others_can_read_it(db: Database) -> None:
    issue_id = make_issue(db)
    seen: list[str] = []

    def look() -> None:
        with db.reading() as session:
            seen.append(session.get_one(Issue, issue_id).introduction)

    db.listen(look)
    with db.writing() as session:
        announce(session)
        session.get_one(Issue, issue_id).introduction = "announced"
        session.flush()
        assert seen == []
    assert seen == ["announced"]


def test_what_raises_or_is_quiet_or_announces_nothing_is_not_heard(db: Database) -> None:
    heard: list[int] = []
    db.listen(lambda: heard.append(1))
    with pytest.raises(ValueError, match="no"), db.writing() as session:
        announce(session)
        raise ValueError("no")
    with db.writing(quietly=True) as session:
        announce(session)
    with db.writing() as session:
        session.flush()
    assert heard == []


def test_a_reading_session_keeps_nothing(db: Database) -> None:
    issue_id = make_issue(db)
    with db.reading() as session:
        session.get_one(Issue, issue_id).audience = 7
        session.flush()
    assert audience(db, issue_id) == 0


def test_a_moment_without_zone_is_refused(db: Database) -> None:
    naive = datetime(2024, 5, 17, 8)  # noqa: DTZ001
    with pytest.raises(StatementError, match="has no time zone"), db.writing() as session:
        session.add(Issue(send_date=date(2024, 5, 17), slot=date(2024, 5, 17), created_at=naive))


def test_moments_come_back_in_utc(db: Database) -> None:
    kathmandu = datetime(2024, 5, 17, 8, 0, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    with db.writing() as session:
        session.add(Issue(send_date=date(2024, 5, 17), slot=date(2024, 5, 17), created_at=kathmandu))
    with db.reading() as session:
        stored = session.query(Issue).one().created_at
    assert stored == kathmandu
    assert stored.tzinfo is UTC


def test_the_database_tells_the_time(db: Database) -> None:
    with db.reading() as session:
        before, told, after = time.time(), database_now(session), time.time()
    assert before - 0.01 <= told <= after + 0.01


@pytest.mark.only_on("sqlite")
def test_every_connection_is_durable_and_checks_its_keys(db: Database) -> None:
    with db.engine.connect() as connection:
        asked = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
