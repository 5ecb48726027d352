"""Alice and the other readers have their copies; SendGrid reports what became of them."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import permutations
from random import Random

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import update

from digest.config import Settings
from digest.mail.sendgrid.events import parse
from digest.operations.events.feedback import take_events
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.events.delivery_status import statuses_in
from digest.storage.readers.subscribers import audience_size, count_by_state
from digest.storage.sending.deliveries import Delivery
from tests.conftest import TUESDAY
from tests.factories import make_readers
from tests.loopback.events import body_of, events_of
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.loopback.webhook import Behaviour, EventWebhook, flask_post
from tests.operations.events.alice import ALICE, hashed, to_alice
from tests.reporting import fates, frozen_issue, journal, send, suppressions
from tests.web.readers.doors import everything


@pytest.mark.parametrize(
    ("name", "fate", "reason", "suppressed"),
    [
        ("processed", None, None, None),
        ("delivered", "delivered", "250 2.0.0 OK queued as 4Vf2x", None),
        ("deferred", "deferred", "451 4.7.1 try again later", None),
        ("bounce", "bounced", "550 5.1.1 The account does not exist", "bounce"),
        ("blocked", "blocked", "550 5.7.1 refused by policy", None),
        ("dropped", "dropped", "Bounced Address", "bounce"),
        ("dropped spam", "dropped", "Spam Reporting Address", "complaint"),
        ("dropped invalid", "dropped", "Invalid", "invalid"),
        ("dropped content", "dropped", "Spam Content", None),
        ("spamreport", "complained", None, "complaint"),
    ],
)
def test_a_copy_gets_its_fate_and_a_bad_address_is_suppressed(
    db: Database,
    settings: Settings,
    issue_id: int,
    sendgrid: LoopbackSendGrid,
    webhook: EventWebhook,
    name: str,
    fate: str | None,
    reason: str | None,
    suppressed: str | None,
) -> None:
    assert webhook.tell(to_alice(sendgrid, name)) == [204]
    assert fates(db) == {ALICE: (fate, reason), "bob@example.org": (None, None)}
    assert suppressions(db) == ({hashed(settings): suppressed} if suppressed else {})
    assert journal(settings) == ([("suppressed", hashed(settings))] if suppressed else [])
    with db.reading() as session:
        assert audience_size(session) == (1 if suppressed else 2)
        counted = {name: count for name, count in statuses_in(session, issue_id).items() if count}
        assert counted == ({fate: 1} if fate else {})


@pytest.mark.usefixtures("issue_id")
def test_no_order_of_events_matters(db: Database, sendgrid: LoopbackSendGrid, webhook: EventWebhook) -> None:
    told = to_alice(sendgrid, "processed", "deferred", "delivered", "blocked", "bounce")
    for order in permutations(told):
        forget_fates(db)
        webhook.tell(order[:2])
        webhook.tell(order[2:])
        assert fates(db)[ALICE][0] == "bounced"
    webhook.tell(to_alice(sendgrid, "spamreport", "delivered"))
    webhook.tell(told)
    assert fates(db)[ALICE][0] == "complained"


def forget_fates(db: Database) -> None:
    with db.writing() as session:
        session.execute(update(Delivery).values(fate=None, fate_at=None, fate_reason=None))


@pytest.mark.usefixtures("issue_id")
def test_a_later_deferral_never_takes_a_delivery_back(
    db: Database, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    [delivered, deferred] = to_alice(sendgrid, "delivered", "deferred")
    for one in (deferred, delivered, deferred):
        webhook.tell([one])
    assert fates(db)[ALICE] == ("delivered", delivered["response"])


@pytest.mark.usefixtures("issue_id")
def test_a_replay_changes_nothing(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    names = ("processed", "delivered", "bounce", "spamreport", "unsubscribe")
    webhook.report(sendgrid.accepted, Behaviour.REORDERED, *names)
    before, written = everything(db), journal(settings)
    webhook.replay()
    webhook.report(sendgrid.accepted, Behaviour.FORTY_SIX_TIMES, *names)
    assert everything(db) == before
    assert journal(settings) == written


@pytest.mark.usefixtures("issue_id")
def test_no_address_stays_in_a_reason(db: Database, sendgrid: LoopbackSendGrid, webhook: EventWebhook) -> None:
    words = "550 5.1.1 <Alice@example.org>: no mailbox\r\nhere by that name, alice@example.org."
    webhook.tell(to_alice(sendgrid, "bounce", reason=words))
    assert fates(db)[ALICE] == ("bounced", "550 5.1.1 (address) no mailbox here by that name, (address)")


@pytest.mark.usefixtures("issue_id")
def test_a_bounce_from_before_the_latest_issue_is_not_about_its_copy(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    earlier = int((TUESDAY - timedelta(days=1)).timestamp())
    webhook.tell(to_alice(sendgrid, "bounce", timestamp=earlier), Behaviour.ASYNCHRONOUS)
    assert suppressions(db) == {hashed(settings): "bounce"}
    assert set(fates(db).values()) == {(None, None)}


@pytest.mark.usefixtures("client")
def test_many_posts_at_once_lose_and_double_nothing(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, clock: time_machine.Traveller
) -> None:
    make_readers(db, settings, 40)
    send(db, settings, frozen_issue(db, settings, batch_size=10))
    told = list(events_of(sendgrid.accepted, ["deferred", "delivered", "bounce", "spamreport", "unsubscribe"]))
    clock.shift(timedelta(minutes=1))

    def take(seed: int) -> None:
        events = Random(seed).sample(told, len(told))  # noqa: S311
        for start in range(0, len(events), 50):
            now = datetime.now(UTC)
            take_events(Context(db, settings, now), parse(body_of(events[start : start + 50]), now))

    with ThreadPoolExecutor(4) as posts:
        list(posts.map(take, range(4)))
    assert {fate for fate, _ in fates(db).values()} == {"complained"}
    assert sorted(Counter(what for what, _ in journal(settings)).items()) == [("suppressed", 40), ("unsubscribed", 40)]
    with db.reading() as session:
        assert count_by_state(session)["unsubscribed"] == 40


def test_a_thousand_events_in_one_post(
    client: FlaskClient, db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    make_readers(db, settings, 600)
    send(db, settings, frozen_issue(db, settings))
    webhook = EventWebhook(flask_post(client), per_post=2000)
    assert webhook.report(sendgrid.accepted, Behaviour.REORDERED) == [204]
    assert {fate for fate, _ in fates(db).values()} == {"delivered"}
