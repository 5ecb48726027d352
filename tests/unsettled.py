"""Sends with batches of which nobody knows what became, for tests of settling."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime

from digest.config import Settings
from digest.mail.transports import open_transport
from digest.operations.issues.closing import close_issue
from digest.operations.sending.freezing import Freeze, freeze
from digest.operations.sending.sender import Ending, send_issue
from digest.operations.shared.context import Context, Process
from digest.storage.accounting.accounts import account_of, accounts_by_counters
from digest.storage.accounting.settlements import Settlement
from digest.storage.base.database import Database, database_now
from digest.storage.issues.history import history_of
from digest.storage.issues.issues import Issue
from digest.storage.messages.messages import Message
from digest.storage.running.heartbeats import Heartbeat, ticking_since
from digest.storage.sending.batches import Batch, BatchState, Cause
from digest.storage.sending.deliveries import Delivery
from tests.conftest import TUESDAY
from tests.factories import make_issue, make_summary

FRIDAY = date(2024, 5, 17)
ALICE, BOB = "alice@digest.test", "bob@digest.test"
CLOCK = "the clock"
WEBHOOK_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEnnGtvgaAn46xaqyAyYAnhCg7J3qVCneoCOPAmfLaUVxneF5XNp43ZxouDaNcdtnEo7Th39A/"
    "Bi0kh1QKpcVICw=="
)
"""A public key that nobody has the private one of: events can come, as far as the settings say."""


def freeze_issue(db: Database, settings: Settings, batch_size: int = 50) -> int:
    """An issue frozen for everyone who reads, in batches of that size; returns its id."""
    issue_id = make_issue(db, FRIDAY, [make_summary(db, "Court annuls a fine")])
    close_issue(Context(db, settings, TUESDAY), issue_id, ALICE)
    assert freeze(Context(db, settings, TUESDAY), issue_id, ALICE, batch_size) is Freeze.FROZEN
    return issue_id


def send(db: Database, settings: Settings, issue_id: int) -> Ending:
    """Send what can be sent."""
    with closing(open_transport(settings)) as transport:
        return send_issue(Process(db, settings, transport, lambda: datetime.now(UTC)), issue_id)


def events_come(db: Database, but_for: int = 0) -> None:
    """Of every accepted batch but so many of the first an event has come."""
    with db.writing() as session:
        accepted = session.query(Batch).filter_by(state=BatchState.ACCEPTED).order_by(Batch.id).all()
        for batch in accepted[but_for:]:
            batch.heard_at = database_now(session)


def minutes_pass(db: Database, minutes: float, while_clocks_tick: bool = True) -> None:
    """All that the database noted of batches and clocks was so long ago; unless told otherwise, a clock ticked all the
    time until now.
    """
    with db.writing() as session:
        at = database_now(session)
        ticked = ticking_since(session, at)
        for batch in session.query(Batch):
            _set_back(batch, 60 * minutes, "unknown_at", "accepted_at", "heard_at")
        for heartbeat in session.query(Heartbeat):
            _set_back(heartbeat, 60 * minutes, "at", "since")
        if while_clocks_tick:
            session.merge(Heartbeat(owner="a clock", at=at, since=ticked - 60 * minutes))


def _set_back(row: Batch | Heartbeat, seconds: float, *columns: str) -> None:
    for column in columns:
        if getattr(row, column) is not None:
            setattr(row, column, getattr(row, column) - seconds)


def change_batches(db: Database, change: Callable[[Batch], object], state: BatchState) -> None:
    """Do this to every batch in a state."""
    with db.writing() as session:
        for batch in session.query(Batch).filter_by(state=state):
            change(batch)


def batches(db: Database, state: BatchState) -> list[int]:
    """The ids of the batches in a state."""
    with db.reading() as session:
        return [batch.id for batch in session.query(Batch).filter_by(state=state).order_by(Batch.id)]


def account(db: Database, issue_id: int) -> dict[str, int]:
    """The account's parts that are not zero; it adds up, and the batches' counters say the same as the copies."""
    with db.reading() as session:
        issue = session.get_one(Issue, issue_id)
        counted = account_of(session, issue)
        assert accounts_by_counters(session, [issue])[issue_id] == counted
        assert counted.difference == 0
    parts = ("accepted", "failed", "skipped", "unknown", "held", "waiting")
    return {part: getattr(counted, part) for part in parts if getattr(counted, part)}


def decisions(db: Database) -> list[tuple[int, str, str]]:
    """Every decision as batch, who and verdict, the oldest first."""
    with db.reading() as session:
        rows = session.query(Settlement).order_by(Settlement.id)
        return [(row.batch_id, row.who, row.verdict) for row in rows]


def deaf(settings: Settings) -> Settings:
    """The same, without a webhook."""
    return replace(settings, sendgrid_webhook_key="")


def state(db: Database, issue_id: int) -> str:
    """The issue's."""
    with db.reading() as session:
        return session.get_one(Issue, issue_id).state


def notices(db: Database) -> list[str]:
    """The subjects of what the editors were told, in order."""
    with db.reading() as session:
        rows = session.query(Message).filter_by(kind="notice").order_by(Message.id)
        return [message.subject.removeprefix("Privacy Digest: ") for message in rows]


def history(db: Database, issue_id: int) -> list[str]:
    """The issue's lines as who and what, the oldest first."""
    with db.reading() as session:
        return [f"{line.who}: {line.what}" for line in reversed(history_of(session, issue_id))]


def end_one_copy(db: Database, batch_id: int) -> None:
    """One copy of the batch has an outcome of its own: 49 are left."""
    with db.writing() as session:
        session.query(Delivery).filter_by(batch_id=batch_id).order_by(Delivery.id).limit(1).one().outcome = "skipped"
        session.get_one(Batch, batch_id).skipped += 1


def make_unknown(db: Database, batch_id: int) -> None:
    """From now on nobody knows what became of this batch."""
    with db.writing() as session:
        batch = session.get_one(Batch, batch_id)
        batch.state, batch.unknown_at, batch.cause = BatchState.UNKNOWN, database_now(session), Cause.NO_ANSWER


def at_once(do: Callable[[], object], times: int) -> None:
    """Do it so many times in parallel, and wait for all."""
    threads = [threading.Thread(target=do) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
