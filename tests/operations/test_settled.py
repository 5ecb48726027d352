"""Nobody knows whether a batch left; then SendGrid speaks of one of its copies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from digest.config import Settings
from digest.domain.tokens import new_key
from digest.mail.outbox import Answer, Certainty
from digest.operations.claiming import Claim, Editions
from digest.operations.recording import Result
from digest.operations.sending import take_turn
from digest.operations.settled import prove_attempt
from digest.storage.batches import Attempt, Batch, BatchState
from digest.storage.database import Database
from digest.storage.deliveries import Delivery
from digest.storage.issues import Issue
from tests.factories import make_readers
from tests.loopback.events import Event, event_of, events_of
from tests.loopback.faults import DropUnanswered, ServerError, TooLarge
from tests.loopback.journal import Copy, Received
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.loopback.webhook import Behaviour, EventWebhook, flask_post
from tests.reporting import account, batches, fates, frozen_issue, history, send, settlements, through
from tests.web.doors import everything

READERS = 60
SETTLES = {
    Behaviour.PROMPT, Behaviour.FORTY_SIX_TIMES, Behaviour.REORDERED, Behaviour.MISSING, Behaviour.REPLAYED,
}  # fmt: skip


@pytest.fixture
def sendgrid() -> Iterator[LoopbackSendGrid]:
    with LoopbackSendGrid() as server:
        yield server


@pytest.fixture
def environ(environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | through(sendgrid)


@pytest.fixture
def webhook(client: FlaskClient) -> EventWebhook:
    return EventWebhook(flask_post(client))


@pytest.fixture
def issue_id(client: FlaskClient, db: Database, settings: Settings) -> int:  # noqa: ARG001 - the site first
    """An issue frozen for sixty readers in one batch."""
    make_readers(db, settings, READERS)
    return frozen_issue(db, settings)


@pytest.fixture
def unknown(db: Database, settings: Settings, issue_id: int, sendgrid: LoopbackSendGrid) -> int:
    """The same issue, after a request that SendGrid took without an answer."""
    sendgrid.misbehave(DropUnanswered(accept=True))
    send(db, settings, issue_id)
    assert account(db, issue_id) == {"unknown": READERS}
    return issue_id


def one_event(sendgrid: LoopbackSendGrid, name: str = "processed", of: int = 0) -> list[Event]:
    """The first event of one accepted request."""
    return list(events_of(sendgrid.accepted[of : of + 1], [name]))[:1]


def put(db: Database, state: BatchState) -> None:
    """Let every batch be in this state, by somebody's word."""
    with db.writing() as session:
        session.execute(update(Batch).values(state=state, retry_at=0.0))


def claimed(db: Database, settings: Settings, issue_id: int) -> Claim:
    """A sender's claim of the issue's batch."""
    [claim] = take_turn(db, settings, datetime.now(UTC), issue_id, "a sender", (), [new_key()], Editions())
    return claim


def events_of_claim(claim: Claim) -> list[Event]:
    """What SendGrid would report of a claim's copies."""
    args = {
        "digest_issue": claim.issue_date.isoformat(),
        "digest_batch": str(claim.batch_id),
        "digest_attempt": claim.attempt_id,
    }
    copies = tuple(Copy(one.address, args | {"digest_delivery": str(one.delivery_id)}) for one in claim.copies)
    at = datetime.now(UTC).timestamp()
    received = Received(0, at, "POST", "/v3/mail/send", 202, True, True, message_id="abc", copies=copies)
    return list(events_of([received], ["processed"]))


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
    assert everything(db) == before


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
            prove_attempt(session, settings, datetime.now(UTC), unknown, attempt.id, evidence)
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


def make_readers_of_another_batch(db: Database, issue_id: int) -> None:
    """Split the issue's batch into two."""
    with db.writing() as session:
        [first] = session.query(Batch).all()
        second = Batch(issue_id=issue_id, edition_id=first.edition_id, size=READERS // 2)
        session.add(second)
        session.flush()
        session.execute(update(Delivery).where(Delivery.id % 2 == 0).values(batch_id=second.id))
        first.size -= second.size


def test_a_held_batch_is_settled_too(
    db: Database, unknown: int, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    put(db, BatchState.HELD)
    webhook.tell(one_event(sendgrid))
    assert account(db, unknown) == {"accepted": READERS}
    assert len(settlements(db, unknown)) == 1


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
    take_turn(db, settings, datetime.now(UTC), issue_id, "a sender", [late], [], Editions())
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
