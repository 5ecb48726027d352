"""Ada, an admin, looks where a reader's copies are, and sends one again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from digest.config import Settings
from digest.mail.transports import open_transport
from digest.operations.issues.closing import close_issue
from digest.operations.sending.freezing import freeze
from digest.operations.sending.sender import send_issue
from digest.operations.shared.context import Context, Process
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue
from digest.storage.messages.messages import Message, queue_message
from digest.storage.readers.subscribers import Subscriber
from digest.storage.sending.batches import Batch, BatchState
from digest.storage.sending.deliveries import Delivery
from digest.storage.suppressions.suppressions import SuppressionReason, suppress
from tests.conftest import TUESDAY, Mailbox, text_of
from tests.factories import make_issue, make_subscriber, make_summary
from tests.web.browser import Browser, one, page, words
from tests.web.readers.doors import everything, link_in

ZOE = "zoe@example.org"


@pytest.fixture
def zoe(db: Database, settings: Settings) -> Subscriber:
    """A reader who got one issue; another reader got it too."""
    reader = make_subscriber(db, settings, ZOE)
    make_subscriber(db, settings, "yan@example.org")
    send_issue_of(db, settings, date(2024, 5, 17))
    return reader


def send_issue_of(db: Database, settings: Settings, day: date) -> int:
    issue_id = make_issue(db, day, [make_summary(db, "Court annuls a fine")], introduction="One story.")
    close_issue(Context(db, settings, TUESDAY), issue_id, "ada@digest.test")
    freeze(Context(db, settings, TUESDAY), issue_id, "ada@digest.test")
    send_issue(Process(db, settings, open_transport(settings), lambda: datetime.now(UTC)), issue_id, wait=False)
    return issue_id


def again(reader: Subscriber, delivery_id: int = 1) -> str:
    return f"/desk/subscribers/{reader.id}/copies/{delivery_id}/again"


def press(browser: Browser, reader: Subscriber) -> str:
    """Send the form of the page that asks, as it stands, and say what the next page says."""
    form = one(page(browser.open(again(reader))), "main form")
    fields = {str(field["name"]): str(field["value"]) for field in form.select("input[type=hidden]")}
    answer = browser.client.post(again(reader), data=fields)
    assert (answer.status_code, answer.location) == (303, f"/desk/subscribers/{reader.id}")
    return words(browser.open(answer.location))


def queued(db: Database) -> int:
    with db.reading() as session:
        return session.query(Message).filter_by(kind="digest").count()


@pytest.mark.on_both
def test_a_readers_page_tells_each_copy(ada: Browser, db: Database, settings: Settings, zoe: Subscriber) -> None:
    send_issue_of(db, settings, date(2024, 5, 22))
    with db.writing() as session:
        first = session.get_one(Delivery, 1)
        first.fate, first.fate_at, first.fate_reason = "bounced", TUESDAY, "550 5.1.1 <b>No such user</b>"
        first.again_at = TUESDAY + timedelta(hours=3)
    rows = page(ada.open(f"/desk/subscribers/{zoe.id}")).select("table[aria-labelledby=copies] tbody tr")
    newer, older = (" ".join(row.get_text(" ").split()) for row in rows)
    assert newer == "22 May 2024 Accepted None yet 3 Send again"
    assert older == (
        "17 May 2024 Accepted Sent again 14 May 2024, 13:00 "
        "Bounced 550 5.1.1 <b>No such user</b> 14 May 2024, 10:00 1 Send again"
    )


def test_a_readers_page_tells_what_became_of_a_copy_sent_again(ada: Browser, db: Database, zoe: Subscriber) -> None:
    at = TUESDAY + timedelta(hours=3)
    with db.writing() as session:
        session.get_one(Delivery, 1).again_at = at
        message = queue_message(session, at, "digest", ZOE, ("Subject", "Text", "<p>"), subscriber_id=zoe.id)
        message.delivery_id = 1
    shown = f"/desk/subscribers/{zoe.id}"
    assert "Accepted To be sent again, asked for 14 May 2024, 13:00" in words(ada.open(shown))
    with db.writing() as session:
        message = session.get_one(Message, message.id)
        message.state, message.detail = "failed", "nobody can know whether it left: no answer"
    assert "Sent again 14 May 2024, 13:00 Nobody can know whether it left: no answer" in words(ada.open(shown))
    assert (
        "It was sent again before: Tuesday 14 May 2024, 13:00 Europe/London; nobody can know whether it left: no answer"
        in words(ada.open(again(zoe)))
    )


def test_a_long_list_shows_half_a_year_and_all_on_request(ada: Browser, db: Database, zoe: Subscriber) -> None:
    with db.writing() as session:
        for week in range(1, 28):
            day = date(2024, 5, 15) + timedelta(weeks=week)
            issue = Issue(send_date=day, slot=day, state="sent", created_at=TUESDAY)
            session.add(issue)
            session.flush()
            batch = Batch(issue_id=issue.id, edition_id=1, state="accepted", size=1)
            session.add(batch)
            session.flush()
            session.add(Delivery(issue_id=issue.id, batch_id=batch.id, subscriber_id=zoe.id, address=ZOE))
    shown = page(ada.open(f"/desk/subscribers/{zoe.id}"))
    assert len(shown.select("table[aria-labelledby=copies] tbody tr")) == 26
    more = shown.find("a", string="Show all of them")
    assert more is not None
    every = page(ada.open(str(more["href"])))  # type: ignore[index]
    assert len(every.select("table[aria-labelledby=copies] tbody tr")) == 28
    assert every.find("a", string="Show all of them") is None


def test_asked_once_it_goes_once_to_that_reader(ada: Browser, db: Database, zoe: Subscriber, mailbox: Mailbox) -> None:
    asked = words(ada.open(again(zoe)))
    assert "Send the issue of 17 May 2024 again?" in asked
    assert f"This concerns one reader, {ZOE}." in asked
    assert "second" not in asked
    assert "The issue of 17 May 2024 is on its way to zoe@example.org again." in press(ada, zoe)
    first, second = mailbox.to(ZOE)
    assert text_of(first) == text_of(second)
    assert link_in(second, "unsubscribe") in str(second["List-Unsubscribe"])
    assert len(mailbox.to("yan@example.org")) == 1
    assert "Ada sent delivery 1 again, as an exception" in words(ada.open("/desk/reports/2024-05-17"))
    assert queued(db) == 1


@pytest.mark.on_both
def test_a_double_click_is_told_that_it_goes_once(
    ada: Browser, db: Database, zoe: Subscriber, clock: time_machine.Traveller
) -> None:
    press(ada, zoe)
    assert "was sent again a moment ago. It goes once; nothing more is sent." in press(ada, zoe)
    assert queued(db) == 1
    clock.shift(61)
    assert "It waits to be sent again already" in words(ada.open(again(zoe)))
    press(ada, zoe)
    assert queued(db) == 2


def test_where_it_may_double_the_page_warns_and_the_form_says_so(ada: Browser, db: Database, zoe: Subscriber) -> None:
    stale = {"csrf_token": ada.token(again(zoe))}
    with db.writing() as session:
        session.query(Batch).update({"state": BatchState.HELD, "because": "no complete answer from SendGrid"})
    ada.client.post(again(zoe), data=stale)
    assert "nobody can know whether the first copy left" in words(ada.open(f"/desk/subscribers/{zoe.id}"))
    assert queued(db) == 0
    asked = words(ada.open(again(zoe)))
    assert "is held. No complete answer from SendGrid." in asked
    assert "Nobody can know whether the first copy left. If it did, this is the reader’s second." in asked
    press(ada, zoe)
    assert queued(db) == 1


def test_where_it_can_not_be_the_page_says_why_and_has_no_button(ada: Browser, db: Database, zoe: Subscriber) -> None:
    with db.writing() as session:
        session.query(Batch).update({"state": BatchState.PENDING})
    shown = page(ada.open(f"/desk/subscribers/{zoe.id}"))
    assert shown.find("a", string="Send again") is None
    answer = ada.open(again(zoe))
    assert "This copy is still to go" in words(answer)
    assert page(answer).select("main form") == []
    ada.client.post(again(zoe), data={"csrf_token": ada.token("/desk/account")})
    assert "This copy is still to go" in words(ada.open(f"/desk/subscribers/{zoe.id}"))
    assert queued(db) == 0


def test_a_suppressed_reader_is_named_with_the_reason(ada: Browser, db: Database, zoe: Subscriber) -> None:
    with db.writing() as session:
        suppress(session, zoe.address_hash, SuppressionReason.BOUNCE, TUESDAY, "SendGrid’s list of bounces")
    shown = ada.open(f"/desk/subscribers/{zoe.id}")
    assert "bounce, Tuesday 14 May 2024, 10:00 Europe/London (SendGrid’s list of bounces)." in words(shown)
    assert page(shown).find("a", string="Send again") is None
    assert "This address is suppressed: nothing is mailed to it." in words(ada.open(again(zoe)))


@pytest.mark.parametrize("delivery_id", [2, 99, 2**63 - 1])
def test_another_readers_copy_is_not_found_here(ada: Browser, db: Database, zoe: Subscriber, delivery_id: int) -> None:
    assert ada.open(again(zoe, delivery_id)).status_code == 404
    form = {"csrf_token": ada.token("/desk/account"), "may_double": "1"}
    assert ada.client.post(again(zoe, delivery_id), data=form).status_code == 404
    assert queued(db) == 0


def test_only_an_admin_with_the_token_sends_it_again(
    ada: Browser, alice: Browser, stranger: Browser, db: Database, zoe: Subscriber
) -> None:
    assert alice.open(again(zoe)).status_code == 403
    assert alice.client.post(again(zoe), data={"csrf_token": alice.token("/desk/account")}).status_code == 403
    assert ada.client.post(again(zoe)).status_code == 400
    assert stranger.client.post(again(zoe), data={"csrf_token": stranger.token()}).status_code == 302
    assert queued(db) == 0


def test_looking_changes_nothing(ada: Browser, db: Database, zoe: Subscriber) -> None:
    before = everything(db)
    ada.open(f"/desk/subscribers/{zoe.id}")
    ada.open(again(zoe))
    assert everything(db) == before
