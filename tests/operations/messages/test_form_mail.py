"""What the form causes, from the asking until it leaves or ends: how often, when, and whether it is still true."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from digest.config import Settings
from digest.domain.shared import addresses
from digest.mail.outgoing.interface import Answer, Certainty, Single
from digest.operations.messages import signup_caps
from digest.operations.messages.delivering import deliver_waiting
from digest.operations.readers import privacy, subscribing
from digest.operations.readers.consent_wordings import leaving
from digest.operations.running.housekeeping import tidy_up
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.base.rate_limits import CountedAttempt
from digest.storage.messages.form_mail import form_mail_due
from digest.storage.messages.messages import Message
from digest.storage.readers.signups import SignUp
from digest.storage.readers.subscribers import Subscriber, SubscriberState
from tests.conftest import TUESDAY
from tests.factories import make_subscriber

ALICE = "alice@example.org"


class Sent:
    """A transport that takes everything, and what it took; it can do something while it has a message in its hands."""

    def __init__(self) -> None:
        self.recipients: list[str] = []

    def send_single(self, single: Single) -> Answer:
        self.meanwhile()
        self.recipients.append(single.recipient)
        return Answer(Certainty.ACCEPTED)

    def meanwhile(self) -> None:
        """Nothing, unless a test says so."""


def at(minutes: float) -> datetime:
    return TUESDAY + timedelta(minutes=minutes)


def ask(db: Database, settings: Settings, email: str, minutes: float = 0, ip: str = "192.0.2.1") -> None:
    subscribing.ask(Context(db, settings, at(minutes)), addresses.parse(email), ip, "a test")


def left(db: Database, settings: Settings, minutes: float, transport: Sent | None = None) -> list[str]:
    """Who is written to by then, since the last time."""
    transport = transport or Sent()
    deliver_waiting(db, settings, transport, lambda: at(minutes))  # type: ignore[arg-type]
    return transport.recipients


def ended(db: Database) -> list[str]:
    """Why messages ended that never left."""
    with db.reading() as session:
        return list(session.scalars(select(Message.detail).where(Message.detail != "").order_by(Message.id)))


def fill_the_network(db: Database, settings: Settings) -> None:
    """So that whatever is asked next from there leaves in an hour."""
    for number in range(signup_caps.PER_NETWORK_HOUR):
        ask(db, settings, f"invented{number}@example.net")
    left(db, settings, 0)


def test_a_mailbox_gets_three_in_thirty_days_though_pending_readers_are_forgotten_after_seven(
    db: Database, settings: Settings
) -> None:
    written = []
    for hours in range(0, 30 * 24, 24):
        ask(db, settings, "victim@example.net", hours * 60, f"10.{hours // 24}.0.1")
        written += left(db, settings, hours * 60)
        tidy_up(db, at(hours * 60))
    assert len(written) == 3
    ask(db, settings, "victim@example.net", 30 * 24 * 60 + 1)
    assert left(db, settings, 30 * 24 * 60 + 1) == ["victim@example.net"]


def test_erasing_takes_what_was_counted_for_the_mailbox(db: Database, settings: Settings) -> None:
    ask(db, settings, "alice+digest@example.org")
    left(db, settings, 0)
    counted = select(func.count()).select_from(CountedAttempt).where(CountedAttempt.kind == "signup-mail")
    with db.reading() as session:
        assert session.scalar(counted) == 1
    privacy.erase(Context(db, settings, at(1)), "alice+digest@example.org", "a test")
    with db.reading() as session:
        assert session.scalar(counted) == 0


@pytest.mark.only_on("sqlite")
def test_who_has_left_meanwhile_is_not_told_that_they_are_subscribed(db: Database, settings: Settings) -> None:
    alice = make_subscriber(db, settings, ALICE)
    fill_the_network(db, settings)
    ask(db, settings, ALICE)
    subscribing.leave(Context(db, settings, at(30)), alice.link_key, leaving(settings), "a test")
    assert left(db, settings, 61) == []
    assert ended(db) == ["its reader had left before it was sent"]


@pytest.mark.only_on("sqlite")
def test_nor_is_who_was_erased(db: Database, settings: Settings) -> None:
    make_subscriber(db, settings, ALICE)
    fill_the_network(db, settings)
    ask(db, settings, ALICE)
    with db.writing() as session:
        session.delete(session.scalars(select(Subscriber).where(Subscriber.address == ALICE)).one())
    assert left(db, settings, 61) == []


@pytest.mark.only_on("sqlite")
def test_who_has_confirmed_meanwhile_is_not_asked_to_confirm(db: Database, settings: Settings) -> None:
    ask(db, settings, ALICE, ip="198.51.100.1")
    assert left(db, settings, 0) == [ALICE]
    fill_the_network(db, settings)
    ask(db, settings, ALICE, 2)
    with db.reading() as session:
        key = session.scalars(select(SignUp.key).join(Subscriber).where(Subscriber.address == ALICE)).first()
    assert key
    assert subscribing.confirm(Context(db, settings, at(5)), key, "a test")[0] is subscribing.LinkState.DONE
    assert left(db, settings, 63) == []
    assert ended(db) == ["its reader had confirmed before it was sent"]


@pytest.mark.only_on("sqlite")
def test_a_link_from_before_its_reader_left_is_not_sent(db: Database, settings: Settings) -> None:
    alice = make_subscriber(db, settings, ALICE, SubscriberState.UNSUBSCRIBED)
    fill_the_network(db, settings)
    ask(db, settings, ALICE)
    with db.writing() as session:
        session.get_one(Subscriber, alice.id).unsubscribed_at = at(30)
    assert left(db, settings, 61) == []
    assert ended(db) == ["its reader had left before it was sent"]


def test_after_an_outage_a_mailbox_still_gets_its_messages_an_hour_apart(db: Database, settings: Settings) -> None:
    for minutes in (0, 61, 122):
        ask(db, settings, f"alice+{minutes}@example.org", minutes)
    ask(db, settings, "bob@example.org", 123)
    assert left(db, settings, 600) == ["alice+0@example.org", "bob@example.org"]
    assert left(db, settings, 658.5) == []
    assert left(db, settings, 659.5) == ["alice+61@example.org"]
    assert left(db, settings, 720) == ["alice+122@example.org"]


def test_while_one_is_in_somebodys_hands_its_mailbox_gets_no_other(db: Database, settings: Settings) -> None:
    for minutes in (0, 61):
        ask(db, settings, f"alice+{minutes}@example.org", minutes)
    others: list[str] = []

    class Held(Sent):
        def meanwhile(self) -> None:
            others.extend(left(db, settings, 600))

    assert left(db, settings, 600, Held()) == ["alice+0@example.org"]
    assert others == []


@pytest.mark.only_on("sqlite")
def test_one_that_failed_is_not_due_before_it_is_tried_again(db: Database, settings: Settings) -> None:
    class Away(Sent):
        def send_single(self, _: Single) -> Answer:
            return Answer(Certainty.NEVER_LEFT, detail="SendGrid is away", retry_after=600.0)

    ask(db, settings, ALICE)
    assert left(db, settings, 0, Away()) == []
    with db.reading() as session:
        assert (form_mail_due(session, at(9)), form_mail_due(session, at(10))) == (0, 1)
