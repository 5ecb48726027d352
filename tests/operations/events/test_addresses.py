"""Who leaves by SendGrid, and events that name no more than an address."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from digest.config import Settings
from digest.operations.readers.privacy import erase
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.readers.consents import consent_of
from digest.storage.readers.subscribers import SubscriberState, subscriber_with_address
from tests.conftest import Mailbox
from tests.factories import make_editor, make_readers, make_subscriber
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.loopback.webhook import Behaviour, EventWebhook
from tests.operations.events.alice import ALICE, deliver, hashed, to_alice
from tests.reporting import fates, frozen_issue, journal, suppressions
from tests.web.readers.doors import ask, everything, subscribed


@pytest.mark.parametrize("name", ["unsubscribe", "group_unsubscribe", "dropped unsubscribed"])
@pytest.mark.usefixtures("issue_id")
def test_who_leaves_by_sendgrids_own_link_has_left(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, webhook: EventWebhook, name: str
) -> None:
    webhook.tell(to_alice(sendgrid, name))
    with db.reading() as session:
        alice = subscriber_with_address(session, ALICE)
        assert alice is not None
        assert alice.state == SubscriberState.UNSUBSCRIBED
        [(record, wording)] = consent_of(session, alice.id)
    assert (record.step, record.place, record.answer) == ("unsubscribed", "SendGrid", "unsubscribed")
    assert "SendGrid’s own unsubscribe link" in wording.text
    assert journal(settings) == [("unsubscribed", hashed(settings))]
    assert suppressions(db) == {}


@pytest.mark.usefixtures("issue_id")
def test_a_late_unsubscribe_does_not_undo_a_later_sign_up(
    client: FlaskClient,
    db: Database,
    settings: Settings,
    sendgrid: LoopbackSendGrid,
    webhook: EventWebhook,
    mailbox: Mailbox,
    clock: time_machine.Traveller,
) -> None:
    webhook.tell(to_alice(sendgrid, "unsubscribe"))
    clock.shift(timedelta(hours=2))
    object.__setattr__(settings, "mail_transport", "outbox")
    subscribed(client, mailbox, ALICE)
    webhook.tell(to_alice(sendgrid, "unsubscribe"))
    with db.reading() as session:
        alice = subscriber_with_address(session, ALICE)
        assert alice is not None
        assert alice.state == SubscriberState.CONFIRMED


@pytest.mark.usefixtures("issue_id")
def test_a_bounce_that_comes_by_mail_finds_its_reader_by_the_address(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    webhook.tell(to_alice(sendgrid, "bounce"), Behaviour.ASYNCHRONOUS)
    assert suppressions(db) == {hashed(settings): "bounce"}
    assert fates(db)[ALICE][0] == "bounced"
    assert fates(db)["bob@example.org"] == (None, None)


@pytest.mark.usefixtures("issue_id")
def test_a_bounce_by_mail_concerns_the_latest_issue_only_if_that_was_accepted(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    frozen_issue(db, settings, date(2024, 5, 31))
    webhook.tell(to_alice(sendgrid, "bounce"), Behaviour.ASYNCHRONOUS)
    assert suppressions(db) == {hashed(settings): "bounce"}
    assert set(fates(db).values()) == {(None, None)}


@pytest.mark.usefixtures("issue_id")
def test_a_bounce_by_mail_of_nobody_we_know_changes_nothing(
    db: Database, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    before = everything(db)
    strangers = to_alice(sendgrid, "bounce", "spamreport", "delivered", email="mallory@example.org")
    webhook.tell(strangers, Behaviour.ASYNCHRONOUS)
    webhook.tell(to_alice(sendgrid, "delivered"), Behaviour.ASYNCHRONOUS)
    assert everything(db) == before


@pytest.mark.usefixtures("issue_id")
def test_nothing_is_told_of_who_was_erased(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    told = to_alice(sendgrid, "bounce", "spamreport", "unsubscribe")
    erase(Context(db, settings, datetime.now(UTC)), ALICE, "a test")
    before = everything(db)
    webhook.tell(told)
    webhook.tell(told, Behaviour.ASYNCHRONOUS)
    assert everything(db) == before


def test_a_confirmation_that_bounces_is_the_last_to_that_address(
    client: FlaskClient, db: Database, settings: Settings, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    make_subscriber(db, settings, "bob@example.org")
    ask(client, ALICE)
    deliver(db, settings)
    webhook.tell(to_alice(sendgrid, "bounce", email="bob@example.org"))
    assert suppressions(db) == {}
    webhook.tell(to_alice(sendgrid, "bounce"))
    assert suppressions(db) == {hashed(settings): "bounce"}


@pytest.mark.usefixtures("client")
def test_a_notice_to_an_editor_that_bounces_suppresses_nobody(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    make_editor(db, ALICE)
    make_readers(db, settings, 1)
    frozen_issue(db, settings)
    deliver(db, settings)
    told = to_alice(sendgrid, "bounce", "spamreport")
    assert told
    before = everything(db)
    assert webhook.tell(told) == [204]
    assert everything(db) == before
