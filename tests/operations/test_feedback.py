"""Alice and the other readers have their copies; SendGrid reports what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from random import Random

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import update

from digest.config import Settings
from digest.domain.tokens import fingerprint
from digest.mail.sendgrid_events import parse
from digest.mail.transports import open_outbox
from digest.operations.feedback import take_events
from digest.operations.messaging import deliver_waiting
from digest.operations.privacy import erase
from digest.storage.consents import consent_of
from digest.storage.database import Database
from digest.storage.deliveries import Delivery
from digest.storage.fates import fates_in
from digest.storage.subscribers import SubscriberState, audience_size, count_by_state, subscriber_with_address
from tests.conftest import TUESDAY, Mailbox
from tests.factories import make_editor, make_readers, make_subscriber
from tests.loopback.events import Event, body_of, events_of
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.loopback.webhook import Behaviour, EventWebhook, flask_post
from tests.reporting import fates, frozen_issue, journal, send, suppressions, through
from tests.web.doors import ask, everything, subscribed

ALICE = "alice@example.org"


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
    """An issue that went to Alice and to Bob."""
    make_subscriber(db, settings, "Alice@Example.org")
    make_subscriber(db, settings, "bob@example.org")
    issue_id = frozen_issue(db, settings)
    send(db, settings, issue_id)
    return issue_id


def hashed(settings: Settings, address: str = ALICE) -> str:
    return fingerprint(address, settings.suppression_key)


def to_alice(sendgrid: LoopbackSendGrid, *names: str, **changes: object) -> list[Event]:
    """These events of Alice's copy, with some fields changed; None leaves a field out."""
    events = [event for event in events_of(sendgrid.accepted, names) if event["email"] == ALICE]
    return [{name: value for name, value in (event | changes).items() if value is not None} for event in events]


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
        counted = {name: count for name, count in fates_in(session, issue_id).items() if count}
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


OTHERS = {
    "issue": {"digest_issue": "2024-05-24"},
    "batch": {"digest_batch": "2"},
    "attempt": {"digest_attempt": "0" * 32},
    "delivery": {"digest_delivery": "2"},
    "address": {"email": "bob@example.org"},
    "no issue": {"digest_issue": None},
    "no such delivery": {"digest_delivery": "999999999999999999"},
    "another kind of number": {"digest_delivery": "1.0"},
    "a stranger's address": {"email": "mallory@example.org"},
}


@pytest.mark.parametrize("changes", OTHERS.values(), ids=OTHERS)
@pytest.mark.usefixtures("issue_id")
def test_a_signed_event_that_does_not_fit_changes_nothing(
    db: Database,
    settings: Settings,
    sendgrid: LoopbackSendGrid,
    webhook: EventWebhook,
    changes: dict[str, object],
) -> None:
    before = everything(db)
    assert webhook.tell(to_alice(sendgrid, "bounce", "spamreport", "unsubscribe", "delivered", **changes)) == [204]
    assert everything(db) == before
    assert journal(settings) == []


@pytest.mark.usefixtures("issue_id")
def test_another_installation_on_the_same_account_is_ignored(
    db: Database, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    before = everything(db)
    nameless = dict.fromkeys(("digest_issue", "digest_batch", "digest_attempt", "digest_delivery"))
    webhook.tell(to_alice(sendgrid, "bounce", "unsubscribe", **nameless))
    assert everything(db) == before


@pytest.mark.usefixtures("issue_id")
def test_the_address_counts_however_it_is_written(
    db: Database, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    webhook.tell(to_alice(sendgrid, "bounce", email=" ALICE@Example.ORG"))
    assert fates(db)[ALICE][0] == "bounced"


@pytest.mark.usefixtures("client")
def test_a_domain_of_other_letters_counts_too(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    make_subscriber(db, settings, "anna@bücher.example")
    send(db, settings, frozen_issue(db, settings))
    [event] = events_of(sendgrid.accepted, ["delivered"])
    webhook.tell([event | {"email": "Anna@Bücher.example"}])
    assert fates(db)["anna@xn--bcher-kva.example"][0] == "delivered"


@pytest.mark.usefixtures("issue_id")
def test_no_address_stays_in_a_reason(db: Database, sendgrid: LoopbackSendGrid, webhook: EventWebhook) -> None:
    words = "550 5.1.1 <Alice@example.org>: no mailbox\r\nhere by that name, alice@example.org."
    webhook.tell(to_alice(sendgrid, "bounce", reason=words))
    assert fates(db)[ALICE] == ("bounced", "550 5.1.1 (address) no mailbox here by that name, (address)")


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
def test_a_bounce_from_before_the_latest_issue_is_not_about_its_copy(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    earlier = int((TUESDAY - timedelta(days=1)).timestamp())
    webhook.tell(to_alice(sendgrid, "bounce", timestamp=earlier), Behaviour.ASYNCHRONOUS)
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
    erase(db, settings, datetime.now(UTC), ALICE, "a test")
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


def deliver(db: Database, settings: Settings) -> None:
    with closing(open_outbox(settings)) as outbox:
        deliver_waiting(db, outbox, datetime.now(UTC))


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
            take_events(db, settings, now, parse(body_of(events[start : start + 50]), now))

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
