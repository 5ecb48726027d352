"""Events of readers and issues reach the operator's own service, signed, at least once, and without an address."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import func, select, update

from digest.config import Settings
from digest.domain.shared import addresses
from digest.mail.transports import open_transport
from digest.operations.accounting.completing import complete_if_done
from digest.operations.messages.passing_events_on import pass_events_on
from digest.operations.readers import consent_wordings, privacy, subscribing
from digest.operations.shared.context import Context, Process
from digest.storage.base.database import Database
from digest.storage.messages.messages import Message
from digest.storage.messages.outgoing_events import OutgoingEvent
from digest.storage.readers.signups import SignUp
from digest.storage.readers.subscribers import Subscriber
from digest.storage.sending.batches import Batch, BatchState
from tests.conftest import TUESDAY
from tests.factories import make_editor, make_readers
from tests.monitor import Heard, Monitor, listening
from tests.operations.sending.test_at_once import frozen_issue

KEY = "whsec_" + b64encode(b"k" * 32).decode()
ZOE = addresses.parse("zoe@example.org")


@pytest.fixture
def service() -> Iterator[Monitor]:
    with listening() as server:
        yield server


@pytest.fixture
def ours(db: Database, settings: Settings, service: Monitor) -> Context:
    return Context(db, replace(settings, events_url=service.url, events_key=KEY), TUESDAY)


def pass_on(ours: Context, moment: datetime = TUESDAY) -> int:
    with ours.db.writing() as session:
        session.execute(update(OutgoingEvent).values(retry_at=0.0))
    return pass_events_on(Process(ours.db, ours.settings, open_transport(ours.settings), lambda: moment))


def waiting(ours: Context) -> int:
    with ours.db.reading() as session:
        return session.execute(select(func.count()).select_from(OutgoingEvent)).scalar_one()


def come_and_go(ours: Context) -> None:
    subscribing.ask(ours, ZOE, "192.0.2.1", "a test")
    with ours.db.reading() as session:
        key = session.execute(select(SignUp.key)).scalar_one()
    subscribing.confirm(ours, key, "a test")
    with ours.db.reading() as session:
        link_key = session.execute(select(Subscriber.link_key)).scalar_one()
    subscribing.leave(ours, link_key, consent_wordings.leaving_at_sendgrid(), "a test")


def said(service: Monitor) -> list[tuple[str, dict[str, str]]]:
    told = [json.loads(heard.body) for heard in service.heard]
    return [(each["type"], each["data"]) for each in told]


def is_signed(heard: Heard) -> bool:
    """As a service of somebody's own would look at it, by the specification."""
    content = f"{heard.headers['webhook-id']}.{heard.headers['webhook-timestamp']}.{heard.body}"
    made = hmac.new(b64decode(KEY.removeprefix("whsec_")), content.encode(), sha256).digest()
    return heard.headers["webhook-signature"] == f"v1,{b64encode(made).decode()}"


def test_a_reader_who_comes_and_goes_is_told_signed_and_without_an_address(ours: Context, service: Monitor) -> None:
    come_and_go(ours)
    assert pass_on(ours) == 3
    assert said(service) == [("subscriber.subscribed", {}), ("subscriber.confirmed", {}), ("subscriber.left", {})]
    assert all(is_signed(heard) for heard in service.heard)
    assert {heard.headers["webhook-timestamp"] for heard in service.heard} == {str(round(TUESDAY.timestamp()))}
    assert json.loads(service.heard[0].body)["timestamp"] == "2024-05-14T09:00:00Z"
    assert (pass_on(ours), waiting(ours)) == (0, 0)


def test_the_address_goes_along_where_that_is_asked_for(ours: Context, service: Monitor) -> None:
    asked = replace(ours, settings=replace(ours.settings, events_with_address=True))
    come_and_go(asked)
    pass_on(asked)
    assert said(service)[1] == ("subscriber.confirmed", {"email": "zoe@example.org"})


def test_nothing_is_kept_where_nobody_is_to_be_told(ours: Context) -> None:
    come_and_go(replace(ours, settings=replace(ours.settings, events_url="")))
    assert waiting(ours) == 0


def test_what_is_not_taken_goes_again_under_the_same_id(ours: Context, service: Monitor) -> None:
    come_and_go(ours)
    service.status = 503
    assert (pass_on(ours), waiting(ours)) == (0, 3)
    assert pass_events_on(Process(ours.db, ours.settings, open_transport(ours.settings), lambda: TUESDAY)) == 0
    service.status = 204
    pass_on(ours, TUESDAY + timedelta(minutes=5))
    ids = [heard.headers["webhook-id"] for heard in service.heard]
    assert len(ids) > len(set(ids)) == 3
    assert all(is_signed(heard) for heard in service.heard)
    assert waiting(ours) == 0


def test_after_three_days_it_is_given_up_and_told_once(ours: Context, service: Monitor) -> None:
    make_editor(ours.db, "alice@digest.test")
    come_and_go(ours)
    service.status = 500
    pass_on(ours, TUESDAY + timedelta(days=3, seconds=-1))
    assert waiting(ours) == 3
    for _ in range(3):
        pass_on(ours, TUESDAY + timedelta(days=3))
    assert waiting(ours) == 0
    with ours.db.reading() as session:
        told = session.scalars(select(Message.subject).where(Message.kind == "notice")).all()
    assert told == ["Privacy Digest: Events are given up"]


def test_what_waits_of_an_erased_reader_goes_with_them(ours: Context, service: Monitor) -> None:
    come_and_go(ours)
    privacy.erase(ours, ZOE.key, "a test")
    assert (pass_on(ours), waiting(ours), service.heard) == (0, 0, [])


def test_an_issue_that_is_sent_is_told_once(ours: Context, service: Monitor) -> None:
    make_readers(ours.db, ours.settings, 2)
    issue_id = frozen_issue(ours.db, ours.settings, 2)
    with ours.db.writing() as session:
        session.execute(update(Batch).values(state=BatchState.ACCEPTED))
    for _ in range(2):
        complete_if_done(ours, issue_id)
    pass_on(ours)
    assert said(service) == [("issue.sent", {"issue": "2024-05-17", "url": "http://digest.test/issues/2024-05-17"})]
