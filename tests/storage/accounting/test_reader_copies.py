"""One reader's copies are found by look-ups, however many copies there are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from digest.storage.accounting.reader_copies import copies_of, copy_with_id, mark_sent_again
from digest.storage.base.database import Database
from digest.storage.sending.deliveries import forget_reader
from tests.conftest import TUESDAY


@pytest.mark.parametrize(
    "ask",
    [
        lambda session: copies_of(session, 1),
        lambda session: copies_of(session, 1, 27),
        lambda session: copy_with_id(session, 1),
        lambda session: mark_sent_again(session, 1, TUESDAY, TUESDAY),
        lambda session: forget_reader(session, "alice@example.org"),
    ],
)
def test_no_question_about_one_reader_reads_every_copy(db: Database, ask: Callable[[Session], object]) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("the plan is SQLite’s")
    plans = plans_of(db, ask)
    assert plans
    for step in plans:
        assert not step.startswith(("SCAN deliveries", "SCAN batches", "SCAN attempts")), plans
    assert any(step.startswith("SEARCH deliveries USING") for step in plans)


def plans_of(db: Database, ask: Callable[[Session], object]) -> list[str]:
    """The steps in which SQLite answers."""
    asked: list[tuple[str, object]] = []

    def listen(_c: object, _u: object, statement: str, parameters: object, _x: object, _m: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "EXPLAIN")):
            asked.append((statement, parameters))

    with db.writing() as session:
        event.listen(db.engine, "before_cursor_execute", listen)
        ask(session)
        event.remove(db.engine, "before_cursor_execute", listen)
        connection = session.connection()
        return [
            str(step[3])
            for statement, parameters in asked
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
        ]
