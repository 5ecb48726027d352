"""A batch has gone on, or is in somebody’s hands, when SendGrid speaks of an attempt at it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from digest.config import Settings
from digest.mail.outgoing.interface import Answer, Certainty
from digest.operations.sending.claiming import Claimant
from digest.operations.sending.recording import Result
from digest.operations.sending.sender import take_turn
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue
from digest.storage.sending.batches import Attempt, BatchState
from tests.loopback.events import event_of
from tests.loopback.faults import TooLarge
from tests.loopback.journal import Copy
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.loopback.webhook import Behaviour, EventWebhook
from tests.operations.accounting.proving.batches import READERS, claimed, events_of_claim, one_event, put
from tests.reporting import account, batches, fates, history, send, settlements
from tests.web.readers.doors import everything


def test_a_batch_that_waits_to_go_again_does_not_go(
    db: Database, settings: Settings, unknown: int, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    put(db, BatchState.PENDING)
    webhook.tell(one_event(sendgrid))
    send(db, settings, unknown)
    assert account(db, unknown) == {"accepted": READERS}
    assert not sendgrid.doubled()


def test_a_batch_that_went_again_is_told_in_the_history_once(
    db: Database, settings: Settings, unknown: int, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    put(db, BatchState.PENDING)
    send(db, settings, unknown)
    webhook.report(sendgrid.accepted[1:])
    assert history(db, unknown) == []
    webhook.report(sendgrid.accepted[:1], Behaviour.REPLAYED)
    [line] = history(db, unknown)
    assert "it was sent again, and its readers may have two copies" in line
    assert account(db, unknown) == {"accepted": READERS}
    assert settlements(db, unknown) == []


def test_a_batch_in_the_hands_of_another_attempt_is_left_to_it(
    db: Database,
    settings: Settings,
    unknown: int,
    sendgrid: LoopbackSendGrid,
    webhook: EventWebhook,
    caplog: pytest.LogCaptureFixture,
) -> None:
    put(db, BatchState.PENDING)
    with db.writing() as session:
        session.execute(update(Issue).values(state="sending", pace=None, sent_at=None))
    claimed(db, settings, unknown)
    webhook.report(sendgrid.accepted)
    [line] = history(db, unknown)
    assert "it is being sent again, and its readers may get two copies" in line
    assert batches(db, unknown)[0].state == "claimed"
    assert any("against what was judged" in record.message for record in caplog.records)


def test_somebodys_word_that_was_right_needs_no_line(
    db: Database, unknown: int, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    put(db, BatchState.ACCEPTED)
    webhook.report(sendgrid.accepted)
    assert history(db, unknown) == []
    assert batches(db, unknown)[0].heard_at is not None


def test_a_word_that_was_wrong_is_told(
    db: Database, unknown: int, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    put(db, BatchState.SKIPPED)
    webhook.report(sendgrid.accepted)
    [line] = history(db, unknown)
    assert "its readers have had it, although it counts as skipped" in line


def test_we_were_wrong_to_be_certain(
    db: Database, settings: Settings, issue_id: int, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    sendgrid.misbehave(TooLarge())
    send(db, settings, issue_id)
    assert account(db, issue_id) == {"accepted": READERS}
    [refused, *taken] = sendgrid.requests
    with db.reading() as session:
        [attempt] = session.query(Attempt).filter_by(outcome="too large").all()
    copy = taken[0].copies[0]
    args = {**copy.args, "digest_batch": str(attempt.batch_id), "digest_attempt": attempt.id}
    event = event_of(Copy(copy.address, args), "delivered", refused, int(refused.time))
    webhook.tell([event], Behaviour.REPLAYED)
    [line] = history(db, issue_id)
    assert "went on without that" in line
    assert "which was judged “too large”" in line
    assert fates(db)[copy.address][0] == "delivered"
    before = everything(db)
    webhook.tell([event | {"digest_batch": "999"}])
    assert everything(db) == before


def test_copies_that_moved_to_a_batch_of_their_own_are_found(
    db: Database, settings: Settings, issue_id: int, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    sendgrid.refuse("reader000007@example.org")
    send(db, settings, issue_id)
    webhook.report(sendgrid.accepted)
    found = fates(db)
    assert found.pop("reader000007@example.org") == (None, None)
    assert {fate for fate, _ in found.values()} == {"delivered"}
    assert account(db, issue_id) == {"accepted": READERS - 1, "failed": 1}
    assert history(db, issue_id) == []


def test_an_event_may_come_before_the_answer(
    db: Database, settings: Settings, issue_id: int, webhook: EventWebhook
) -> None:
    claim = claimed(db, settings, issue_id)
    webhook.tell(events_of_claim(claim))
    assert account(db, issue_id) == {"accepted": READERS}
    late = Result(claim.attempt_id, [], Answer(Certainty.UNKNOWN, detail="no answer"))
    take_turn(Context(db, settings, datetime.now(UTC)), issue_id, Claimant("a sender"), [late], [])
    assert account(db, issue_id) == {"accepted": READERS}
    assert settlements(db, issue_id) == []
    with db.reading() as session:
        assert session.get_one(Attempt, claim.attempt_id).outcome == "accepted"
        assert session.get_one(Issue, issue_id).pace == 2.0


def test_a_sender_that_died_leaves_no_doubt_where_an_event_came(
    db: Database, settings: Settings, issue_id: int, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    claim = claimed(db, settings, issue_id)
    with db.writing() as session:
        session.execute(update(Attempt).values(lease_until=1.0))
    webhook.tell(events_of_claim(claim))
    send(db, settings, issue_id)
    assert account(db, issue_id) == {"accepted": READERS}
    assert sendgrid.accepted == []
    with db.reading() as session:
        # Nobody knows when it was taken, so it is no measure of silence about others.
        assert session.get_one(Attempt, claim.attempt_id).outcome == "by events"
