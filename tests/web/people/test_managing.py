"""What admins manage: editors, subscribers, the outbox."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from digest.config import Settings
from digest.storage.base.database import Database
from digest.storage.readers.subscribers import SubscriberState, count_by_state, subscriber_by_id
from digest.storage.suppressions.suppressions import SuppressionReason, suppress
from tests.conftest import TUESDAY, Mailbox, text_of
from tests.factories import make_subscriber
from tests.web.browser import Browser, one, page, words

NEW = "nine amber kettles hum"


def test_invited_editor_comes_in_by_the_link(ada: Browser, app: Flask, mailbox: Mailbox) -> None:
    ada.send("/desk/editors", email="Bob@Digest.test", name="Bob")
    message = mailbox.to("bob@digest.test")[0]
    assert "put the week’s issue together and let it go" in " ".join(text_of(message).split())
    link = re.search(r"http://digest\.test(/desk/password/\S+)", text_of(message))
    assert link is not None
    bob = Browser(app.test_client())
    assert bob.send(link.group(1), link.group(1), password=NEW, again=NEW).status_code == 303
    assert bob.sign_in("bob@digest.test", NEW).status_code == 303
    assert bob.open("/desk/editors").status_code == 403


def test_inviting_again_kills_the_earlier_link(ada: Browser, mailbox: Mailbox) -> None:
    ada.send("/desk/editors", email="bob@digest.test", name="Bob")
    ada.send("/desk/editors/2/invitation")
    links = [re.search(r"/desk/password/\S+", text_of(each)) for each in mailbox.to("bob@digest.test")]
    assert [ada.open(each.group()).status_code for each in links if each] == [410, 200]


@pytest.mark.on_both
def test_same_address_twice_and_bad_addresses_are_refused_in_words(ada: Browser) -> None:
    assert "is an editor already" in words(ada.send("/desk/editors", email="ADA@digest.test"))
    assert "can’t be an email address" in words(ada.send("/desk/editors", email="not an address"))


def test_rights_come_and_go(ada: Browser, alice: Browser, alice_id: int) -> None:
    assert alice.open("/desk/subscribers").status_code == 403
    ada.send(f"/desk/editors/{alice_id}/role", role="admin")
    assert alice.open("/desk/subscribers").status_code == 200
    ada.send(f"/desk/editors/{alice_id}/role", role="sender")
    assert alice.open("/desk/subscribers").status_code == 403


def test_last_admin_can_neither_leave_nor_step_down(ada: Browser, ada_id: int, alice_id: int) -> None:  # noqa: ARG001
    for path in (f"/desk/editors/{ada_id}/deactivate", f"/desk/editors/{ada_id}/role"):
        ada.send(path, role="sender")
        assert "Make somebody else an admin first" in words(ada.open("/desk/editors"))
    assert ada.open("/desk/subscribers").status_code == 200


def test_deactivated_editor_is_out_until_let_in_again(ada: Browser, alice: Browser, alice_id: int) -> None:
    assert "Deactivate Alice?" in words(ada.open(f"/desk/editors/{alice_id}/deactivate"))
    ada.send(f"/desk/editors/{alice_id}/deactivate")
    assert alice.open("/desk/summaries").status_code == 302
    assert alice.sign_in("alice@digest.test").status_code == 422
    ada.send(f"/desk/editors/{alice_id}/reactivate")
    assert alice.sign_in("alice@digest.test").status_code == 303


@pytest.mark.on_both
def test_subscribers_are_listed_counted_filtered_and_paged(ada: Browser, db: Database, settings: Settings) -> None:
    for number in range(60):
        make_subscriber(db, settings, f"reader{number:02}@example.org")
    make_subscriber(db, settings, "gone@example.org", SubscriberState.UNSUBSCRIBED)
    first = page(ada.open("/desk/subscribers"))
    assert "reader00@example.org" not in first.get_text()
    assert "reader00@example.org" in words(ada.open(str(one(first, "a[rel=next]")["href"])))
    gone = words(ada.open("/desk/subscribers?state=unsubscribed"))
    assert "1 subscriber found" in gone and "gone@example.org" in gone and "reader01" not in gone
    assert "reader07@example.org" in words(ada.open("/desk/subscribers?q=READER07"))
    assert ada.open("/desk/subscribers?after=x&state=nonsense").status_code == 200


def test_readers_are_found_by_what_was_typed_and_by_no_pattern(ada: Browser, db: Database, settings: Settings) -> None:
    for address in ("first_last@example.org", "first.last@example.org"):
        make_subscriber(db, settings, address)
    assert "0 subscribers found" in words(ada.open("/desk/subscribers?q=%25"))
    found = words(ada.open("/desk/subscribers?q=first_last"))
    assert "1 subscriber found" in found and "first_last@example.org" in found and "first.last" not in found


def test_a_part_of_an_address_is_found_among_those_of_a_state_and_says_who_is_suppressed(
    ada: Browser, db: Database, settings: Settings
) -> None:
    make_subscriber(db, settings, "una.murphy@example.org", SubscriberState.UNSUBSCRIBED)
    kit = make_subscriber(db, settings, "kit.murphy@example.org")
    with db.writing() as session:
        suppress(session, kit.address_hash, SuppressionReason.BOUNCE, TUESDAY, "a test")
    left = words(ada.open("/desk/subscribers?q=murphy&state=unsubscribed"))
    assert "1 subscriber found, with these words anywhere" in left and "kit.murphy" not in left
    assert "kit.murphy@example.org – Confirmed Suppressed" in words(ada.open("/desk/subscribers?q=Murphy"))
    assert "1 subscriber found" in words(ada.open("/desk/subscribers?q=murphy&state=suppressed"))


def test_an_error_page_of_the_desk_leads_back_to_the_desk(ada: Browser) -> None:
    answer = ada.open("/desk/subscribers/999999")
    assert answer.status_code == 404
    assert one(page(answer), "main a.button")["href"] == "/desk"


@pytest.mark.on_both
def test_subscriber_is_erased_after_asking_once(ada: Browser, db: Database, settings: Settings) -> None:
    reader = make_subscriber(db, settings, "reader@example.org")
    assert "Erase reader@example.org?" in words(ada.open(f"/desk/subscribers/{reader.id}/erase"))
    assert ada.send(f"/desk/subscribers/{reader.id}/erase").location == "/desk/subscribers"
    with db.reading() as session:
        assert subscriber_by_id(session, reader.id) is None
        assert sum(count_by_state(session).values()) == 0


def test_outbox_shows_messages_as_they_were_written(ada: Browser, mailbox: Mailbox) -> None:
    ada.send("/desk/editors", email="bob@digest.test", name="Bob")
    mailbox.read()
    listed = page(ada.open("/desk/outbox"))
    link = listed.select_one("main td a")
    assert link is not None and "invites you" in link.text
    shown = page(ada.open(str(link["href"])))
    frame = one(shown, "iframe")
    assert frame.has_attr("sandbox") and not frame["sandbox"]
    framed = ada.open(str(frame["src"]))
    assert "sandbox" in framed.headers["Content-Security-Policy"]
    assert "script-src" not in framed.headers["Content-Security-Policy"]
    source = ada.open(f"{link['href']}/source")
    assert source.content_type == "text/plain; charset=utf-8"
    assert source.data.startswith(b"Subject: ")
    assert shown.select('pre a[href^="http://digest.test/desk/password/"]')


def test_outbox_leads_to_no_other_file(ada: Browser, settings: Settings) -> None:
    settings.outbox_path.mkdir(exist_ok=True)
    (settings.instance_path / "secret.eml").write_text("secret")
    for name in ("..%2Fsecret.eml", "../secret.eml", "%2e%2e%2fsecret.eml", "nothing.eml", ".hidden.eml", "secret_key"):
        assert ada.open(f"/desk/outbox/{name}").status_code == 404
