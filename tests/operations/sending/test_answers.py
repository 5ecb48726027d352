"""What SendGrid answers, or doesn't, decides whether a copy is held, goes again, is halved or fails."""

from __future__ import annotations

import pytest

from digest.config import Settings
from digest.operations.sending.sender import Ending
from digest.storage.base.database import Database
from digest.storage.sending.batches import Attempt, Batch
from digest.storage.sending.deliveries import Delivery
from tests.factories import make_readers, make_subscriber
from tests.loopback.answers import FieldError
from tests.loopback.faults import (
    AnswerMalformed,
    AnswerTruncated,
    BadRequest,
    DropUnanswered,
    Fault,
    OkInsteadOfAccepted,
    Redirect,
    ServerError,
    TooLarge,
    TooManyRequests,
)
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.operations.sending.issues import account, freeze_issue, send


@pytest.mark.parametrize(
    "fault",
    [
        DropUnanswered(accept=True),
        DropUnanswered(accept=False),
        ServerError(500),
        ServerError(503),
        Redirect(),
        OkInsteadOfAccepted(),
        AnswerMalformed(),
        AnswerTruncated(),
    ],
    ids=lambda fault: repr(fault),
)
def test_what_nobody_can_know_is_held_and_never_sent_again(
    db: Database, settings: Settings, frozen: int, sendgrid: LoopbackSendGrid, fault: Fault
) -> None:
    sendgrid.misbehave(fault)
    assert send(db, settings, frozen) is Ending.DONE
    assert send(db, settings, frozen) is Ending.DONE
    found = account(db, frozen)
    assert found["held"] in (2, 3)
    assert found["accepted"] == 7 - found["held"]
    assert not sendgrid.doubled()


@pytest.mark.parametrize("fault", [TooManyRequests(reset_in=1), TooManyRequests()], ids=repr)
def test_what_certainly_did_not_leave_goes_again(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, fault: Fault
) -> None:
    make_subscriber(db, settings, "zoe@example.org")
    issue_id = freeze_issue(db, settings)
    sendgrid.misbehave(fault)
    assert send(db, settings, issue_id, wait=False) is Ending.LATER
    assert account(db, issue_id) == {"waiting": 1}
    no_need_to_wait(db)
    send(db, settings, issue_id)
    assert sendgrid.addresses() == ["zoe@example.org"]
    assert account(db, issue_id) == {"accepted": 1}


def test_no_connection_means_again(db: Database, settings: Settings, sendgrid: LoopbackSendGrid) -> None:
    make_subscriber(db, settings, "zoe@example.org")
    issue_id = freeze_issue(db, settings)
    sendgrid.stop()
    assert send(db, settings, issue_id, wait=False) is Ending.LATER
    assert account(db, issue_id) == {"waiting": 1}
    sendgrid.start()
    no_need_to_wait(db)
    send(db, settings, issue_id)
    assert sendgrid.addresses() == ["zoe@example.org"]


def no_need_to_wait(db: Database) -> None:
    with db.writing() as session:
        for batch in session.query(Batch).all():
            batch.retry_at = 0.0


def test_a_refused_address_fails_and_the_others_go(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    make_readers(db, settings, 4)
    issue_id = freeze_issue(db, settings)
    sendgrid.refuse("reader000001@example.org")
    assert send(db, settings, issue_id) is Ending.DONE
    assert sorted(sendgrid.addresses()) == [f"reader00000{number}@example.org" for number in (0, 2, 3)]
    assert account(db, issue_id) == {"accepted": 3, "failed": 1}


def test_too_large_is_halved(db: Database, settings: Settings, sendgrid: LoopbackSendGrid) -> None:
    make_readers(db, settings, 4)
    issue_id = freeze_issue(db, settings)
    sendgrid.misbehave(TooLarge())
    assert send(db, settings, issue_id) is Ending.DONE
    assert sorted(request.count for request in sendgrid.accepted) == [2, 2]
    assert account(db, issue_id) == {"accepted": 4}
    assert not sendgrid.doubled()


def test_one_that_is_too_large_by_itself_fails(db: Database, settings: Settings, sendgrid: LoopbackSendGrid) -> None:
    make_subscriber(db, settings, "zoe@example.org")
    issue_id = freeze_issue(db, settings)
    sendgrid.misbehave(TooLarge())
    send(db, settings, issue_id)
    assert account(db, issue_id) == {"failed": 1}


def test_no_address_stays_in_the_words_that_sendgrid_gave(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    make_readers(db, settings, 2)
    issue_id = freeze_issue(db, settings)
    wrong = FieldError("reader000001@example.org is not an address", "personalizations.1.to.0.email")
    sendgrid.misbehave(BadRequest((wrong,)))
    send(db, settings, issue_id)
    with db.reading() as session:
        said = [attempt.detail for attempt in session.query(Attempt)] + [b.because for b in session.query(Batch)]
        reasons = [delivery.reason for delivery in session.query(Delivery) if delivery.reason]
    assert account(db, issue_id) == {"accepted": 1, "failed": 1}
    assert reasons == ["(address) is not an address (personalizations.1.to.0.email)"]
    assert not [words for words in said if "@" in words]
