"""What was proven while another attempt was under way: however that one ends, none follows."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from digest.config import Settings
from digest.domain.shared.tokens import new_key
from digest.mail.outgoing.interface import Answer, Certainty
from digest.mail.sendgrid.events import Event, parse
from digest.mail.transports import open_transport
from digest.operations.accounting.deciding import decide_batch
from digest.operations.events.feedback import take_events
from digest.operations.running.sending_now import prepare, report
from digest.operations.sending.claiming import Claim, Claimant
from digest.operations.sending.recording import Result
from digest.operations.sending.sender import take_turn
from digest.operations.shared.context import Context, Process
from digest.operations.shared.refusal import Refused
from digest.storage.accounting.settlements import Verdict
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue
from digest.storage.sending.batches import Attempt, Batch
from tests.factories import make_readers
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.reporting import account, both_ways, frozen_issue

BOB = "bob@digest.test"


@pytest.fixture
def environ(environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | both_ways(sendgrid)


def turn(
    db: Database, settings: Settings, issue_id: int, results: Sequence[Result] = (), wanted: int = 0
) -> list[Claim]:
    """One turn of a sender, whatever the pace."""
    with db.writing() as session:
        session.execute(update(Issue).values(pace=None, paused_until=0.0))
        session.execute(update(Batch).values(retry_at=0.0))
    keys = [new_key() for _ in range(wanted)]
    return list(take_turn(Context(db, settings, datetime.now(UTC)), issue_id, Claimant("a sender"), results, keys))


def result(claim: Claim, certainty: Certainty) -> Result:
    return Result(claim.attempt_id, claim.copies.deliveries, Answer(certainty, detail="what came back"))


def processed(claim: Claim) -> list[Event]:
    """SendGrid’s event of the claim's first copy."""
    event = {
        "event": "processed", "email": claim.copies.addresses[0], "timestamp": int(time.time()),
        "digest_issue": claim.issue_date.isoformat(), "digest_batch": str(claim.batch_id),
        "digest_attempt": claim.attempt_id, "digest_delivery": str(claim.copies.deliveries[0]),
    }  # fmt: skip
    return parse(json.dumps([event]).encode(), datetime.now(UTC))


def proven_under_the_second(db: Database, settings: Settings, issue_id: int) -> Claim:
    """The first attempt is unknown, a person says resend, and an event proves it under the second."""
    [first] = turn(db, settings, issue_id, wanted=1)
    turn(db, settings, issue_id, [result(first, Certainty.UNKNOWN)])
    decide_batch(Context(db, settings, datetime.now(UTC)), first.batch_id, Verdict.RESEND, BOB)
    [second] = turn(db, settings, issue_id, wanted=1)
    take_events(Context(db, settings, datetime.now(UTC)), processed(first))
    return second


@pytest.mark.parametrize(
    "certainty",
    [
        Certainty.RETRY, Certainty.NEVER_LEFT, Certainty.REFUSED, Certainty.OFFENDERS, Certainty.TOO_LARGE,
        Certainty.UNKNOWN,
    ],
)  # fmt: skip
def test_however_the_second_attempt_ends_there_is_no_third(
    db: Database, settings: Settings, certainty: Certainty
) -> None:
    make_readers(db, settings, 60)
    issue_id = frozen_issue(db, settings)
    second = proven_under_the_second(db, settings, issue_id)
    turn(db, settings, issue_id, [result(second, certainty)])
    assert turn(db, settings, issue_id, wanted=2) == []
    assert account(db, issue_id) == {"accepted": 60}


def test_nor_when_the_second_sender_dies(db: Database, settings: Settings) -> None:
    make_readers(db, settings, 60)
    issue_id = frozen_issue(db, settings)
    second = proven_under_the_second(db, settings, issue_id)
    with db.writing() as session:
        session.get_one(Attempt, second.attempt_id).lease_until = 1.0
    assert turn(db, settings, issue_id, wanted=2) == []
    assert account(db, issue_id) == {"accepted": 60}


def test_an_answer_that_comes_after_its_event_still_tells_the_message_id(db: Database, settings: Settings) -> None:
    make_readers(db, settings, 3)
    issue_id = frozen_issue(db, settings)
    [claim] = turn(db, settings, issue_id, wanted=1)
    take_events(Context(db, settings, datetime.now(UTC)), processed(claim))
    answer = Answer(Certainty.ACCEPTED, 202, "14c5d75ce93.dfd.64b469")
    turn(db, settings, issue_id, [Result(claim.attempt_id, claim.copies.deliveries, answer)])
    with db.reading() as session:
        attempt = session.get_one(Attempt, claim.attempt_id)
        assert (attempt.outcome, attempt.status, attempt.message_id) == ("accepted", 202, "14c5d75ce93.dfd.64b469")
        assert "processed" in attempt.detail


def test_a_sender_that_dies_before_the_end_keeps_no_later_issue_waiting(db: Database, settings: Settings) -> None:
    make_readers(db, settings, 3)
    issue_id = frozen_issue(db, settings)
    [claim] = turn(db, settings, issue_id, wanted=1)
    turn(db, settings, issue_id, [result(claim, Certainty.ACCEPTED)])
    assert report(db, issue_id).state == "sending"
    with (
        closing(open_transport(settings)) as transport,
        pytest.raises(Refused, match="The issue of 24 May 2024 is empty"),
    ):
        prepare(Process(db, settings, transport, lambda: datetime.now(UTC)), None)
    assert report(db, issue_id).state == "sent"


@pytest.mark.only_on("postgresql")
def test_events_and_senders_never_wait_for_each_other_in_a_ring(db: Database, settings: Settings) -> None:
    make_readers(db, settings, 160)
    issue_id = frozen_issue(db, settings, batch_size=4)
    with closing(Database(settings.database_url)) as theirs, ThreadPoolExecutor(1) as webhook:
        for _ in range(10):
            claims = turn(db, settings, issue_id, wanted=4)
            last_first = sorted(claims, key=lambda claim: claim.attempt_id, reverse=True)
            events = [event for claim in claims for event in processed(claim)]
            taken = webhook.submit(take_events, Context(theirs, settings, datetime.now(UTC)), events)
            turn(db, settings, issue_id, [result(claim, Certainty.ACCEPTED) for claim in last_first])
            taken.result()
    assert account(db, issue_id) == {"accepted": 160}
