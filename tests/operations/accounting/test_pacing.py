"""After an unknown outcome: a harmless question first, then one request, then two; after a 429, half."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime

import pytest

from digest.config import Settings
from digest.domain.shared.tokens import new_key
from digest.mail.outgoing.interface import Answer, Certainty
from digest.mail.transports import open_transport
from digest.operations.accounting.pacing import probe_if_due
from digest.operations.issues.closing import close_issue
from digest.operations.running.sending_now import report
from digest.operations.sending.claiming import Claim, Claimant
from digest.operations.sending.freezing import freeze
from digest.operations.sending.recording import Result
from digest.operations.sending.sender import Ending, send_issue, take_turn
from digest.operations.shared.context import Context, Process
from digest.storage.base.database import Database, database_now
from digest.storage.issues.issues import Issue
from digest.storage.sending.batches import Batch
from tests.conftest import TUESDAY, through
from tests.factories import make_issue, make_readers, make_summary
from tests.loopback.faults import DropUnanswered, ServerError, TooManyRequests, Unauthorized
from tests.loopback.sendgrid import LoopbackSendGrid

ALICE = "alice@digest.test"
SCOPES = "/v3/scopes"


@pytest.fixture
def environ(environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | through(sendgrid) | {"SEND_CONCURRENCY": "4"}


@pytest.fixture
def frozen(db: Database, settings: Settings) -> int:
    """An issue for twenty readers in ten batches."""
    make_readers(db, settings, 20)
    issue_id = make_issue(db, summary_ids=[make_summary(db)])
    close_issue(Context(db, settings, TUESDAY), issue_id, ALICE)
    freeze(Context(db, settings, TUESDAY), issue_id, ALICE, batch_size=2)
    return issue_id


def send(db: Database, settings: Settings, issue_id: int, wait: bool = True) -> Ending:
    with closing(open_transport(settings)) as transport:
        return send_issue(Process(db, settings, transport, lambda: datetime.now(UTC)), issue_id, wait=wait)


def turn(db: Database, settings: Settings, issue_id: int, accepted: Sequence[Claim] = ()) -> list[Claim]:
    """One turn of a sender that wants eight requests, after SendGrid took these."""
    keys = [new_key() for _ in range(8)]
    took = [Result(claim.attempt_id, claim.copies.deliveries, Answer(Certainty.ACCEPTED, 202)) for claim in accepted]
    return list(take_turn(Context(db, settings, TUESDAY), issue_id, Claimant("a sender"), took, keys))


def paths(sendgrid: LoopbackSendGrid) -> list[str]:
    return [request.path for request in sendgrid.requests]


def probe_now(db: Database, issue_id: int) -> None:
    with db.writing() as session:
        session.get_one(Issue, issue_id).probe_at = 0.0


def test_an_outage_at_the_send_moment_costs_one_batch(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, frozen: int
) -> None:
    sendgrid.misbehave(ServerError(503), every=1)
    sendgrid.misbehave(ServerError(503), path=SCOPES, every=1)
    assert send(db, settings, frozen, wait=False) is Ending.LATER
    probe_now(db, frozen)
    assert send(db, settings, frozen, wait=False) is Ending.LATER
    assert paths(sendgrid) == ["/v3/mail/send", SCOPES, SCOPES]
    assert (report(db, frozen).held, report(db, frozen).waiting) == (2, 18)
    sendgrid.behave()
    probe_now(db, frozen)
    assert send(db, settings, frozen) is Ending.DONE
    assert (report(db, frozen).accepted, report(db, frozen).held) == (18, 2)
    assert not sendgrid.doubled()


def test_a_probe_answered_below_500_lets_it_go_on(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, frozen: int
) -> None:
    sendgrid.misbehave(DropUnanswered(accept=True))
    assert send(db, settings, frozen) is Ending.DONE
    assert paths(sendgrid)[:3] == ["/v3/mail/send", SCOPES, "/v3/mail/send"]
    assert len(sendgrid.addresses()) == 20


def test_it_begins_with_one_request_and_doubles(db: Database, settings: Settings, frozen: int) -> None:
    first = turn(db, settings, frozen)
    assert len(first) == 1
    assert turn(db, settings, frozen) == [], "one is in flight"
    second = turn(db, settings, frozen, accepted=first)
    assert len(second) == 2
    assert len(turn(db, settings, frozen, accepted=second)) == 4


def test_a_probe_from_before_the_last_unknown_opens_nothing(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, frozen: int
) -> None:
    sendgrid.misbehave(ServerError(503))
    send(db, settings, frozen, wait=False)
    with db.writing() as session:
        issue = session.get_one(Issue, frozen)
        issue.pace, issue.probe_at, issue.probe_key = 0.0, 0.0, "of a probe under way"
    with closing(open_transport(settings)) as transport:

        class Interrupted:
            """While it asks, another sender meets an unknown outcome."""

            def __getattr__(self, name: str) -> object:
                return getattr(transport, name)

            def probe(self) -> bool:
                with db.writing() as session:
                    session.get_one(Issue, frozen).probe_key = ""
                return transport.probe()

        assert not probe_if_due(db, Interrupted(), frozen)  # type: ignore[arg-type]
    with db.reading() as session:
        assert session.get_one(Issue, frozen).pace == 0.0


def test_a_429_with_a_reset_time_holds_all_back_until_then(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, frozen: int
) -> None:
    sendgrid.misbehave(TooManyRequests(reset_in=600), nth=4)
    assert send(db, settings, frozen, wait=False) is Ending.LATER
    accepted = len(sendgrid.accepted)
    assert send(db, settings, frozen, wait=False) is Ending.LATER
    assert len(sendgrid.accepted) == accepted, "nothing is asked before the limit is lifted"
    with db.writing() as session:
        session.get_one(Issue, frozen).paused_until = 0.0
        for batch in session.query(Batch):
            batch.retry_at = 0.0
    assert send(db, settings, frozen) is Ending.DONE
    assert sorted(sendgrid.addresses()) == sorted(set(sendgrid.addresses()))
    assert report(db, frozen).accepted == 20


def test_a_429_after_a_refusal_holds_all_back_too(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, frozen: int
) -> None:
    sendgrid.misbehave(Unauthorized(), nth=1)
    assert send(db, settings, frozen, wait=False) is Ending.PAUSED
    with db.writing() as session:
        session.get_one(Issue, frozen).paused_until = 1.0
    sendgrid.misbehave(TooManyRequests(reset_in=600), every=1)
    assert send(db, settings, frozen, wait=False) is Ending.LATER
    assert len(sendgrid.requests) == 2, "one was refused, and one was told to wait"
    with db.reading() as session:
        issue = session.get_one(Issue, frozen)
        assert not issue.paused_because
        assert issue.paused_until > database_now(session) + 500


def test_a_refusal_does_not_shorten_a_limit(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, frozen: int
) -> None:
    with db.writing() as session:
        session.get_one(Issue, frozen).pace = None
    sendgrid.misbehave(TooManyRequests(reset_in=600), nth=1)
    sendgrid.misbehave(Unauthorized(), nth=2)
    assert send(db, settings, frozen, wait=False) is Ending.PAUSED
    with db.reading() as session:
        assert session.get_one(Issue, frozen).paused_until > database_now(session) + 500


def test_a_429_halves_the_pace(db: Database, settings: Settings, sendgrid: LoopbackSendGrid, frozen: int) -> None:
    with db.writing() as session:
        session.get_one(Issue, frozen).pace = None
    sendgrid.misbehave(TooManyRequests(), nth=1)
    send(db, settings, frozen, wait=False)
    with db.reading() as session:
        issue = session.get_one(Issue, frozen)
        assert issue.pace is not None
        assert issue.pace_gentle


def test_no_payload_is_logged_whatever_the_level(
    db: Database, settings: Settings, frozen: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    send(db, settings, frozen)
    assert "python_http_client" in {record.name.partition(".")[0] for record in caplog.records}
    assert "reader000001@example.org" not in caplog.text
    assert "/unsubscribe/" not in caplog.text
