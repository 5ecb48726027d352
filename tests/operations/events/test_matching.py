"""An event counts only for the copy that all of it names."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from digest.config import Settings
from digest.storage.base.database import Database
from digest.storage.sending.deliveries import Delivery
from tests.factories import make_subscriber
from tests.loopback.events import events_of
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.loopback.webhook import EventWebhook
from tests.operations.events.alice import ALICE, hashed, to_alice
from tests.reporting import fates, frozen_issue, journal, send, suppressions
from tests.web.readers.doors import everything

NAMELESS = dict.fromkeys(("digest_issue", "digest_batch", "digest_attempt", "digest_delivery"))

OTHERS: dict[str, dict[str, object]] = {
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


@pytest.mark.usefixtures("issue_id")
def test_a_signed_event_that_does_not_fit_changes_nothing(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    before = everything(db)
    for why, changes in OTHERS.items():
        events = to_alice(sendgrid, "bounce", "spamreport", "unsubscribe", "delivered", **changes)
        assert webhook.tell(events) == [204], why
        assert everything(db) == before, why
    assert journal(settings) == []


@pytest.mark.usefixtures("issue_id")
def test_a_number_beyond_all_of_ours_is_ignored_and_the_rest_of_its_post_is_taken(
    db: Database, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    for number in (2**31, 99_999_999_999, 10**18 - 1, 2**63, 10**30):
        bare = dict.fromkeys(("sg_message_id", *NAMELESS))
        odd = [
            *to_alice(sendgrid, "bounce", **bare, digest_message=f"{number}-confirmation"),
            *to_alice(sendgrid, "bounce", sg_message_id=None, digest_batch=str(number)),
            *to_alice(sendgrid, "bounce", sg_message_id=None, digest_delivery=str(number)),
        ]
        for event in odd:
            assert webhook.tell([event]) == [204], event
    assert webhook.tell([*odd, *to_alice(sendgrid, "delivered")]) == [204]
    assert fates(db)[ALICE][0] == "delivered"
    assert suppressions(db) == {}


@pytest.mark.usefixtures("issue_id")
def test_another_installation_on_the_same_account_is_ignored(
    db: Database, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    before = everything(db)
    for theirs in ("Qd3nUx8YSnOuV8dZ6bXxGw.recvd-5f6c9b-1-6646E9A0-0.0", ".", 7, "\x00"):
        webhook.tell(to_alice(sendgrid, "bounce", "unsubscribe", **NAMELESS, sg_message_id=theirs))
    assert everything(db) == before


@pytest.mark.parametrize(
    ("name", "fate"), [("bounce", "bounced"), ("blocked", "blocked"), ("spamreport", "complained")]
)
def test_an_event_with_sendgrids_id_alone_is_of_the_copy_in_that_request(
    db: Database,
    settings: Settings,
    sendgrid: LoopbackSendGrid,
    webhook: EventWebhook,
    issue_id: int,
    name: str,
    fate: str,
) -> None:
    told = to_alice(sendgrid, name, **NAMELESS)
    send(db, settings, frozen_issue(db, settings, date(2024, 5, 31)))
    assert webhook.tell(told) == [204]
    assert suppressions(db).keys() == ({hashed(settings)} if name != "blocked" else set())
    with db.reading() as session:
        copies = session.execute(select(Delivery.issue_id, Delivery.address, Delivery.fate)).all()
    assert [tuple(copy) for copy in copies if copy.fate] == [(issue_id, ALICE, fate)]


@pytest.mark.usefixtures("client")
def test_sendgrids_id_of_a_request_to_others_tells_nothing_of_alice(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, webhook: EventWebhook
) -> None:
    make_subscriber(db, settings, ALICE)
    make_subscriber(db, settings, "bob@example.org")
    send(db, settings, frozen_issue(db, settings, batch_size=1))
    before = everything(db)
    for event in events_of(sendgrid.accepted, ["bounce"]):
        other = {ALICE: "bob@example.org", "bob@example.org": ALICE}[event["email"]]
        nameless = {key: value for key, value in event.items() if key not in NAMELESS}
        webhook.tell([nameless | {"email": other}, nameless | {"email": "mallory@example.org"}])
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
