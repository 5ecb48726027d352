"""Who waits for others who write, how long, and how many at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from digest.config import Settings
from digest.storage.base.database import Database
from digest.storage.base.patience import Busy, Gate, Patience
from digest.storage.issues.issues import Issue, issue_for_change
from tests.factories import make_issue
from tests.web.shared.busy import someone_writes


@pytest.fixture
def page(db: Database, settings: Settings) -> Iterator[Database]:  # noqa: ARG001
    """The database as pages have it, with less patience."""
    with closing(Database(settings.database_url, Patience(0.3, Gate(2)))) as database:
        yield database


def count_one(database: Database, issue_id: int) -> None:
    with database.writing() as session:
        issue_for_change(session, issue_id).audience += 1


def test_a_page_gives_up_in_time_and_writes_once_it_can(page: Database, db: Database, settings: Settings) -> None:
    issue_id = make_issue(db)
    with someone_writes(settings):
        began = time.monotonic()
        with pytest.raises(Busy):
            count_one(page, issue_id)
        assert time.monotonic() - began >= 0.25
    count_one(page, issue_id)


def test_a_page_waits_for_whoever_is_quick(page: Database, db: Database, settings: Settings) -> None:
    issue_id = make_issue(db)
    with ThreadPoolExecutor(1) as pool:
        with someone_writes(settings):
            waiting = pool.submit(count_one, page, issue_id)
            time.sleep(0.05)
            assert not waiting.done()
        waiting.result()


def test_what_may_be_left_undone_waits_for_nobody(db: Database, settings: Settings) -> None:
    issue_id = make_issue(db)
    with closing(Database(settings.database_url, Patience(20, Gate(2)))) as page:
        for database in (db, page):
            with someone_writes(settings):
                began = time.monotonic()
                with pytest.raises(Busy):
                    count_one(database.at_once(), issue_id)
                assert time.monotonic() - began < 10
            count_one(database.at_once(), issue_id)


def test_reading_needs_no_place(page: Database, settings: Settings, db: Database) -> None:
    issue_id = make_issue(db)
    with someone_writes(settings), ThreadPoolExecutor(5) as pool:
        forms = [pool.submit(count_one, page, issue_id) for _ in range(5)]
        with page.reading() as session:
            assert session.get_one(Issue, issue_id).audience == 0
        assert [type(form.exception()) for form in forms] == [Busy] * 5


def test_a_full_gate_turns_away_at_once_where_nobody_comes_through() -> None:
    gate, leave = Gate(1), threading.Event()

    def stay() -> None:
        with gate.place(5):
            leave.wait(60)

    staying = threading.Thread(target=stay)
    staying.start()
    time.sleep(0.3)
    began = time.monotonic()
    with pytest.raises(Busy), gate.place(30):
        pass
    with pytest.raises(Busy):
        gate.must_move()
    assert time.monotonic() - began < 10
    leave.set()
    staying.join()
    gate.must_move()


def test_a_full_gate_where_people_come_through_is_waited_at() -> None:
    gate = Gate(2)

    def pass_through(_number: int) -> None:
        with gate.place(5):
            time.sleep(0.02)

    with ThreadPoolExecutor(40) as pool:
        list(pool.map(pass_through, range(40)))
