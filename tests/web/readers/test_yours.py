"""Alice asks for her own page: she sees everything, moves, and erases; Mallory has only a forwarded digest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
import time_machine
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import RowMapping, delete, insert, select
from werkzeug.test import TestResponse

from digest.config import Settings
from digest.domain.shared.tokens import Purpose, fingerprint, seal
from digest.operations.guard.journal import Parting, note_parting
from digest.operations.messages.outgoing_events import EventKind
from digest.operations.readers.holdings import READERS
from digest.operations.readers.personal_columns import SAID
from digest.operations.running.replaying import replay
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.guard.journals import JournalRead
from digest.storage.messages.messages import Message, queue_message
from digest.storage.messages.outgoing_events import queue_event
from digest.storage.readers.consents import consent_of
from digest.storage.readers.reader_links import ReaderLink
from digest.storage.readers.signups import SignUp
from digest.storage.readers.subscribers import Subscriber, SubscriberState, subscriber_with_address
from digest.storage.running import schema
from digest.storage.sending.batches import Batch
from digest.storage.sending.deliveries import Delivery, Outcome
from digest.storage.sending.editions import Edition
from digest.storage.suppressions.suppressions import SuppressionReason, is_suppressed, suppress
from tests.conftest import TUESDAY, Mailbox, text_of
from tests.factories import make_issue, make_subscriber, make_summary
from tests.web.browser import Browser, make_editor_with_password
from tests.web.readers.doors import ALICE, ask, everything, link_in, subscribed

JOURNAL_UNREAD = delete(JournalRead)
NEW = "alice@example.com"


def ask_page(client: FlaskClient, email: str = ALICE, ip: str = "192.0.2.7") -> TestResponse:
    return client.post("/privacy", data={"email": email}, environ_overrides={"REMOTE_ADDR": ip})


def own_page(client: FlaskClient, mailbox: Mailbox, email: str = ALICE) -> str:
    """Ask, and take the link out of the message."""
    assert ask_page(client, email).status_code == 200
    return link_in(mailbox.to(email)[-1], "yours")


def reader(db: Database, address: str = ALICE) -> Subscriber | None:
    with db.reading() as session:
        return subscriber_with_address(session, address)


def words(answer: TestResponse) -> str:
    return " ".join(BeautifulSoup(answer.text, "html.parser").get_text(" ").split())


@pytest.mark.on_both
def test_asking_is_answered_alike_for_every_address(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    make_subscriber(db, settings, ALICE)
    make_subscriber(db, settings, "left@example.org", SubscriberState.UNSUBSCRIBED)
    make_subscriber(db, settings, "bounced@example.org")
    with db.writing() as session:
        address_hash = fingerprint("bounced@example.org", settings.suppression_key)
        suppress(session, address_hash, SuppressionReason.BOUNCE, TUESDAY, "test")
    asked = (ALICE, ALICE, "left@example.org", "bounced@example.org", "stranger@example.org")
    answers = [ask_page(client, email) for email in asked]
    assert len({(answer.status_code, answer.data) for answer in answers}) == 1
    assert [message["To"] for message in mailbox.read()] == [ALICE, "left@example.org"], "and one an hour"
    with db.reading() as session:
        assert session.query(Subscriber).count() == 3
        assert session.query(ReaderLink).count() == 2


def test_strangers_delay_a_link_by_hours_and_never_keep_a_reader_from_it(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    make_subscriber(db, settings, ALICE)
    ask(client)

    def links() -> int:
        return sum(message["Subject"].startswith("Your data") for message in mailbox.to(ALICE))

    for number in range(4):
        for name in ("alice+x@example.org", ALICE):
            ask_page(client, name, ip=f"192.0.{number}.1")
        assert links() == min(number + 1, 3), "an hour apart, and sign-ups take none of them"
        ask_page(client, ALICE, ip=f"198.51.{number}.1")
        assert links() == min(number + 1, 3), "who has one in the mailbox that works needs no other"
        clock.shift(timedelta(minutes=61))
    clock.shift(timedelta(hours=1))
    assert links() == 4, "the fourth comes by itself, three hours after the third"
    link = link_in([one for one in mailbox.to(ALICE) if one["Subject"].startswith("Your data")][-1], "yours")
    assert client.get(link).status_code == 200


def test_the_page_and_its_file_show_everything(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    make_summary(db, topics=["Artificial intelligence"])
    subscribed(client, mailbox)
    alice = reader(db)
    assert alice
    client.post(f"/preferences/{seal(Purpose.PREFERENCES, alice.link_key, settings.secret_key)}",
                data={"topics": "artificial-intelligence"})  # fmt: skip
    client.post(f"/preferences/{seal(Purpose.PREFERENCES, alice.link_key, settings.secret_key)}",
                data={"pause": "1", "until": "2024-05-24"})  # fmt: skip
    path = own_page(client, mailbox)
    page = client.get(path)
    shown = words(page)
    for part in (ALICE, "You asked for the digest", "You confirmed", "You chose topics : Artificial intelligence",
                 "You paused : until 24 May 2024",
                 "sign-up 1", "the form on our site", "Confirm your subscription to Privacy Digest"):  # fmt: skip
        assert part in shown, part
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    answer = client.get(f"{path}/data.json")
    held = json.loads(answer.data)
    assert (held["email"], held["topics"], len(held["signups"])) == (ALICE, ["artificial-intelligence"], 1)
    with db.reading() as session:
        evidence = [(record.wording_hash, wording.text) for record, wording in consent_of(session, alice.id)]
    assert [(step["wording_hash"], step["wording"]) for step in held["consent"]] == evidence
    assert "attachment" in answer.headers["Content-Disposition"]


def test_a_link_lives_half_an_hour(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    make_subscriber(db, settings, ALICE)
    path = own_page(client, mailbox)
    clock.shift(timedelta(minutes=30))
    assert client.get(path).status_code == 200
    clock.shift(timedelta(seconds=1))
    before = everything(db)
    for answer in (
        client.get(path),
        client.get(f"{path}/data.json"),
        client.post(path, data={"erase": "yes"}),
        client.post(path, data={"move": "1", "email": NEW}),
    ):
        assert (answer.status_code, "Ask for a fresh link" in answer.text) == (410, True)
    assert everything(db) == before


@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose is not Purpose.YOURS])
def test_no_other_token_sees_moves_or_erases(
    client: FlaskClient, db: Database, settings: Settings, purpose: Purpose, mailbox: Mailbox
) -> None:
    """Each token of hers, and one of each kind with the key of her page: × see, take along, move, erase."""
    alice = make_subscriber(db, settings, ALICE)
    own_page(client, mailbox)
    with db.writing() as session:
        session.add(SignUp(subscriber_id=alice.id, key="c" * 32, asked_at=TUESDAY, valid_until=TUESDAY))
        page_key = session.query(ReaderLink.key).scalar()
    before = everything(db)
    for key in (alice.link_key, "c" * 32, page_key):
        path = f"/yours/{seal(purpose, key, settings.secret_key)}"
        answers = [
            client.get(path),
            client.get(f"{path}/data.json"),
            *(
                client.post(path, data=data)
                for data in ({"erase": "yes"}, {"move": "1", "email": NEW}, {"confirm": "1"})
            ),
        ]
        assert {answer.status_code for answer in answers} <= {404, 410}
        assert not [answer for answer in answers if ALICE in answer.text]
    assert everything(db) == before


def test_the_pages_token_opens_no_other_door(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    make_subscriber(db, settings, ALICE)
    token = own_page(client, mailbox).rpartition("/")[2]
    before = everything(db)
    for door in ("confirm", "unsubscribe", "preferences", "hold"):
        assert {client.get(f"/{door}/{token}").status_code, client.post(f"/{door}/{token}").status_code} == {404}
    assert everything(db) == before


@pytest.mark.on_both
def test_moving_takes_both_ends_and_leaves_no_trace_of_the_old_one_when_erased(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    alice = make_subscriber(db, settings, ALICE, topics="ai")
    had_a_copy(db, alice)
    path = own_page(client, mailbox)
    assert "Check the new inbox" in client.post(path, data={"move": "1", "email": NEW}).text
    confirm = link_in(mailbox.to(NEW)[-1], "yours")
    assert ALICE not in text_of(mailbox.to(NEW)[-1])
    asked = client.get(confirm)
    assert NEW in asked.text
    assert "a***@example.org" in asked.text
    assert reader(db, NEW) is None
    clock.shift(timedelta(seconds=1))
    assert "next on Friday 17 May 2024" in words(client.post(confirm))
    moved = reader(db, NEW)
    assert moved
    assert (moved.id, moved.topics, moved.state, moved.address_hash) == (
        alice.id, "ai", SubscriberState.CONFIRMED, fingerprint(NEW, settings.suppression_key),
    )  # fmt: skip
    assert "goes to your new address" in mailbox.to(ALICE)[-1]["Subject"]
    assert moved.confirmed_at == alice.confirmed_at, "who moves has confirmed long ago"
    assert client.get(path).status_code == 410
    for again in (client.get(confirm), client.post(confirm)):
        assert (again.status_code, "Your address has changed already" in again.text) == (200, True)
    replay(Context(db, settings, datetime.now(UTC)))
    assert reader(db, NEW)
    with db.reading() as session:
        assert is_suppressed(session, alice.address_hash), "an import of an old list must not bring the old one back"
    clock.shift(timedelta(hours=2))
    client.post(own_page(client, mailbox, NEW), data={"erase": "yes"})
    mailbox.read()
    assert not [name for name in (ALICE, NEW) if name in repr(everything(db))]
    with db.reading() as session:
        (copy,) = session.query(Delivery).all()
        assert (copy.subscriber_id, copy.reason) == (None, "bounced: (erased) is full")


def had_a_copy(db: Database, of: Subscriber) -> None:
    issue_id = make_issue(db)
    with db.writing() as session:
        edition = Edition(issue_id=issue_id, items=1, subject="s", text="t", html="h", tags="{}", hash="0" * 64)
        session.add(edition)
        session.flush()
        batch = Batch(issue_id=issue_id, edition_id=edition.id, size=1)
        session.add(batch)
        session.flush()
        session.execute(
            insert(Delivery).values(
                issue_id=issue_id,
                batch_id=batch.id,
                subscriber_id=of.id,
                address=of.address,
                outcome=Outcome.FAILED,
                reason=f"bounced: {of.address} is full",
            )
        )


def test_moving_to_another_readers_address_is_told_to_that_mailbox_alone(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    make_subscriber(db, settings, ALICE)
    make_subscriber(db, settings, "bob@example.org")
    path = own_page(client, mailbox)
    answers = [
        client.post(path, data={"move": "1", "email": to}).text.replace(to, "") for to in (NEW, "bob@example.org")
    ]
    assert answers[0] == answers[1]
    confirm = link_in(mailbox.to("bob@example.org")[-1], "yours")
    assert "is a reader already" in client.post(confirm).text
    assert reader(db)
    assert reader(db, "bob@example.org")


def test_a_new_address_must_be_one_and_another(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    make_subscriber(db, settings, ALICE)
    path = own_page(client, mailbox)
    for wrong in ("nonsense", "Alice@Example.org"):
        assert client.post(path, data={"move": "1", "email": wrong}).status_code == 422


@pytest.mark.on_both
def test_erasing_asks_once_and_leaves_nothing_but_a_hash_and_a_receipt(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    subscribed(client, mailbox)
    alice = reader(db)
    assert alice
    path = own_page(client, mailbox)
    before = everything(db)
    assert f"Erase everything about {ALICE}?" in client.post(path, data={"erase": "ask"}).text
    assert everything(db) == before
    assert "A receipt is on its way" in client.post(path, data={"erase": "yes"}).text
    assert [one["Subject"] for one in mailbox.to(ALICE)].count("Everything about you is erased") == 1
    assert ALICE not in repr(everything(db)), "the receipt, too, is gone"
    with db.reading() as session:
        assert is_suppressed(session, alice.address_hash)
    assert client.get(path).status_code == 410
    leaving = f"/unsubscribe/{seal(Purpose.UNSUBSCRIBE, alice.link_key, settings.secret_key)}"
    assert client.post(leaving, data={"List-Unsubscribe": "One-Click"}).status_code == 200


@pytest.mark.on_both
def test_who_was_erased_and_asks_and_confirms_is_a_reader_again(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    subscribed(client, mailbox)
    client.post(own_page(client, mailbox), data={"erase": "yes"})
    clock.shift(timedelta(hours=2))
    ask(client)
    replay(Context(db, settings, datetime.now(UTC)))
    confirmations = [one for one in mailbox.to(ALICE) if one["Subject"].startswith("Confirm")]
    path = link_in(confirmations[-1], "confirm")
    with db.reading() as session:
        assert is_suppressed(session, fingerprint(ALICE, settings.suppression_key)), "asking alone changes nothing"
    assert "You are subscribed" in client.post(path).text
    alice = reader(db)
    assert alice
    assert alice.state == SubscriberState.CONFIRMED
    with db.writing() as session:
        assert not is_suppressed(session, alice.address_hash)
        session.execute(JOURNAL_UNREAD)
    replay(Context(db, settings, datetime.now(UTC)))
    again = reader(db)
    assert again
    with db.reading() as session:
        assert not is_suppressed(session, again.address_hash), "the journal, read again, knows the later word"


def test_who_complained_stays_out_whatever_is_erased(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    subscribed(client, mailbox)
    client.post(own_page(client, mailbox), data={"erase": "yes"})
    mailbox.read()
    with db.writing() as session:
        address_hash = fingerprint(ALICE, settings.suppression_key)
        suppress(session, address_hash, SuppressionReason.COMPLAINT, TUESDAY, "test")
    sent = len(mailbox.read())
    ask(client)
    assert len(mailbox.read()) == sent


def test_the_evidence_of_consent_is_one_file_for_admins(
    client: FlaskClient, app: Flask, db: Database, mailbox: Mailbox
) -> None:
    subscribed(client, mailbox)
    alice = reader(db)
    assert alice
    make_editor_with_password(db, "ada@digest.test", "Ada", is_admin=True)
    ada = Browser(app.test_client())
    ada.sign_in("ada@digest.test")
    evidence = json.loads(ada.client.get(f"/desk/subscribers/{alice.id}/consent.json").data)
    assert [step["step"] for step in evidence["consent"]] == ["asked", "confirmed"]
    for step in evidence["consent"]:
        text = f"{step['wording_version']}\n{step['wording']}"
        assert step["wording_hash"] == sha256(text.encode()).hexdigest()


def test_after_a_move_no_link_from_before_counts_any_more(
    client: FlaskClient, db: Database, mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    ask(client)
    confirm = link_in(mailbox.to(ALICE)[-1], "confirm")
    before = reader(db)
    assert before
    client.post(own_page(client, mailbox), data={"move": "1", "email": NEW})
    ask(client, NEW, ip="203.0.113.9")  # anybody can do that, and it keeps nobody from their mailbox
    move = [one for one in mailbox.to(NEW) if "Confirm your sub" not in one["Subject"]][-1]
    client.post(link_in(move, "yours"))
    clock.shift(timedelta(seconds=1))
    assert client.post(confirm).status_code == 410
    moved = reader(db, NEW)
    assert moved
    assert (moved.id, moved.state) == (before.id, SubscriberState.PENDING)
    assert moved.link_key != before.link_key


def test_who_moved_and_was_erased_stays_so_in_a_backup_from_before_the_move(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    make_subscriber(db, settings, ALICE)
    client.post(own_page(client, mailbox), data={"move": "1", "email": NEW})
    client.post(link_in(mailbox.to(NEW)[-1], "yours"))
    clock.shift(timedelta(hours=2))
    client.post(own_page(client, mailbox, NEW), data={"erase": "yes"})
    mailbox.read()
    make_subscriber(db, settings, ALICE)  # as the backup has her
    with db.writing() as session:
        session.execute(JOURNAL_UNREAD)
    replay(Context(db, settings, datetime.now(UTC)))
    assert reader(db) is None


def test_the_file_has_every_personal_column_of_every_table_about_readers(
    client: FlaskClient, db: Database, mailbox: Mailbox
) -> None:
    """Held to the schema, by rows that have a value in each column that the privacy page says."""
    subscribed(client, mailbox)
    fill_every_column(db)
    told = json.loads(client.get(f"{own_page(client, mailbox)}/data.json").text)
    own = {name: value for name, value in told.items() if not isinstance(value, (dict, list))}
    alice = reader(db)
    assert alice
    missing = []
    with db.reading() as session:
        for name in READERS.keys() - OF_NOBODY_KNOWN:
            table = schema.metadata.tables[name]
            rows = [row for row in session.execute(select(table)).mappings() if is_of(row, alice)]
            assert rows, name
            shown = set(leaves(told[SHOWN_AS[name]] if name in SHOWN_AS else own))
            for column in SAID[name]:
                if column in (
                    "subscriber_id",
                    "issue_id",
                    "topics",
                ):  # what the row belongs to, and in words of its own
                    continue
                values = {as_said(row[column]) for row in rows if row[column] not in (None, "")}
                assert values, f"{name}.{column}: give it a value"
                missing += [f"{name}.{column}" for value in values if value not in shown]
    assert missing == []


OF_NOBODY_KNOWN = {"import_refusals"}
"""Rows that were no reader's, since no address could be read in them: nobody can tell whose they are."""
SHOWN_AS = {
    "signups": "signups", "reader_links": "links", "consent_records": "consent", "messages": "messages",
    "deliveries": "issues", "suppressions": "suppression", "tallies": "mail_counted",
    "outgoing_events": "events",
}  # fmt: skip
"""By table: the file's part about it. What the reader's own row says stands at its top."""


def is_of(row: RowMapping, alice: Subscriber) -> bool:
    if row.get("kind") == "signup-network":
        return False  # a network is nobody's, and its hash leads to no reader
    hers = {"recipient": ALICE, "subscriber_id": alice.id, "address_hash": alice.address_hash}
    names = ("recipient",) if "recipient" in row else tuple(hers)
    return all(row.get(name, hers[name]) == hers[name] for name in names)


def as_said(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def leaves(told: object) -> Iterator[str]:
    if isinstance(told, dict):
        yield json.dumps(told)
    for each in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
        yield from leaves(each)
    if not isinstance(told, (dict, list)):
        yield str(told)


def fill_every_column(db: Database) -> None:
    alice = reader(db)
    assert alice
    had_a_copy(db, alice)
    with db.writing() as session:
        found = session.get_one(Subscriber, alice.id)
        found.name, found.unsubscribed_at, found.paused_until = "Alice", TUESDAY, TUESDAY + timedelta(days=8)
        copy = session.query(Delivery).one()
        copy.fate, copy.fate_at, copy.fate_reason, copy.again_at = "delivered", TUESDAY, "250 fine", TUESDAY
        session.add(
            ReaderLink(
                subscriber_id=alice.id, key="m" * 32, asked_at=TUESDAY, valid_until=TUESDAY + timedelta(hours=7),
                email="Alice@Example.com", address=NEW,
            )
        )  # fmt: skip
        again = queue_message(session, TUESDAY, "digest", ALICE, ("once more", "its text", "its html"))
        again.delivery_id, again.again_before, again.detail, again.state = copy.id, TUESDAY, "550 no", "failed"
        suppress(session, alice.address_hash, SuppressionReason.ERASURE, TUESDAY, "a test")
        queue_event(session, "k" * 32, EventKind.CONFIRMED, TUESDAY, subscriber_id=alice.id)


def test_the_page_says_why_nothing_comes_and_what_move_waits(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    alice = make_subscriber(db, settings, ALICE)
    path = own_page(client, mailbox)
    client.post(path, data={"move": "1", "email": "Alice@Example.com"})
    assert "You asked to move to Alice@example.com , on Tuesday 14 May 2024" in words(client.get(path)).replace(
        "com,", "com ,"
    )
    with db.writing() as session:
        suppress(session, alice.address_hash, SuppressionReason.BOUNCE, TUESDAY, "SendGrid")
    shown = words(client.get(path))
    assert "since Tuesday 14 May 2024, 10:00 Europe/London: messages to it came back. By: SendGrid." in shown


@pytest.mark.parametrize(
    ("state", "reason", "said"),
    [
        (SubscriberState.CONFIRMED, None, "has a subscription of its own"),
        (SubscriberState.UNSUBSCRIBED, None, "had a subscription of its own, and left"),
        (SubscriberState.PENDING, SuppressionReason.COMPLAINT, "came back or were reported as unwanted"),
    ],
)
def test_a_move_link_says_why_it_cannot_move(
    client: FlaskClient,
    db: Database,
    settings: Settings,
    mailbox: Mailbox,
    state: SubscriberState,
    reason: SuppressionReason | None,
    said: str,
) -> None:
    make_subscriber(db, settings, ALICE)
    client.post(own_page(client, mailbox), data={"move": "1", "email": NEW})
    confirm = link_in(mailbox.to(NEW)[-1], "yours")
    there = make_subscriber(db, settings, NEW, state)
    if reason:
        with db.writing() as session:
            suppress(session, there.address_hash, reason, TUESDAY, "a test")
    before = everything(db)
    for answer in (client.get(confirm), client.post(confirm, data={"confirm": "1"})):
        assert said in words(answer)
        assert "Confirm this address" not in answer.text
    assert everything(db) == before


def test_a_message_whose_link_is_dead_when_it_could_leave_does_not(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    make_subscriber(db, settings, ALICE)
    path = own_page(client, mailbox)
    client.post(path, data={"move": "1", "email": NEW})
    clock.shift(timedelta(hours=24, seconds=1))
    ask_page(client)
    clock.shift(timedelta(minutes=31))
    sent = len(mailbox.read())
    assert sent == 1, "the first link, and none of the two that had died"
    with db.reading() as session:
        ended = session.query(Message.detail).filter_by(state="failed").all()
    assert [detail for (detail,) in ended] == ["its link had expired before it was sent"] * 2


def test_a_link_from_before_a_move_says_no_more_than_one_of_who_was_erased(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    """The old mailbox may be somebody else's by now, and its old issues somebody's whose mail goes on elsewhere."""
    shown = set()
    for address in (ALICE, "erased@example.org"):
        key = make_subscriber(db, settings, address).link_key
        path = own_page(client, mailbox, address)
        if address == ALICE:
            client.post(path, data={"move": "1", "email": NEW})
            client.post(link_in(mailbox.to(NEW)[-1], "yours"))
        else:
            client.post(path, data={"erase": "yes"})
        for door, purpose in (("unsubscribe", Purpose.UNSUBSCRIBE), ("preferences", Purpose.PREFERENCES)):
            answer = client.get(f"/{door}/{seal(purpose, key, settings.secret_key)}")
            shown.add(words(answer))
    (said,) = shown
    assert "erased, or has moved to another address" in said
    assert "Use “Unsubscribe” in the newest one" in said
    assert "example.com" not in said


def test_no_strangers_sign_ups_keep_a_reader_from_moving(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    make_subscriber(db, settings, ALICE)
    ask(client, NEW, ip="198.51.100.1")
    client.post(own_page(client, mailbox), data={"move": "1", "email": NEW})
    assert [one["Subject"] for one in mailbox.to(NEW)].count("Confirm your new address for Privacy Digest") == 1


@pytest.mark.on_both
def test_a_return_and_a_move_are_later_words_than_the_journal_has(
    client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox, clock: time_machine.Traveller
) -> None:
    """NEW belonged to somebody who left it; Alice moves there after that, and no journal read again says she left."""
    alice = make_subscriber(db, settings, ALICE)
    note_parting(settings, TUESDAY, Parting.UNSUBSCRIBED, [fingerprint(NEW, settings.suppression_key)])
    clock.shift(timedelta(seconds=1))
    client.post(own_page(client, mailbox), data={"move": "1", "email": NEW})
    client.post(link_in(mailbox.to(NEW)[-1], "yours"))
    with db.writing() as session:
        session.execute(JOURNAL_UNREAD)
    replay(Context(db, settings, datetime.now(UTC)))
    moved = reader(db, NEW)
    assert moved
    assert (moved.id, moved.state) == (alice.id, SubscriberState.CONFIRMED)
