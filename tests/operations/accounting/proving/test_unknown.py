"""Nobody knows whether a batch left; then SendGrid speaks of one of its copies."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.config import Settings
from digest.operations.accounting.proving import prove_attempt
from digest.operations.shared.context import Work
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue
from digest.storage.sending.batches import Attempt, BatchState
from tests.loopback.faults import DropUnanswered, ServerError
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.loopback.webhook import Behaviour, EventWebhook
from tests.operations.accounting.proving.batches import READERS, make_readers_of_another_batch, one_event, put
from tests.reporting import account, batches, history, send, settlements
from tests.web.readers.doors import everything

SETTLES = {
    Behaviour.PROMPT, Behaviour.FORTY_SIX_TIMES, Behaviour.REORDERED, Behaviour.MISSING, Behaviour.REPLAYED,
}  # fmt: skip  # fmt: skip


@pytest.mark.parametrize("behaviour", Behaviour)
def test_any_signed_event_settles_an_unknown_batch_once(
    db: Database, unknown: int, sendgrid: LoopbackSendGrid, webhook: EventWebhook, behaviour: Behaviour
) -> None:
    statuses = webhook.report(sendgrid.accepted, behaviour)
    assert set(statuses) <= ({403} if behaviour is Behaviour.FORGED else {204})
    settled = behaviour in SETTLES
    assert account(db, unknown) == ({"accepted": READERS} if settled else {"unknown": READERS})
    assert len(settlements(db, unknown)) == len(history(db, unknown)) == settled
    assert webhook.release() == ([204] * 2 if behaviour is Behaviour.LATE else [])
    assert account(db, unknown) == (
        {"accepted": READERS} if settled or behaviour is Behaviour.LATE else {"unknown": 60}
    )
    assert len(sendgrid.addresses()) == READERS
    assert not sendgrid.doubled()


@pytest.mark.parametrize("name", ["processed", "deferred", "bounce", "dropped", "spamreport", "group_unsubscribe"])
def test_one_event_of_whatever_kind_settles(
    db: Database, unknown: int, sendgrid: LoopbackSendGrid, webhook: EventWebhook, name: str
) -> None:
    webhook.tell(one_event(sendgrid, name))
    assert account(db, unknown) == {"accepted": READERS}


@pytest.mark.parametrize("name", ["open", "click", "group_resubscribe", "account_status_change"])
@pytest.mark.usefixtures("unknown")
def test_events_that_we_do_not_take_settle_nothing(
    db: Database, sendgrid: LoopbackSendGrid, webhook: EventWebhook, name: str
) -> None:
    before = everything(db)
    assert webhook.tell(one_event(sendgrid, name)) == [204]
    # How the account stands is kept and alerted to, and is about no copy.
    assert everything(db) | {"standings": [], "alerts": []} == before


def test_the_decision_is_written_with_who_when_and_on_which_evidence(
    db: Database, unknown: int, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    webhook.tell(one_event(sendgrid))
    [settlement] = settlements(db, unknown)
    assert (settlement.who, settlement.verdict) == ("SendGrid's events", "sent")
    assert settlement.evidence.startswith("SendGrid reported “processed” of 14 May 2024, 09:00:00 UTC, for its attempt")
    assert "which was judged “unknown” (no complete answer from SendGrid" in settlement.evidence
    assert "@" not in settlement.evidence
    [line] = history(db, unknown)
    assert line == f"batch {settlement.batch_id} was taken: {settlement.evidence}"
    with db.reading() as session:
        assert session.get_one(Issue, unknown).state == "sent"
    [batch] = batches(db, unknown)
    assert batch.heard_at is not None
    assert batch.accepted_at is not None


@pytest.mark.parametrize(("state", "decisions"), [(BatchState.UNKNOWN, 1), (BatchState.SKIPPED, 0)])
def test_two_posts_that_read_before_either_wrote_say_it_once(
    db: Database, settings: Settings, unknown: int, state: BatchState, decisions: int
) -> None:
    put(db, state)
    with db.reading() as session:
        [attempt] = session.query(Attempt).all()
    for evidence in ("one POST", "another"):
        with db.writing() as session:
            prove_attempt(Work(session, settings, datetime.now(UTC)), unknown, attempt.id, evidence)
    [line] = history(db, unknown)
    assert "one POST, for its attempt" in line
    assert len(settlements(db, unknown)) == decisions


def test_the_issue_goes_on_until_its_last_batch_is_settled(
    db: Database, settings: Settings, issue_id: int, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    make_readers_of_another_batch(db, issue_id)
    sendgrid.misbehave(DropUnanswered(accept=True), every=1)
    send(db, settings, issue_id)
    assert account(db, issue_id) == {"unknown": READERS}
    webhook.tell(one_event(sendgrid, of=0))
    with db.reading() as session:
        assert session.get_one(Issue, issue_id).state == "sending"
    webhook.tell(one_event(sendgrid, of=1))
    with db.reading() as session:
        assert session.get_one(Issue, issue_id).state == "sent"


def test_a_held_batch_is_settled_too(
    db: Database, unknown: int, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    put(db, BatchState.HELD)
    webhook.tell(one_event(sendgrid))
    assert account(db, unknown) == {"accepted": READERS}
    assert len(settlements(db, unknown)) == 1


def test_what_is_accepted_is_marked_as_heard_at_the_first_event(
    db: Database, settings: Settings, issue_id: int, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    send(db, settings, issue_id)
    assert [batch.heard_at for batch in batches(db, issue_id)] == [None]
    webhook.tell(one_event(sendgrid))
    [first] = [batch.heard_at for batch in batches(db, issue_id)]
    assert first is not None
    webhook.report(sendgrid.accepted)
    assert [batch.heard_at for batch in batches(db, issue_id)] == [first]
    assert history(db, issue_id) == []


@pytest.mark.parametrize("changes", [{"email": "reader000001@example.org"}, {"digest_issue": "2024-05-10"}])
@pytest.mark.usefixtures("unknown")
def test_an_event_that_does_not_fit_settles_nothing(
    db: Database, sendgrid: LoopbackSendGrid, webhook: EventWebhook, changes: dict[str, str]
) -> None:
    before = everything(db)
    webhook.tell([one_event(sendgrid)[0] | changes])
    assert everything(db) == before


def test_a_copy_of_another_batch_settles_nothing(
    db: Database, settings: Settings, issue_id: int, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    make_readers_of_another_batch(db, issue_id)
    sendgrid.misbehave(DropUnanswered(accept=True), every=1)
    send(db, settings, issue_id)
    [one], [other] = one_event(sendgrid, of=0), one_event(sendgrid, of=1)
    before = everything(db)
    webhook.tell([one | {name: other[name] for name in ("digest_batch", "digest_attempt")}])
    assert everything(db) == before


def test_a_batch_that_sendgrid_never_took_stays_unknown(
    db: Database, settings: Settings, issue_id: int, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    sendgrid.misbehave(ServerError(503, accept=False))
    send(db, settings, issue_id)
    assert webhook.report(sendgrid.accepted) == []
    assert account(db, issue_id) == {"unknown": READERS}
