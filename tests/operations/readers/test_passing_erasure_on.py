"""Erasing reaches SendGrid: told until it answers, and then nothing here names the address any more."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from digest.config import Settings
from digest.domain.shared.addresses import parse
from digest.domain.shared.tokens import fingerprint
from digest.mail.sendgrid.events import Event, Ground, Kind
from digest.mail.sendgrid.transport import SendGridTransport
from digest.mail.transports import open_transport
from digest.operations.events.feedback import take_events
from digest.operations.messages.delivering import deliver_waiting
from digest.operations.messages.next_message import claim_next
from digest.operations.readers import privacy, subscribing
from digest.operations.readers.stuck_erasures import mark_erased_by_hand, stuck_erasures
from digest.operations.running.doctor_at_home import at_home
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.messages.messages import Message, queue_message
from digest.storage.people.audit import AuditEntry
from digest.storage.readers.reader_links import ReaderLink
from digest.storage.suppressions.suppressions import SuppressionReason, never_mailed, suppress
from tests.conftest import TUESDAY, through
from tests.factories import make_editor, make_subscriber
from tests.loopback.faults import TooManyRequests
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.web.readers.doors import everything

ALICE = "alice@example.org"


@pytest.fixture
def environ(environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | through(sendgrid)


def hand_over(db: Database, settings: Settings, at: datetime = TUESDAY) -> None:
    with db.writing() as session:  # what waits to be tried again is due, without waiting
        session.query(Message).update({Message.retry_at: 0.0})
    with closing(open_transport(settings)) as transport:
        deliver_waiting(db, settings, transport, lambda: at)


def test_an_erasure_is_told_to_sendgrid_after_the_receipt(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    make_subscriber(db, settings, ALICE)
    privacy.erase(Context(db, settings, TUESDAY), ALICE, "a test")
    sendgrid.misbehave(TooManyRequests())  # the receipt is refused for now, and must not come after the erasure
    hand_over(db, settings)
    assert sendgrid.account.erased == []
    hand_over(db, settings)
    hand_over(db, settings)
    assert sendgrid.account.erased == [ALICE]
    assert sendgrid.addresses() == [ALICE]
    assert ALICE not in repr(everything(db))


def test_it_waits_until_sendgrid_answers_however_often_that_fails(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    make_editor(db, "ada@digest.test")
    sendgrid.account.key = "SG.another"
    privacy.erase(Context(db, settings, TUESDAY), ALICE, "a test")
    for number in range(40):
        hand_over(db, settings, TUESDAY + timedelta(hours=number))
    assert sendgrid.account.erased == []
    with db.reading() as session:
        (notice,) = session.query(Message).filter_by(kind="notice")
        assert notice.subject == "Privacy Digest: SendGrid has not taken on an erasure"
        assert ALICE not in notice.text
    sendgrid.account.key = "SG.loopback"
    hand_over(db, settings, TUESDAY + timedelta(hours=41))
    assert sendgrid.account.erased == [ALICE]
    assert ALICE not in repr(everything(db))


def test_many_go_in_one_job_after_the_mail_and_their_trouble_is_told_once(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    make_editor(db, "ada@digest.test")
    sendgrid.account.key = "SG.another"
    for number in range(20):
        privacy.erase(Context(db, settings, TUESDAY), f"old{number}@example.org", "a test")
    for number in range(33):
        hand_over(db, settings, TUESDAY + timedelta(hours=number))
    sendgrid.account.key = "SG.loopback"
    subscribing.ask(Context(db, settings, TUESDAY), parse("new@example.org"), "192.0.2.7", "a test")
    asked = len(sendgrid.requests)
    hand_over(db, settings, TUESDAY + timedelta(hours=34))
    paths = [request.path for request in sendgrid.requests[asked:]]
    assert paths[-1].endswith("erasejob")
    assert len([path for path in paths if path.endswith("erasejob")]) == 1
    assert len(sendgrid.account.erased) == 20
    with db.reading() as session:
        assert session.query(Message).filter_by(kind="notice").count() == 1


def test_a_fault_of_ours_in_passing_it_on_stops_no_mail_and_loses_nothing(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    privacy.erase(Context(db, settings, TUESDAY), ALICE, "a test")
    subscribing.ask(Context(db, settings, TUESDAY), parse("new@example.org"), "192.0.2.7", "a test")
    with monkeypatch.context() as patched:
        patched.setattr(SendGridTransport, "erase", broken)
        hand_over(db, settings)
    assert sendgrid.addresses() == ["new@example.org"]
    hand_over(db, settings)
    assert sendgrid.account.erased == [ALICE]


def test_a_receipt_whose_senders_never_report_back_leaves_no_address_either(db: Database, settings: Settings) -> None:
    make_subscriber(db, settings, ALICE)
    privacy.erase(Context(db, settings, TUESDAY), ALICE, "a test")
    with db.writing() as session:
        receipts = session.query(Message).filter_by(kind="erased")
        receipts.update({Message.state: "claimed", Message.tries: 30, Message.retry_at: 0.0})
    assert claim_next(Context(db, settings, TUESDAY)) is None
    with db.reading() as session:
        assert session.query(Message).filter_by(kind="erased").count() == 0


@pytest.mark.parametrize("reason", [SuppressionReason.COMPLAINT, SuppressionReason.OBJECTION])
def test_a_complaint_or_an_objection_after_an_erasure_is_the_later_word(
    db: Database, settings: Settings, reason: SuppressionReason
) -> None:
    privacy.erase(Context(db, settings, TUESDAY), ALICE, "a test")
    address_hash = fingerprint(ALICE, settings.suppression_key)
    make_subscriber(db, settings, ALICE)
    if reason is SuppressionReason.COMPLAINT:
        event = Event(Kind.COMPLAINED, ALICE, TUESDAY, "", Ground.COMPLAINT, args=None, message=None, bare=True)
        take_events(Context(db, settings, TUESDAY), [event])
    else:
        with db.writing() as session:
            suppress(session, address_hash, reason, TUESDAY, "the operator’s list")
    with db.reading() as session:
        assert never_mailed(session, address_hash)


def test_a_reader_who_moved_meanwhile_is_erased_by_their_link(db: Database, settings: Settings) -> None:
    reader = make_subscriber(db, settings, "alice@example.com")
    with db.writing() as session:
        until = TUESDAY + timedelta(minutes=30)
        session.add(ReaderLink(subscriber_id=reader.id, key="a" * 32, asked_at=TUESDAY, valid_until=until))
    assert privacy.erase_by_link(Context(db, settings, TUESDAY), "a" * 32, "a test")
    assert not privacy.erase_by_link(Context(db, settings, TUESDAY), "a" * 32, "a test")
    assert "alice@example.com" not in repr(everything(db)["subscribers"])


def test_a_rehearsal_drops_no_erasure_and_claims_none(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    make_subscriber(db, settings, ALICE)
    rehearsal = replace(settings, mail_redirect_all="rehearsal@digest.test")
    privacy.erase(Context(db, rehearsal, TUESDAY), ALICE, "a test")
    with db.reading() as session:
        receipt = session.query(Message).filter_by(kind="erased").one().text
    assert "is not asked to erase anything yet" in " ".join(receipt.split())
    hand_over(db, rehearsal)
    hand_over(db, rehearsal)
    assert sendgrid.account.erased == []
    hand_over(db, settings)
    assert sendgrid.account.erased == [ALICE], "it waited for the rehearsal to end"


def test_what_is_another_readers_address_by_now_is_not_erased_with_its_former_one(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    alice = make_subscriber(db, settings, "alice@example.com")
    told = [("moved", "gone@example.org"), ("corrected", "mistyped@example.org"), ("moved", "taken@example.org")]
    for kind, old in told:
        with db.writing() as session:
            queue_message(session, TUESDAY, kind, old, ("", "", ""), subscriber_id=alice.id)
    make_subscriber(db, settings, "taken@example.org")
    privacy.erase(Context(db, settings, TUESDAY), alice.address, "a test")
    for _ in range(2):
        hand_over(db, settings)
    assert sorted(sendgrid.account.erased) == ["alice@example.com", "gone@example.org", "mistyped@example.org"]


def test_an_erasure_that_is_stuck_is_named_and_ended_by_hand(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    sendgrid.account.key = "SG.another"
    for _ in range(2):
        privacy.erase(Context(db, settings, TUESDAY), ALICE, "a test")
    with db.reading() as session:
        assert stuck_erasures(session, settings) == [], "none that was not tried"
    hand_over(db, settings)
    (found,) = [each for each in at_home(Context(db, settings, TUESDAY + timedelta(days=4))) if each.name == "erasures"]
    assert (found.state, "asked for on 14 May" in found.words, ALICE in found.words) == ("bad", True, False)
    with db.reading() as session:
        (stuck,) = stuck_erasures(session, settings)
    assert (stuck.address, stuck.since, stuck.why) == (
        ALICE, TUESDAY, "SendGrid answered 401: The key is missing, wrong or withdrawn",
    )  # fmt: skip
    assert mark_erased_by_hand(Context(db, settings, TUESDAY), stuck.handle, "ada@digest.test")
    assert not mark_erased_by_hand(Context(db, settings, TUESDAY), stuck.handle, "ada@digest.test")
    with db.reading() as session:
        (line,) = session.query(AuditEntry)
        assert (line.who, line.act) == ("ada@digest.test", "marked an erasure as done by hand")
    assert ALICE not in repr(everything(db))
