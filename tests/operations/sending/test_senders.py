"""Senders that are stopped, that die, and that work side by side: nothing is lost and nothing goes twice."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest

from digest import config
from digest.config import Settings
from digest.domain.shared.tokens import new_key
from digest.operations.sending.claiming import Claimant
from digest.operations.sending.sender import Ending, take_turn
from digest.operations.sending.stopping import resume_send, stop_send
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.messages.messages import Message
from digest.storage.sending.batches import Attempt
from tests.conftest import TUESDAY
from tests.factories import make_readers
from tests.loopback.answers import FieldError
from tests.loopback.faults import BadRequest, Fault, SenderNotVerified, Unauthorized
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.operations.sending.issues import ALICE, account, freeze_issue, send


@pytest.mark.parametrize(
    "fault",
    [Unauthorized(), SenderNotVerified(), BadRequest((FieldError("bad content", "content.0.value", None),))],
    ids=repr,
)
def test_a_refusal_stops_the_send_tells_the_editors_once_and_loses_nothing(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, frozen: int, fault: Fault
) -> None:
    sendgrid.misbehave(fault, path="/v3/mail/send", every=1)
    assert send(db, settings, frozen) is Ending.PAUSED
    assert account(db, frozen) == {"waiting": 7}
    assert notices(db) == ["Privacy Digest: The send has stopped"]
    sendgrid.behave()
    resume_send(db, TUESDAY, frozen, ALICE)
    assert send(db, settings, frozen) is Ending.DONE
    assert account(db, frozen) == {"accepted": 7}
    assert not sendgrid.doubled()


def notices(db: Database) -> list[str]:
    with db.reading() as session:
        return [message.subject for message in session.query(Message).filter_by(kind="notice")]


def test_stop_holds_what_has_not_left(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, frozen: int
) -> None:
    stop_send(db, TUESDAY, frozen, ALICE)
    assert send(db, settings, frozen) is Ending.PAUSED
    assert sendgrid.requests == []
    resume_send(db, TUESDAY, frozen, ALICE)
    assert send(db, settings, frozen) is Ending.DONE
    assert len(sendgrid.addresses()) == 7


@pytest.mark.parametrize("key", ["SG.key…", "SG.a b", "“SG.key”"])
def test_a_key_that_no_header_can_carry_stops_the_start(environ: dict[str, str], settings: Settings, key: str) -> None:
    with pytest.raises(config.BadSetting, match="SENDGRID_API_KEY: use the key") as caught:
        config.load(environ | {"SENDGRID_API_KEY": key}, settings.instance_path)
    assert key not in str(caught.value)


def test_a_dead_senders_batch_is_held_when_its_lease_ends(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, frozen: int
) -> None:
    [claimed] = take_turn(Context(db, settings, TUESDAY), frozen, Claimant("a sender that dies"), (), [new_key()])
    with db.writing() as session:
        session.get_one(Attempt, claimed.attempt_id).lease_until = 1.0
    assert send(db, settings, frozen) is Ending.DONE
    assert account(db, frozen) == {"accepted": 7 - len(claimed.copies), "held": len(claimed.copies)}
    assert not set(claimed.copies.addresses) & set(sendgrid.addresses())


def test_four_senders_at_once_double_nobody(db: Database, settings: Settings, sendgrid: LoopbackSendGrid) -> None:
    make_readers(db, settings, 60)
    issue_id = freeze_issue(db, settings, batch_size=5)

    def one_sender() -> None:
        with closing(Database(settings.database_url)) as own:
            send(own, settings, issue_id)

    senders = [threading.Thread(target=one_sender) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert len(sendgrid.addresses()) == 60
    assert not sendgrid.doubled()
    assert account(db, issue_id) == {"accepted": 60}
