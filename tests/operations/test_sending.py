"""From a closed issue to SendGrid's answer: everyone once, and the account adds up."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from digest import config
from digest.config import Settings
from digest.domain.tokens import new_key
from digest.mail.transports import open_outbox
from digest.operations.claiming import Editions
from digest.operations.closing import close_issue
from digest.operations.freezing import Freeze, freeze
from digest.operations.privacy import erase
from digest.operations.refusal import Refused
from digest.operations.sending import Ending, send_issue, take_turn
from digest.operations.sending_now import Report, report
from digest.operations.stopping import resume_send, stop_send
from digest.storage.batches import Attempt, Batch
from digest.storage.database import Database
from digest.storage.deliveries import Delivery
from digest.storage.issues import Issue
from digest.storage.messages import Message
from digest.storage.subscribers import Subscriber, SubscriberState, subscriber_with_address
from tests.conftest import TUESDAY, Mailbox, text_of, through
from tests.factories import make_editor, make_issue, make_readers, make_subscriber, make_summary
from tests.loopback.answers import FieldError
from tests.loopback.faults import (
    AnswerMalformed,
    AnswerTruncated,
    BadRequest,
    DropUnanswered,
    Fault,
    OkInsteadOfAccepted,
    Redirect,
    SenderNotVerified,
    ServerError,
    TooLarge,
    TooManyRequests,
    Unauthorized,
)
from tests.loopback.sendgrid import LoopbackSendGrid

ALICE = "alice@digest.test"


@pytest.fixture
def environ(environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | through(sendgrid)


@pytest.fixture
def frozen(db: Database, settings: Settings) -> int:
    """An issue of two summaries, frozen for seven readers in batches of three."""
    make_editor(db, ALICE)
    make_readers(db, settings, 7)
    return freeze_issue(db, settings, batch_size=3)


def freeze_issue(db: Database, settings: Settings, batch_size: int = 1000) -> int:
    issue_id = make_issue(db, summary_ids=[make_summary(db, "Court annuls a fine"), make_summary(db, "A second story")])
    close_issue(db, settings, TUESDAY, issue_id, ALICE)
    assert freeze(db, settings, TUESDAY, issue_id, ALICE, batch_size) is Freeze.FROZEN
    return issue_id


def send(db: Database, settings: Settings, issue_id: int, wait: bool = True) -> Ending:
    with closing(open_outbox(settings)) as outbox:
        return send_issue(db, settings, outbox, issue_id, threading.Event(), lambda: datetime.now(UTC), wait=wait)


def account(db: Database, issue_id: int) -> dict[str, int]:
    found = report(db, issue_id)
    assert found.difference == 0
    parts = ("accepted", "failed", "skipped", "unknown", "held", "waiting")
    return {part: getattr(found, part) for part in parts if getattr(found, part)}


def test_every_reader_gets_one_copy(db: Database, settings: Settings, frozen: int, sendgrid: LoopbackSendGrid) -> None:
    assert send(db, settings, frozen) is Ending.DONE
    assert sorted(sendgrid.addresses()) == [f"reader{number:06d}@example.org" for number in range(7)]
    assert sorted(request.count for request in sendgrid.accepted) == [2, 2, 3]
    assert account(db, frozen) == {"accepted": 7}
    assert report(db, frozen).state == "sent"
    assert sendgrid.policy_faults() == []


def test_batches_are_of_equal_size(db: Database, settings: Settings) -> None:
    make_readers(db, settings, 2500)
    issue_id = freeze_issue(db, settings)
    assert sorted(batch.size for batch in report(db, issue_id).batches) == [833, 833, 834]


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
    make_subscriber(db, settings, "health@example.org", topics="health")
    stories = [make_summary(db, "AI story", topics=["AI"]), make_summary(db, "Fine story", topics=["Enforcement"])]
    issue_id = make_issue(db, summary_ids=stories)
    close_issue(db, settings, TUESDAY, issue_id, ALICE)
    freeze(db, settings, TUESDAY, issue_id, ALICE)
    send(db, settings, issue_id)
    [everything] = sendgrid.inbox("all@example.org")
    [about_ai] = sendgrid.inbox("ai@example.org")
    assert "Fine story" in everything.text
    assert "Fine story" not in about_ai.text
    assert about_ai.subject == "AI story"
    assert account(db, issue_id) == {"accepted": 2, "skipped": 1}


@pytest.mark.parametrize(
    "fault",
    [
        DropUnanswered(accept=True),
        DropUnanswered(accept=False),
        ServerError(500),
        ServerError(503),
        Redirect(),
        OkInsteadOfAccepted(),
        AnswerMalformed(),
        AnswerTruncated(),
    ],
    ids=lambda fault: repr(fault),
)
def test_what_nobody_can_know_is_held_and_never_sent_again(
    db: Database, settings: Settings, frozen: int, sendgrid: LoopbackSendGrid, fault: Fault
) -> None:
    sendgrid.misbehave(fault)
    assert send(db, settings, frozen) is Ending.DONE
    assert send(db, settings, frozen) is Ending.DONE
    found = account(db, frozen)
    assert found["held"] in (2, 3)
    assert found["accepted"] == 7 - found["held"]
    assert not sendgrid.doubled()


@pytest.mark.parametrize("fault", [TooManyRequests(reset_in=1), TooManyRequests()], ids=repr)
def test_what_certainly_did_not_leave_goes_again(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, fault: Fault
) -> None:
    make_subscriber(db, settings, "zoe@example.org")
    issue_id = freeze_issue(db, settings)
    sendgrid.misbehave(fault)
    assert send(db, settings, issue_id, wait=False) is Ending.LATER
    assert account(db, issue_id) == {"waiting": 1}
    no_need_to_wait(db)
    send(db, settings, issue_id)
    assert sendgrid.addresses() == ["zoe@example.org"]
    assert account(db, issue_id) == {"accepted": 1}


def test_no_connection_means_again(db: Database, settings: Settings, sendgrid: LoopbackSendGrid) -> None:
    make_subscriber(db, settings, "zoe@example.org")
    issue_id = freeze_issue(db, settings)
    sendgrid.stop()
    assert send(db, settings, issue_id, wait=False) is Ending.LATER
    assert account(db, issue_id) == {"waiting": 1}
    sendgrid.start()
    no_need_to_wait(db)
    send(db, settings, issue_id)
    assert sendgrid.addresses() == ["zoe@example.org"]


def no_need_to_wait(db: Database) -> None:
    with db.writing() as session:
        for batch in session.query(Batch).all():
            batch.retry_at = 0.0


def test_a_refused_address_fails_and_the_others_go(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    make_readers(db, settings, 4)
    issue_id = freeze_issue(db, settings)
    sendgrid.refuse("reader000001@example.org")
    assert send(db, settings, issue_id) is Ending.DONE
    assert sorted(sendgrid.addresses()) == [f"reader00000{number}@example.org" for number in (0, 2, 3)]
    assert account(db, issue_id) == {"accepted": 3, "failed": 1}


def test_too_large_is_halved(db: Database, settings: Settings, sendgrid: LoopbackSendGrid) -> None:
    make_readers(db, settings, 4)
    issue_id = freeze_issue(db, settings)
    sendgrid.misbehave(TooLarge())
    assert send(db, settings, issue_id) is Ending.DONE
    assert sorted(request.count for request in sendgrid.accepted) == [2, 2]
    assert account(db, issue_id) == {"accepted": 4}
    assert not sendgrid.doubled()


def test_one_that_is_too_large_by_itself_fails(db: Database, settings: Settings, sendgrid: LoopbackSendGrid) -> None:
    make_subscriber(db, settings, "zoe@example.org")
    issue_id = freeze_issue(db, settings)
    sendgrid.misbehave(TooLarge())
    send(db, settings, issue_id)
    assert account(db, issue_id) == {"failed": 1}


@pytest.mark.parametrize(
    "fault",
    [Unauthorized(), SenderNotVerified(), BadRequest((FieldError("bad content", "content.0.value", None),))],
    ids=repr,
)
def test_a_refusal_stops_the_send_tells_the_editors_once_and_loses_nothing(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, frozen: int, fault: Fault
) -> None:
    sendgrid.misbehave(fault, path="/v3/mail/send", every=1)
    assert send(db, settings, frozen) is Ending.PAUSED
    assert account(db, frozen) == {"waiting": 7}
    assert notices(db) == ["Privacy Digest: The send has stopped"]
    sendgrid.behave()
    resume_send(db, TUESDAY, frozen, ALICE)
    assert send(db, settings, frozen) is Ending.DONE
    assert account(db, frozen) == {"accepted": 7}
    assert not sendgrid.doubled()


def notices(db: Database) -> list[str]:
    with db.reading() as session:
        return [message.subject for message in session.query(Message).filter_by(kind="notice")]


def test_stop_holds_what_has_not_left(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, frozen: int
) -> None:
    stop_send(db, TUESDAY, frozen, ALICE)
    assert send(db, settings, frozen) is Ending.PAUSED
    assert sendgrid.requests == []
    resume_send(db, TUESDAY, frozen, ALICE)
    assert send(db, settings, frozen) is Ending.DONE
    assert len(sendgrid.addresses()) == 7


def test_a_dead_senders_batch_is_held_when_its_lease_ends(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, frozen: int
) -> None:
    [claimed] = take_turn(db, settings, TUESDAY, frozen, "a sender that dies", (), [new_key()], Editions())
    with db.writing() as session:
        session.get_one(Attempt, claimed.attempt_id).lease_until = 1.0
    assert send(db, settings, frozen) is Ending.DONE
    assert account(db, frozen) == {"accepted": 7 - len(claimed.copies), "held": len(claimed.copies)}
    assert not set(claimed.copies.addresses) & set(sendgrid.addresses())


def test_four_senders_at_once_double_nobody(db: Database, settings: Settings, sendgrid: LoopbackSendGrid) -> None:
    make_readers(db, settings, 60)
    issue_id = freeze_issue(db, settings, batch_size=5)

    def one_sender() -> None:
        with closing(Database(settings.database_url)) as own:
            send(own, settings, issue_id)

    senders = [threading.Thread(target=one_sender) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert len(sendgrid.addresses()) == 60
    assert not sendgrid.doubled()
    assert account(db, issue_id) == {"accepted": 60}


def test_freezing_twice_freezes_once(db: Database, settings: Settings, frozen: int) -> None:
    assert freeze(db, settings, TUESDAY, frozen, ALICE) is Freeze.NOT_CLOSED
    assert report(db, frozen).audience == 7


@pytest.mark.usefixtures("frozen")
def test_freezing_makes_sure_that_an_issue_lies_ahead(db: Database) -> None:
    with db.reading() as session:
        dates = [issue.send_date for issue in session.query(Issue).order_by(Issue.send_date)]
    assert dates == [date(2024, 5, 17), date(2024, 5, 24)]


def test_an_issue_without_readers_is_not_frozen(db: Database, settings: Settings) -> None:
    issue_id = make_issue(db, summary_ids=[make_summary(db)])
    close_issue(db, settings, TUESDAY, issue_id, ALICE)
    assert freeze(db, settings, TUESDAY, issue_id, ALICE) is Freeze.NO_AUDIENCE


def test_an_empty_issue_is_not_closed(db: Database, settings: Settings) -> None:
    with pytest.raises(Refused, match="Nothing is selected"):
        close_issue(db, settings, TUESDAY, make_issue(db), ALICE)


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


def test_the_account_survives_erasing(db: Database, settings: Settings, frozen: int) -> None:
    send(db, settings, frozen)
    erase(db, settings, TUESDAY, "reader000004@example.org", "test")
    with db.reading() as session:
        assert session.query(Subscriber).count() == 6
    found: Report = report(db, frozen)
    assert (found.audience, found.accepted, found.difference) == (7, 7, 0)


def test_no_address_stays_in_the_words_that_sendgrid_gave(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    make_readers(db, settings, 2)
    issue_id = freeze_issue(db, settings)
    wrong = FieldError("reader000001@example.org is not an address", "personalizations.1.to.0.email")
    sendgrid.misbehave(BadRequest((wrong,)))
    send(db, settings, issue_id)
    with db.reading() as session:
        said = [attempt.detail for attempt in session.query(Attempt)] + [b.because for b in session.query(Batch)]
        reasons = [delivery.reason for delivery in session.query(Delivery) if delivery.reason]
    assert account(db, issue_id) == {"accepted": 1, "failed": 1}
    assert reasons == ["(address) is not an address (personalizations.1.to.0.email)"]
    assert not [words for words in said if "@" in words]


@pytest.mark.parametrize("key", ["SG.key…", "SG.a b", "“SG.key”"])
def test_a_key_that_no_header_can_carry_stops_the_start(environ: dict[str, str], settings: Settings, key: str) -> None:
    with pytest.raises(config.BadSetting, match="SENDGRID_API_KEY: use the key") as caught:
        config.load(environ | {"SENDGRID_API_KEY": key}, settings.instance_path)
    assert key not in str(caught.value)


def test_a_rehearsal_reaches_one_address_a_copy_at_a_time(
    db: Database, environ: dict[str, str], settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    make_readers(db, settings, 3)
    rehearsal = config.load(environ | {"MAIL_REDIRECT_ALL": "me@example.org"}, settings.instance_path.parent)
    issue_id = freeze_issue(db, rehearsal)
    send(db, rehearsal, issue_id)
    assert sendgrid.addresses() == ["me@example.org"] * 3
    assert account(db, issue_id) == {"accepted": 3}
