"""However many messages of the form wait, nobody walks past them: each question is asked of an index that fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, Row, event, insert, text
from sqlalchemy.orm import Session

from digest.storage.base.database import Database
from digest.storage.base.rate_limits import CountedAttempt
from digest.storage.messages.form_mail import claim_form_mail, form_mail_since, mail_to_mailbox
from digest.storage.messages.messages import (
    Message,
    MessageState,
    abandoned_messages,
    claim_message,
    forget_messages_to,
    forget_waiting_messages,
    others_wait_for,
    waiting_for_those_who_left,
)
from tests.conftest import TUESDAY

_WAITING = 4_000
Question = Callable[[Session], object]


def wait(db: Database, how_many: int, **values: object) -> None:
    """So many messages of the form that wait for an hour to come."""
    row: dict[str, Any] = {"kind": "confirmation", "subject": "x", "text": "x" * 500, "html": "x" * 500}
    row |= {"created_at": TUESDAY, "not_before": TUESDAY + timedelta(hours=5), "state": MessageState.WAITING}
    rows = [row | {"recipient": f"r{n}@example.net", "mailbox": f"{n:064x}"} | values for n in range(how_many)]
    for n, each in enumerate(rows):
        each["not_before"] += timedelta(seconds=n)
    with db.writing() as session:
        session.execute(insert(Message), rows)


@pytest.fixture
def flooded(db: Database) -> Database:
    """4,000 wait that are not due, 2,000 that are; and as many left in the days before."""
    wait(db, _WAITING)
    wait(db, 2_000, not_before=TUESDAY - timedelta(hours=2))
    before = TUESDAY - timedelta(days=2)
    wait(db, _WAITING, state=MessageState.ACCEPTED, not_before=before, finished_at=before)
    with db.writing() as session:
        session.execute(
            insert(CountedAttempt), [{"kind": "signup-mail", "key": f"{n:064x}", "at": before} for n in range(_WAITING)]
        )
    if db.engine.dialect.name == "postgresql":
        with db.writing() as session:
            session.execute(text("ANALYZE messages"))
            session.execute(text("ANALYZE tallies"))
    return db


def later(hours: float) -> datetime:
    return TUESDAY + timedelta(hours=hours)


_QUESTIONS: Mapping[str, Question] = {
    "a message": lambda s: claim_message(s, "me", 1.0, 60.0),
    "a message of the form": lambda s: claim_form_mail(s, "me", 1.0, 60.0, later(0), later(-1)),
    "none of the form is due": lambda s: claim_form_mail(s, "me", 1.0, 60.0, later(-3), later(-4)),
    "abandoned": lambda s: abandoned_messages(s, "digest", 1.0),
    "who left": lambda s: waiting_for_those_who_left(s, "digest"),
    "who waits for the same": lambda s: others_wait_for(s, 1, "SendGrid is away"),
    "how many left": lambda s: form_mail_since(s, later(-1)),
    "how many to a mailbox": lambda s: mail_to_mailbox(s, "0" * 64, later(-720), later(1)),
    "waiting to an address": lambda s: forget_waiting_messages(s, ["r1@example.net"]),
    "all to an address": lambda s: forget_messages_to(s, "r1@example.net"),
}


def test_no_question_visits_the_rows_that_wait(flooded: Database) -> None:
    seen = {name: visited(flooded, ask) for name, ask in _QUESTIONS.items()}
    assert {name: rows for name, rows in seen.items() if rows >= 100} == {}


def visited(db: Database, ask: Question) -> float:
    """How many rows its statements look at: counted by PostgreSQL itself, and by SQLite in steps of its machine.

    What it changes is taken back.
    """
    return _steps(db, ask) if db.engine.dialect.name == "sqlite" else _rows(db, ask)


def _steps(db: Database, ask: Question) -> float:
    """Of a row that is visited SQLite's virtual machine takes some five steps or more."""
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    with db.writing() as session:
        raw: Any = session.connection().connection.driver_connection
        raw.set_progress_handler(step, 5)
        try:
            ask(session)
        finally:
            raw.set_progress_handler(None, 0)
            session.rollback()
    return steps


def _rows(db: Database, ask: Question) -> float:
    asked: list[tuple[str, Any]] = []

    def listen(_c: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        asked.append((statement, parameters))

    with _listening(db.engine, listen), db.writing() as session:
        ask(session)
        session.rollback()
    with db.reading() as session:
        raw = session.connection()
        plans = [
            raw.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).one()
            for statement, parameters in asked
            if statement.startswith(("SELECT", "UPDATE", "DELETE"))
        ]
    return sum(_of(plan) for plan in plans)


def _of(plan: Row[Any]) -> float:
    def rows(node: dict[str, Any]) -> float:
        own = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        return float(own) + sum(map(rows, node.get("Plans", [])))

    return rows(plan[0][0]["Plan"])


class _listening:  # noqa: N801 - read like a function
    def __init__(self, engine: Engine, listener: Callable[..., None]) -> None:
        self._on = (engine, "before_cursor_execute", listener)

    def __enter__(self) -> None:
        event.listen(*self._on)

    def __exit__(self, *_: object) -> None:
        event.remove(*self._on)
