"""The report where messages are files in the outbox and nobody reports on them."""

from __future__ import annotations

from digest.config import Settings
from digest.storage.base.database import Database
from digest.storage.sending.deliveries import Delivery, DeliveryStatus
from tests.factories import make_readers
from tests.unsettled import freeze_issue, send
from tests.web.browser import Browser, words

REPORT = "/desk/reports/2024-05-17"


def test_it_says_that_nobody_reports_on_files(db: Database, settings: Settings, alice: Browser) -> None:
    make_readers(db, settings, 3)
    send(db, settings, freeze_issue(db, settings))
    told = words(alice.open(REPORT))
    assert (
        "What was reported since Nothing: with MAIL_TRANSPORT=outbox, copies are written to the outbox as files" in told
    )
    assert "SendGrid" not in told
    assert "“Accepted” means that the copy is in the outbox, as a file; it never means" in words(
        alice.open("/desk/reports")
    )


def test_what_sendgrid_reported_before_stays(db: Database, settings: Settings, alice: Browser) -> None:
    make_readers(db, settings, 3)
    send(db, settings, freeze_issue(db, settings))
    with db.writing() as session:
        session.query(Delivery).update({"fate": DeliveryStatus.DELIVERED})
    assert "What SendGrid reported since Delivered 3 Deferred 0" in words(alice.open(REPORT))
