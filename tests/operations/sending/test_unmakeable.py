"""A copy that can't be made: it fails with the reason, and everybody else gets theirs, by either transport."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from digest.config import Settings
from digest.mail.folder import eml
from digest.mail.message.foreign import hash_of
from digest.mail.message.rendering import Rendered
from digest.mail.sendgrid import transport as sendgrid_transport
from digest.operations.sending import posting
from digest.operations.sending.claiming import Claim
from digest.operations.sending.sender import Ending
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue
from digest.storage.messages.messages import Message
from digest.storage.sending.deliveries import Delivery, Outcome
from digest.storage.sending.editions import Edition
from tests.conftest import Mailbox, through
from tests.factories import hold_reader, make_editor, make_readers
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.operations.sending.issues import ALICE, account, freeze_issue, send

HELD = [
    "=?utf-8?q?a=0d=0abcc=3a_e=40e.e?=@example.net",
    "a@example.net\nbcc: eve@example.net",
    "a\u2028b@example.net",
]


@pytest.fixture(params=["outbox", "sendgrid"])
def environ(request: pytest.FixtureRequest, environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | through(sendgrid) | {"MAIL_TRANSPORT": request.param}


def failed(db: Database) -> dict[str | None, str | None]:
    """The reasons of the copies that failed, by address."""
    with db.reading() as session:
        asked = select(Delivery.address, Delivery.reason).where(Delivery.outcome == Outcome.FAILED)
        return {address: reason for address, reason in session.execute(asked)}


def arrived(settings: Settings, sendgrid: LoopbackSendGrid, mailbox: Mailbox) -> list[str]:
    """To whom copies have gone, however."""
    if settings.mail_transport == "sendgrid":
        return sorted(sendgrid.addresses("2024-05-17"))
    return sorted(str(message["To"]) for message in mailbox.read() if message["List-Unsubscribe"])


def test_address_that_an_older_version_took_in_stops_nobody_else(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, mailbox: Mailbox
) -> None:
    make_editor(db, ALICE)
    readers = make_readers(db, settings, 4)
    for address in HELD:
        hold_reader(db, settings, address)
    issue_id = freeze_issue(db, settings)
    assert send(db, settings, issue_id) is Ending.DONE
    assert account(db, issue_id) == {"accepted": 4, "failed": 3}
    assert arrived(settings, sendgrid, mailbox) == readers
    assert set(failed(db)) == set(HELD)
    assert all("no message can be made to it" in str(reason) for reason in failed(db).values())
    with db.reading() as session:
        notice = session.query(Message).filter_by(kind="notice", recipient=ALICE).one()
    assert "3 copies failed" in notice.text


@pytest.mark.only_on("sqlite")
def test_edition_that_cannot_be_made_fails_its_copies_and_the_send_ends(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, mailbox: Mailbox
) -> None:
    make_readers(db, settings, 2)
    issue_id = freeze_issue(db, settings)
    with db.writing() as session:
        edition = session.query(Edition).one()
        edition.subject = "A fine\r\nBcc: eve@example.net"
        edition.hash = hash_of(Rendered(edition.subject, edition.text, edition.html))
    assert send(db, settings, issue_id) is Ending.DONE
    assert account(db, issue_id) == {"failed": 2}
    assert arrived(settings, sendgrid, mailbox) == []
    assert sendgrid.requests == []
    assert "“Subject” has U+000D" in str(failed(db)["reader000000@example.org"])


@pytest.mark.only_on("sqlite")
def test_failure_before_the_outbox_is_asked_is_a_certain_no(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = "bob@example.org"
    hold_reader(db, settings, bob)
    readers = make_readers(db, settings, 2)
    issue_id = freeze_issue(db, settings)
    usual = posting.bulk_of

    def fail(settings: Settings, claim: Claim) -> object:
        if bob in claim.copies.addresses:
            raise LookupError(f"nothing sealed for {bob}")
        return usual(settings, claim)

    monkeypatch.setattr(posting, "bulk_of", fail)
    assert send(db, settings, issue_id) is Ending.DONE
    assert account(db, issue_id) == {"accepted": 2, "failed": 1}
    assert arrived(settings, sendgrid, mailbox) == readers
    assert failed(db) == {bob: "it could not be made into a message (nothing sealed for (address))"}


@pytest.mark.only_on("sqlite")
def test_fault_of_ours_that_nobody_foresaw_costs_no_reader_the_issue(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers = make_readers(db, settings, 3)
    issue_id = freeze_issue(db, settings)
    with monkeypatch.context() as broken:
        for module, name in ((eml, "text_line"), (sendgrid_transport, "checked")):
            broken.setattr(module, name, lambda *_: 1 / 0)
        assert send(db, settings, issue_id) is Ending.PAUSED
    assert account(db, issue_id) == {"waiting": 3}
    with db.writing() as session:
        session.execute(update(Issue).values(paused_until=0.0))
    assert send(db, settings, issue_id) is Ending.DONE
    assert arrived(settings, sendgrid, mailbox) == readers


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("environ", ["outbox"], indirect=True)
def test_folder_that_cannot_be_written_keeps_the_copies_waiting(db: Database, settings: Settings) -> None:
    make_readers(db, settings, 2)
    issue_id = freeze_issue(db, settings)
    settings.outbox_path.write_text("in the way")
    assert send(db, settings, issue_id) is Ending.PAUSED
    assert account(db, issue_id) == {"waiting": 2}
    assert failed(db) == {}
