"""What an admin does for a reader who asked by another way than the form, and the list where they find them."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from digest.config import Settings
from digest.operations.guard.journal import journal_path
from digest.storage.base.database import Database
from digest.storage.readers.consents import consent_of
from digest.storage.readers.subscriber_list import WantedReaders, subscriber_page
from digest.storage.readers.subscribers import Subscriber, SubscriberState, subscriber_with_address
from digest.storage.suppressions.suppressions import SuppressionReason, suppress
from tests.conftest import TUESDAY, Mailbox, text_of
from tests.factories import make_subscriber
from tests.web.browser import Browser, page, words

OFFLINE = {"asked": "Ms Ruiz, on her card", "day": "2024-05-13", "words": "Please send me your digest"}


def reader_at(db: Database, address: str) -> Subscriber | None:
    with db.reading() as session:
        return subscriber_with_address(session, address)


def consents(db: Database, reader: int) -> list[tuple[str, str, str]]:
    with db.reading() as session:
        return [(record.step, record.place, wording.text) for record, wording in consent_of(session, reader)]


def banned(db: Database, reader: Subscriber, reason: SuppressionReason) -> None:
    with db.writing() as session:
        suppress(session, reader.address_hash, reason, TUESDAY, "a test")


def test_an_offline_consent_is_kept_with_its_witness(ada: Browser, db: Database, mailbox: Mailbox) -> None:
    answer = ada.send("/desk/subscribers/add", email="Ruiz@example.org", form=OFFLINE)
    reader = reader_at(db, "ruiz@example.org")
    assert reader and reader.state == SubscriberState.CONFIRMED
    assert answer.location == f"/desk/subscribers/{reader.id}"
    [(step, place, text)] = consents(db, reader.id)
    assert (step, place) == ("added", "Ms Ruiz, on her card; the desk, by ada@digest.test")
    assert text == "Ms Ruiz, on her card, 2024-05-13: Please send me your digest"
    assert "Please send me your digest" in words(ada.open(answer.location))
    assert mailbox.read() == []


def test_nobody_is_added_without_a_consent_or_against_their_will(
    ada: Browser, db: Database, settings: Settings
) -> None:
    assert "in which they asked" in words(
        ada.send("/desk/subscribers/add", email="a@example.org", form={**OFFLINE, "words": ""})
    )
    make_subscriber(db, settings, "left@example.org", SubscriberState.UNSUBSCRIBED)
    banned(db, make_subscriber(db, settings, "bad@example.org"), SuppressionReason.BOUNCE)
    banned(db, make_subscriber(db, settings, "gone@example.org"), SuppressionReason.ERASURE)
    for address, why in (
        ("left@example.org", "Only they can come back"),
        ("bad@example.org", "Lift that first"),
        ("gone@example.org", "Only its owner can come back"),
    ):
        answer = ada.send("/desk/subscribers/add", email=address, form=OFFLINE)
        assert answer.status_code == 422 and why in words(answer)


def test_a_corrected_address_that_was_not_confirmed_is_asked_to(
    ada: Browser, client: FlaskClient, db: Database, mailbox: Mailbox
) -> None:
    client.post("/subscribe", data={"email": "ruiz@exmaple.org"})
    first = re.search(r"/confirm/\S+", text_of(mailbox.to("ruiz@exmaple.org")[0]))
    reader = reader_at(db, "ruiz@exmaple.org")
    assert reader and first
    at = f"/desk/subscribers/{reader.id}/address"
    assert "How you know" in words(ada.open(at))
    assert "reason is missing" in words(ada.send(at, email="ruiz@example.org", reason=""))
    assert ada.send(at, email="ruiz@example.org", reason="She rang us").status_code == 303
    assert consents(db, reader.id)[-1] == ("corrected", "the desk, by ada@digest.test", "She rang us")
    assert client.post(first.group()).status_code == 410
    link = re.search(r"/confirm/\S+", text_of(mailbox.to("ruiz@example.org")[0]))
    assert link and client.post(link.group()).status_code == 200
    confirmed = reader_at(db, "ruiz@example.org")
    assert confirmed and confirmed.state == SubscriberState.CONFIRMED


def test_a_corrected_address_of_a_confirmed_reader_is_told_at_both_ends(
    ada: Browser, client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    reader = make_subscriber(db, settings, "ruiz@exmaple.org")
    make_subscriber(db, settings, "other@example.org")
    at = f"/desk/subscribers/{reader.id}/address"
    assert "a reader of its own" in words(ada.send(at, email="other@example.org", reason="She rang us"))
    assert ada.send(at, email="ruiz@example.org", reason="She rang us").status_code == 303
    [old], [new] = mailbox.to("ruiz@exmaple.org"), mailbox.to("ruiz@example.org")
    assert "was corrected" in text_of(old) and "/unsubscribe/" not in text_of(old)
    leave = re.search(r"/unsubscribe/\S+", text_of(new))
    assert leave and client.post(leave.group()).status_code == 200
    left = reader_at(db, "ruiz@example.org")
    assert left and left.state == SubscriberState.UNSUBSCRIBED


def test_topics_and_leaving_are_done_on_their_word(ada: Browser, db: Database, settings: Settings) -> None:
    reader = make_subscriber(db, settings, "ruiz@example.org", topics="fines")
    at = f"/desk/subscribers/{reader.id}"
    assert page(ada.open(f"{at}/topics")).select_one("input[name=topics][checked]")
    assert ada.send(f"{at}/topics").status_code == 303
    assert "Unsubscribe ruiz@example.org?" in words(ada.open(f"{at}/unsubscribe"))
    ada.send(f"{at}/unsubscribe")
    found = reader_at(db, "ruiz@example.org")
    assert found and (found.topics, found.state) == ("", SubscriberState.UNSUBSCRIBED)
    assert [step for step, _, _ in consents(db, reader.id)] == ["topics", "unsubscribed"]
    assert reader.address_hash in journal_path(settings).read_text()
    assert "has left already" in words(
        ada.client.post(f"{at}/unsubscribe", data={"csrf_token": ada.token("/desk/account")}, follow_redirects=True)
    )


def test_the_link_to_confirm_is_mailed_again_within_the_caps(
    ada: Browser, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    reader = make_subscriber(db, settings, "ruiz@example.org", SubscriberState.PENDING)
    at = f"/desk/subscribers/{reader.id}"
    ada.send(f"{at}/ask-again")
    ada.send(f"{at}/ask-again")
    assert len(mailbox.to("ruiz@example.org")) == 1
    assert "one an hour, three in 30 days" in words(ada.open(at))


@pytest.mark.on_both
def test_the_list_goes_on_by_key_through_every_filter(ada: Browser, db: Database, settings: Settings) -> None:
    for number in range(60):
        state = SubscriberState.PENDING if number % 2 else SubscriberState.CONFIRMED
        make_subscriber(
            db, settings, f"reader{number:02}@example.org", state, topics="fines,law" if number < 55 else ""
        )
    banned(db, make_subscriber(db, settings, "Zoe.B@example.org"), SuppressionReason.BOUNCE)
    for asked, wanted in (
        ("", 61), ("state=pending", 30), ("topic=law", 55), ("q=READER", 60), ("q=reader&state=confirmed", 30),
        ("state=suppressed", 1), ("topic=nothing", 0), ("q=oe.b", 1),
    ):  # fmt: skip
        found: list[str] = []
        path = f"/desk/subscribers?{asked}"
        while path:
            shown = page(ada.open(path))
            found += [link.text for link in shown.select("tbody a")]
            following = shown.select_one("a[rel=next]")
            path = str(following["href"]) if following else ""
        assert (len(found), len(set(found))) == (wanted, wanted), asked
    assert "More than" not in words(ada.open("/desk/subscribers?q=reader"))


@pytest.mark.on_both
def test_a_filter_without_an_index_says_how_far_it_came(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.storage.readers.subscriber_list._LOOKED_THROUGH", 4)
    for number in range(9):
        make_subscriber(db, settings, f"r{number}@example.org", topics="law" if number == 0 else "")
    for beginning in ("", "r"):
        with db.reading() as session:
            pages = [subscriber_page(session, WantedReaders(topic="law", beginning=beginning), "", 2)]
            while pages[-1].after:
                pages.append(
                    subscriber_page(session, WantedReaders(topic="law", beginning=beginning), pages[-1].after, 2)
                )
        assert [len(each.found) for each in pages] == ([0, 0, 1] if not beginning else [1, 0, 0])
        assert [each.is_partial for each in pages] == [True, True, False]


def test_readers_go_out_as_a_file_and_that_is_written_down(ada: Browser, db: Database, settings: Settings) -> None:
    make_subscriber(db, settings, "ruiz@example.org")
    make_subscriber(db, settings, "left@example.org", SubscriberState.UNSUBSCRIBED)
    answer = ada.send("/desk/subscribers/export", state="confirmed")
    assert answer.mimetype == "text/csv"
    assert [line.partition(",")[0] for line in answer.text.splitlines()] == ["email", "ruiz@example.org"]
    assert "confirmed, as CSV" in words(ada.open("/desk/audit"))


def test_who_is_no_admin_finds_neither_page_nor_link(app: Flask, alice: Browser) -> None:  # noqa: ARG001
    for path in ("/desk/subscribers", "/desk/suppressions", "/desk/subscribers/import"):
        answer = alice.open(path)
        assert answer.status_code == 403 and "Ask an admin" in words(answer)
    assert "/desk/subscribers" not in alice.open("/desk/account").text
