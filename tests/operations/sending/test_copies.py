"""Everyone who should gets one copy of the issue, and of its secrets only their own."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

import pytest
import time_machine

from digest import config
from digest.config import Settings
from digest.domain.shared.addresses import parse
from digest.mail.transports import open_transport
from digest.operations.issues.closing import close_issue
from digest.operations.messages.delivering import deliver_waiting
from digest.operations.readers.privacy import erase
from digest.operations.readers.subscribing import ask
from digest.operations.running.sending_now import Report, report
from digest.operations.sending.freezing import freeze
from digest.operations.sending.sender import Ending
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.readers.subscribers import Subscriber, SubscriberState, subscriber_with_address
from digest.storage.sending.batches import Attempt
from tests.conftest import TUESDAY, Mailbox, text_of
from tests.factories import make_issue, make_readers, make_subscriber, make_summary
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.operations.sending.issues import ALICE, account, freeze_issue, send


def test_every_reader_gets_one_copy(db: Database, settings: Settings, frozen: int, sendgrid: LoopbackSendGrid) -> None:
    assert send(db, settings, frozen) is Ending.DONE
    assert sorted(sendgrid.addresses()) == [f"reader{number:06d}@example.org" for number in range(7)]
    assert sorted(request.count for request in sendgrid.accepted) == [2, 2, 3]
    assert account(db, frozen) == {"accepted": 7}
    assert report(db, frozen).state == "sent"
    assert sendgrid.policy_faults() == []


def test_what_sendgrid_is_asked(db: Database, settings: Settings, sendgrid: LoopbackSendGrid) -> None:
    reader = make_subscriber(db, settings, "zoe@example.org")
    issue_id = freeze_issue(db, settings)
    send(db, settings, issue_id)
    [request] = sendgrid.accepted
    assert request.payload is not None
    payload = dict(request.payload)
    [person] = payload.pop("personalizations")
    contents = payload.pop("content")
    leave = person["headers"]["List-Unsubscribe"].strip("<>")
    batch_id = report(db, issue_id).batches[0].id
    assert payload == {
        "from": {"email": "editor@digest.test", "name": "Privacy Digest"},
        "reply_to": {"email": "reply@digest.test"},
        "subject": "Court annuls a fine, and 1 more",
        "headers": {
            "List-Id": "Privacy Digest <digest.digest.test>",
            "List-Archive": "<http://digest.test/issues>",
            "List-Help": "<http://digest.test/privacy>",
            "Feedback-ID": "2024-05-17:digest:weekly:digest-test",
        },
        "categories": ["digest"],
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
            "ganalytics": {"enable": False},
        },
    }
    with db.reading() as session:
        [attempt] = session.query(Attempt).all()
    assert person == {
        "to": [{"email": "zoe@example.org"}],
        "headers": {
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        "substitutions": person["substitutions"],
        "custom_args": {
            "digest_issue": "2024-05-17",
            "digest_batch": str(batch_id),
            "digest_attempt": attempt.id,
            "digest_delivery": "1",
        },
    }
    assert leave.startswith("http://digest.test/unsubscribe/")
    assert leave in person["substitutions"].values()
    assert "8 January 2024" in person["substitutions"].values()
    assert [part["type"] for part in contents] == ["text/plain", "text/html"]
    [mail] = sendgrid.inbox()
    assert leave in mail.text
    assert leave in mail.html
    assert reader.link_key not in mail.html


def test_who_left_after_the_freeze_is_skipped_with_the_reason(
    db: Database, settings: Settings, frozen: int, sendgrid: LoopbackSendGrid
) -> None:
    with db.writing() as session:
        reader = subscriber_with_address(session, "reader000002@example.org")
        assert reader is not None
        reader.state = SubscriberState.UNSUBSCRIBED
        gone = subscriber_with_address(session, "reader000003@example.org")
        session.delete(gone)
    send(db, settings, frozen)
    assert "reader000002@example.org" not in sendgrid.addresses()
    assert "reader000003@example.org" not in sendgrid.addresses()
    assert account(db, frozen) == {"accepted": 5, "skipped": 2}


def test_pending_and_unsubscribed_readers_get_nothing(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    make_subscriber(db, settings, "pending@example.org", SubscriberState.PENDING)
    make_subscriber(db, settings, "left@example.org", SubscriberState.UNSUBSCRIBED)
    make_subscriber(db, settings, "zoe@example.org")
    send(db, settings, freeze_issue(db, settings))
    assert sendgrid.addresses() == ["zoe@example.org"]


def test_topics_make_editions(db: Database, settings: Settings, sendgrid: LoopbackSendGrid) -> None:
    make_subscriber(db, settings, "all@example.org")
    make_subscriber(db, settings, "ai@example.org", topics="ai")
    make_subscriber(db, settings, "health@example.org", topics="a-topic-that-is-no-more")
    make_subscriber(db, settings, "fines@example.org", topics="fines")
    make_summary(db, "An older one", topics=["Fines"])
    stories = [
        make_summary(db, "AI story", topics=["AI"]),
        make_summary(db, "Fine story", topics=["Enforcement"], body="A bank pays."),
    ]
    issue_id = make_issue(db, summary_ids=stories)
    close_issue(Context(db, settings, TUESDAY), issue_id, ALICE)
    freeze(Context(db, settings, TUESDAY), issue_id, ALICE)
    send(db, settings, issue_id)
    [everything] = sendgrid.inbox("all@example.org")
    [about_ai] = sendgrid.inbox("ai@example.org")
    [about_nothing] = sendgrid.inbox("fines@example.org")
    [outdated] = sendgrid.inbox("health@example.org")
    assert everything.subject == outdated.subject == "AI story, and 1 more"
    assert "A bank pays." in everything.text
    assert about_ai.subject == "AI story"
    said = "YOUR SELECTION. 1 of this issue’s 2 stories come in full: those on topics that you chose, AI."
    assert said in " ".join(about_ai.text.split())
    assert "Fine story" in about_ai.text, "as a headline"
    assert "A bank pays." not in about_ai.text
    assert about_nothing.subject == "2 headlines, none of them on your topics"
    for copy in (about_ai, about_nothing):
        assert f"{settings.site_url}/issues/2024-05-17" in copy.html
    assert account(db, issue_id) == {"accepted": 4}


def test_no_secret_of_a_reader_is_in_another_readers_mail(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    make_readers(db, settings, 3)
    send(db, settings, freeze_issue(db, settings))
    links = {mail.to: mail.headers["List-Unsubscribe"].strip("<>") for mail in sendgrid.inbox()}
    for mail in sendgrid.inbox():
        others = [link for address, link in links.items() if address != mail.to]
        assert links[mail.to] in mail.html
        assert not [link for link in others if link in mail.html or link in mail.text]


def test_the_outbox_keeps_one_file_a_copy(
    db: Database, environ: dict[str, str], settings: Settings, clock: time_machine.Traveller
) -> None:
    local = config.load(environ | {"MAIL_TRANSPORT": "outbox"}, settings.instance_path.parent)
    make_readers(db, local, 3)
    issue_id = freeze_issue(db, local)
    send(db, local, issue_id)
    clock.move_to(TUESDAY + timedelta(hours=1))
    digests = [mail for mail in Mailbox(local, db).read() if mail["List-Id"]]
    assert sorted(mail["To"] for mail in digests) == [f"reader00000{number}@example.org" for number in range(3)]
    assert all(mail["List-Unsubscribe"].strip("<>") in text_of(mail) for mail in digests)


def test_a_rehearsal_reaches_one_address_a_copy_at_a_time(
    db: Database, environ: dict[str, str], settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    make_readers(db, settings, 3)
    rehearsal = config.load(environ | {"MAIL_REDIRECT_ALL": "me@example.org"}, settings.instance_path.parent)
    issue_id = freeze_issue(db, rehearsal)
    send(db, rehearsal, issue_id)
    assert sendgrid.addresses() == ["me@example.org"] * 3
    assert account(db, issue_id) == {"accepted": 3}


@pytest.mark.only_on("sqlite")
def test_in_a_rehearsal_no_single_message_reaches_anybody_else(
    db: Database, environ: dict[str, str], settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    rehearsal = config.load(environ | {"MAIL_REDIRECT_ALL": "me@example.org"}, settings.instance_path.parent)
    ask(Context(db, rehearsal, TUESDAY), parse("alice@example.org"), "192.0.2.7", "a test")
    with closing(open_transport(rehearsal)) as transport:
        assert deliver_waiting(db, rehearsal, transport, lambda: TUESDAY) == 1
    assert sendgrid.addresses() == ["me@example.org"]


def test_the_account_survives_erasing(db: Database, settings: Settings, frozen: int) -> None:
    send(db, settings, frozen)
    erase(Context(db, settings, TUESDAY), "reader000004@example.org", "test")
    with db.reading() as session:
        assert session.query(Subscriber).count() == 6
    found: Report = report(db, frozen)
    assert (found.audience, found.accepted, found.difference) == (7, 7, 0)
