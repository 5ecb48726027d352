"""One reader's copy goes again, as an exception: once, with the reader's own links, beside the account."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import update

from digest.config import Settings
from digest.domain.issues.lifecycle import IssueState
from digest.operations.issues.closing import close_issue
from digest.operations.readers.consent_wordings import leaving
from digest.operations.readers.privacy import erase
from digest.operations.readers.subscribing import leave
from digest.operations.running.sending_now import report
from digest.operations.sending.freezing import freeze
from digest.operations.sending.sending_again import Again, send_copy_again
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database
from digest.storage.issues.history import history_of
from digest.storage.issues.issues import Issue
from digest.storage.messages.messages import Message, MessageState
from digest.storage.readers.subscribers import Subscriber, SubscriberState, subscriber_with_address
from digest.storage.sending.batches import Batch, BatchState
from digest.storage.sending.deliveries import Delivery, Outcome
from digest.storage.sending.editions import Edition
from digest.storage.suppressions.suppressions import SuppressionReason, suppress
from tests.conftest import TUESDAY
from tests.factories import make_issue, make_subscriber, make_summary
from tests.loopback.faults import DropUnanswered
from tests.loopback.inbox import ReceivedMail
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.operations.sending.again.copies import ADA, LATER, YAN, ZOE, again, copy_of, drain, queued, send


def both(mails: list[ReceivedMail]) -> tuple[ReceivedMail, ReceivedMail]:
    first, second = mails
    return first, second


def test_it_reaches_that_reader_once_more_as_it_was(
    db: Database, settings: Settings, sent: int, sendgrid: LoopbackSendGrid
) -> None:
    assert sent
    assert again(db, settings) is Again.QUEUED
    drain(db, settings)
    first, second = both(sendgrid.inbox(ZOE))
    assert (second.subject, second.text, second.html) == (first.subject, first.text, first.html)
    assert first.headers.items() <= second.headers.items()
    assert second.headers["List-Unsubscribe"].strip("<>") in second.text
    assert len(sendgrid.inbox(YAN)) == 1
    assert sendgrid.policy_faults() == []


def test_links_are_the_readers_own(db: Database, settings: Settings, sent: int, sendgrid: LoopbackSendGrid) -> None:
    assert sent
    again(db, settings)
    again(db, settings, address=YAN)
    drain(db, settings)
    zoe, yan = sendgrid.inbox(ZOE)[1], sendgrid.inbox(YAN)[1]
    assert zoe.headers["List-Unsubscribe"] != yan.headers["List-Unsubscribe"]
    assert yan.headers["List-Unsubscribe"].strip("<>") not in zoe.text + zoe.html


def test_the_account_stays_and_the_exception_is_written_down(db: Database, settings: Settings, sent: int) -> None:
    before = report(db, sent)
    again(db, settings)
    assert report(db, sent) == before
    copy = copy_of(db)
    assert (copy.where, copy.again_at) == ("accepted", LATER)
    with db.reading() as session:
        newest = history_of(session, sent)[0]
    assert (newest.who, newest.what) == (ADA, f"sent delivery {copy.delivery_id} again, as an exception")
    assert copy_of(db, YAN).again_at is None


def test_a_double_click_sends_one(db: Database, settings: Settings, sent: int) -> None:
    assert sent
    assert [again(db, settings), again(db, settings, LATER + timedelta(seconds=59))] == [Again.QUEUED, Again.JUST_NOW]
    assert queued(db) == [ZOE]
    assert again(db, settings, LATER + timedelta(seconds=60)) is Again.QUEUED
    assert queued(db) == [ZOE, ZOE]


def test_twenty_clicks_at_once_send_one(db: Database, settings: Settings, sent: int) -> None:
    assert sent
    with ThreadPoolExecutor(20) as clicks:
        came = list(clicks.map(lambda _: again(db, settings), range(20)))
    assert came.count(Again.QUEUED) == 1
    assert queued(db) == [ZOE]


def test_what_is_still_to_go_is_refused(db: Database, settings: Settings, frozen: int) -> None:
    assert frozen
    with pytest.raises(Refused, match="still to go"):
        again(db, settings)
    with db.writing() as session:
        session.query(Batch).update({"state": BatchState.CLAIMED})
    with pytest.raises(Refused, match="still to go"):
        again(db, settings, may_double=True)
    assert queued(db) == []


def test_what_may_have_left_needs_the_word_of_someone_who_was_warned(
    db: Database, settings: Settings, frozen: int, sendgrid: LoopbackSendGrid
) -> None:
    sendgrid.misbehave(DropUnanswered())
    send(db, settings, frozen)
    assert copy_of(db).where == "held"
    with pytest.raises(Refused, match="nobody can know whether the first copy left"):
        again(db, settings)
    assert again(db, settings, may_double=True) is Again.QUEUED
    assert copy_of(db).where == "held"


def test_a_held_batch_sent_again_later_passes_over_who_got_it_alone(
    db: Database, settings: Settings, frozen: int, sendgrid: LoopbackSendGrid
) -> None:
    sendgrid.misbehave(DropUnanswered())
    send(db, settings, frozen)
    again(db, settings, may_double=True)
    drain(db, settings)
    with db.writing() as session:
        session.query(Batch).update({"state": BatchState.PENDING})
        session.query(Issue).update({"state": IssueState.SENDING, "pace": None})
    send(db, settings, frozen)
    assert sorted(sendgrid.addresses()) == [YAN, ZOE]
    zoe = copy_of(db)
    assert (zoe.where, zoe.reason) == ("skipped", "left to the copy that an admin had sent to this reader alone")
    assert report(db, frozen).difference == 0


def test_what_failed_or_was_skipped_may_go_again(db: Database, settings: Settings, sent: int) -> None:
    assert sent
    for outcome in Outcome:
        with db.writing() as session:
            session.get_one(Delivery, copy_of(db).delivery_id).outcome = outcome
        assert again(db, settings, LATER + timedelta(hours=len(queued(db)))) is Again.QUEUED
    assert queued(db) == [ZOE, ZOE]


@pytest.mark.parametrize("state", [SubscriberState.UNSUBSCRIBED, SubscriberState.PENDING])
def test_who_is_not_confirmed_gets_nothing(db: Database, settings: Settings, sent: int, state: SubscriberState) -> None:
    assert sent
    with db.writing() as session:
        reader = subscriber_with_address(session, ZOE)
        assert reader
        session.get_one(Subscriber, reader.id).state = state
    with pytest.raises(Refused, match=f"This reader is {state}"):
        again(db, settings)
    assert queued(db) == []


def test_who_is_suppressed_gets_nothing(db: Database, settings: Settings, sent: int) -> None:
    assert sent
    with db.writing() as session:
        reader = subscriber_with_address(session, ZOE)
        assert reader
        suppress(session, reader.address_hash, SuppressionReason.BOUNCE, TUESDAY, "test")
    with pytest.raises(Refused, match="suppressed"):
        again(db, settings)
    assert queued(db) == []


def test_who_was_erased_gets_nothing(db: Database, settings: Settings, sent: int) -> None:
    assert sent
    delivery_id = copy_of(db).delivery_id
    erase(Context(db, settings, LATER), ZOE, "test")
    for gone in (delivery_id, 999):
        with pytest.raises(Refused, match="erased"):
            send_copy_again(Context(db, settings, LATER), gone, ADA)
    assert queued(db) == []


def test_erasing_takes_a_copy_that_waits_to_go_again_with_it(
    db: Database, settings: Settings, sent: int, sendgrid: LoopbackSendGrid
) -> None:
    assert sent
    again(db, settings)
    erase(Context(db, settings, LATER), ZOE, "test")
    drain(db, settings)
    got = [mail.subject for mail in sendgrid.inbox(ZOE)]
    assert got == ["Court annuls a fine", "Everything about you is erased"]


def test_an_empty_edition_that_an_earlier_program_froze_is_refused(db: Database, settings: Settings) -> None:
    make_subscriber(db, settings, ZOE)
    issue_id = make_issue(db, summary_ids=[make_summary(db)])
    close_issue(Context(db, settings, TUESDAY), issue_id, ADA)
    freeze(Context(db, settings, TUESDAY), issue_id, ADA)
    with db.writing() as session:
        session.query(Edition).one().items = 0
        session.query(Batch).one().state = BatchState.SKIPPED
    with pytest.raises(Refused, match="the copy would be empty"):
        again(db, settings)


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize(
    ("stranger", "words"), [("<img src=x>", "would carry an image"), ("<p>Buy</p>", "not what was frozen")]
)
def test_a_digest_that_a_send_would_not_post_is_not_sent_again(
    db: Database, settings: Settings, stranger: str, words: str
) -> None:
    with db.writing() as session:
        edition = session.query(Edition).one()
        edition.html = edition.html.replace("</body>", f"{stranger}</body>")
    with pytest.raises(Refused, match=words):
        again(db, settings)
    assert queued(db) == []


@pytest.mark.usefixtures("sent")
def test_where_nobody_knows_whether_it_left_it_never_goes_by_itself(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    again(db, settings)
    sendgrid.misbehave(DropUnanswered(accept=True))
    for _ in range(3):
        drain(db, settings)
        with db.writing() as session:
            session.execute(update(Message).values(retry_at=0.0))
    assert sendgrid.addresses().count(ZOE) == 2


@pytest.mark.usefixtures("sent")
def test_nor_after_the_postman_died_with_it_in_hand(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    again(db, settings)
    with db.writing() as session:
        session.execute(update(Message).values(state=MessageState.CLAIMED, retry_at=0.0))
    drain(db, settings)
    assert sendgrid.addresses().count(ZOE) == 1


@pytest.mark.usefixtures("sent")
def test_who_leaves_while_it_waits_gets_none(db: Database, settings: Settings, sendgrid: LoopbackSendGrid) -> None:
    again(db, settings)
    with db.reading() as session:
        reader = subscriber_with_address(session, ZOE)
        assert reader
    leave(Context(db, settings, LATER), reader.link_key, leaving(settings), "the page")
    drain(db, settings)
    assert sendgrid.addresses().count(ZOE) == 1
