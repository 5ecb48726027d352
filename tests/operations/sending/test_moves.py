"""A reader who moves while an issue waits, and what SendGrid is told to erase of them."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta

import pytest

from digest.config import Settings
from digest.domain.shared.tokens import new_key
from digest.mail.transports import open_transport
from digest.operations.messages.delivering import deliver_waiting
from digest.operations.readers import privacy, readdressing
from digest.operations.readers.readdressing import MoveState
from digest.operations.running.forgetting import forget_in_time
from digest.operations.running.replaying import replay
from digest.operations.sending.stopping import stop_send
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.messages.messages import Message
from digest.storage.readers.reader_links import ReaderLink
from digest.storage.readers.subscribers import Subscriber, SubscriberState
from digest.storage.sending.deliveries import Delivery
from tests.conftest import TUESDAY
from tests.factories import make_subscriber
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.operations.sending.issues import freeze_issue, send

OLD, NEW = "alice@example.org", "alice@example.com"


def move(db: Database, settings: Settings, reader: Subscriber, at: datetime = TUESDAY) -> None:
    key = new_key()
    with db.writing() as session:
        until = at + timedelta(days=1)
        session.add(
            ReaderLink(subscriber_id=reader.id, key=key, asked_at=at, valid_until=until, email=NEW, address=NEW)
        )
    assert readdressing.move(Context(db, settings, at), key, "a test")[0] is MoveState.MOVED


def hand_over(db: Database, settings: Settings) -> None:
    with db.writing() as session:
        session.query(Message).update({Message.retry_at: 0.0})
    with closing(open_transport(settings)) as transport:
        deliver_waiting(db, settings, transport, lambda: TUESDAY)


@pytest.mark.on_both
def test_an_issue_that_waits_goes_to_the_new_address(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    alice = make_subscriber(db, settings, OLD)
    issue_id = freeze_issue(db, settings)
    move(db, settings, alice)
    send(db, settings, issue_id)
    assert sendgrid.addresses() == [NEW]


@pytest.mark.on_both
def test_a_copy_whose_batch_was_claimed_before_goes_to_nobody_later(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    alice = make_subscriber(db, settings, OLD)
    issue_id = freeze_issue(db, settings)
    move(db, settings, alice)
    with db.writing() as session:  # as a claim that had read it before the move, and was let go after it
        session.query(Delivery).update({Delivery.address: OLD})
    send(db, settings, issue_id)
    assert sendgrid.addresses() == []
    with db.reading() as session:
        assert session.query(Delivery.reason).scalar() == "moved to another address before it was sent"


def test_erasing_tells_sendgrid_of_every_address_that_had_a_copy(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    alice = make_subscriber(db, settings, OLD)
    send(db, settings, freeze_issue(db, settings))
    move(db, settings, alice)
    privacy.erase(Context(db, settings, TUESDAY), NEW, "a test")
    hand_over(db, settings)
    hand_over(db, settings)
    assert sorted(sendgrid.account.erased) == [NEW, OLD]


@pytest.mark.on_both
def test_who_left_and_moved_to_an_erased_address_is_not_erased_by_its_journal(db: Database, settings: Settings) -> None:
    alice = make_subscriber(db, settings, OLD, SubscriberState.UNSUBSCRIBED)
    privacy.erase(Context(db, settings, TUESDAY), NEW, "a test")
    at = TUESDAY + timedelta(hours=2)
    move(db, settings, alice, at)
    replay(Context(db, settings, at))
    with db.reading() as session:
        assert session.query(Subscriber.address).scalar() == NEW


def test_a_stopped_issue_forgets_its_readers_in_time_too(db: Database, settings: Settings) -> None:
    make_subscriber(db, settings, OLD)
    stop_send(db, TUESDAY, freeze_issue(db, settings), "ada")
    forget_in_time(Context(db, settings, TUESDAY + settings.deliveries_kept + timedelta(days=1)))
    with db.reading() as session:
        assert session.query(Delivery.address).scalar() is None
