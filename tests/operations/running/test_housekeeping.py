"""What is no longer needed goes a little at a time, and takes nothing with it that came meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, insert, select, text

from digest.config import Settings
from digest.domain.shared import addresses
from digest.operations.readers import subscribing
from digest.operations.running import housekeeping
from digest.operations.running.housekeeping import tidy_up
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.base.rate_limits import CountedAttempt
from digest.storage.messages.messages import Message, MessageState
from digest.storage.readers.signups import SignUp
from digest.storage.readers.subscribers import Subscriber, lock_subscribers, subscriber_with_address
from tests.conftest import TUESDAY

LATER = TUESDAY + timedelta(days=60)


def rows(db: Database) -> list[int]:
    with db.reading() as session:
        return [
            session.scalar(select(func.count(table.id))) or 0 for table in (SignUp, Subscriber, Message, CountedAttempt)
        ]


def keep_old_rows(db: Database, settings: Settings) -> None:
    """Eight sign-ups that nobody confirmed, eight messages that left, and what was counted."""
    for number in range(8):
        address = addresses.parse(f"invented{number}@example.net")
        subscribing.ask(Context(db, settings, TUESDAY), address, "192.0.2.1", "a test")
    values = {"kind": "notice", "recipient": "ada@digest.test", "subject": "x", "text": "x", "html": "x"}
    done = {"created_at": TUESDAY, "state": MessageState.ACCEPTED, "finished_at": TUESDAY}
    with db.writing() as session:
        session.execute(insert(Message), [values | done] * 8)


def test_no_transaction_deletes_more_than_a_part(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_old_rows(db, settings)
    monkeypatch.setattr(housekeeping, "AT_ONCE", 3)
    deleted = [0]

    def count(_connection: object, cursor: Any, statement: str, *_rest: object) -> None:
        if statement.startswith("DELETE"):
            deleted[-1] += cursor.rowcount

    event.listen(db.engine, "after_cursor_execute", count)
    event.listen(db.engine, "commit", lambda _: deleted.append(0))
    tidy_up(db, LATER)
    assert max(deleted) == 3
    assert rows(db) == [0, 0, 0, 0]


def eventually(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.only_on("postgresql")
def test_a_pending_reader_who_asks_again_meanwhile_keeps_the_new_sign_up(db: Database, settings: Settings) -> None:
    alice = addresses.parse("alice@example.org")
    subscribing.ask(Context(db, settings, TUESDAY), alice, "192.0.2.1", "a test")
    with db.writing() as session:
        session.query(SignUp).delete()

    def waits() -> bool:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        with db.reading() as session:
            return bool(session.scalar(text(asked)))

    with closing(Database(settings.database_url)) as theirs, ThreadPoolExecutor(1) as pool:
        with db.writing() as session:
            lock_subscribers(session)
            found = subscriber_with_address(session, alice.key)
            assert found is not None
            session.add(SignUp(subscriber_id=found.id, key="0" * 32, asked_at=LATER, valid_until=LATER))
            session.flush()
            tidying = pool.submit(tidy_up, theirs, LATER)
            eventually(waits)
        tidying.result()
    with db.reading() as session:
        assert session.scalars(select(SignUp.key)).all() == ["0" * 32]
