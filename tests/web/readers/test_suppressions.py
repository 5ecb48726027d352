"""Suppressions on the desk: asked about by address, listed by hash, lifted with a reason or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.config import Settings
from digest.operations.running.replaying import replay
from digest.operations.shared.context import Context
from digest.operations.suppressions.suppressing import suppress_in
from digest.storage.base.database import Database
from digest.storage.guard.journals import JournalRead
from digest.storage.readers.subscribers import Subscriber
from digest.storage.suppressions.suppressions import Ban, Suppression, SuppressionReason, is_suppressed, suppress
from tests.conftest import TUESDAY
from tests.factories import make_subscriber
from tests.web.browser import Browser, one, page, words


def ban(db: Database, settings: Settings, email: str, reason: SuppressionReason) -> Subscriber:
    """A reader who is suppressed, in the journal, too."""
    reader = make_subscriber(db, settings, email)
    with db.writing() as session:
        work = Context(db, settings, TUESDAY).within(session)
        suppress_in(work, [Ban(reader.address_hash, reason, TUESDAY)], "an event")
    return reader


def is_banned(db: Database, reader: Subscriber) -> bool:
    with db.reading() as session:
        return is_suppressed(session, reader.address_hash)


def test_an_address_is_asked_about_and_the_list_names_nobody(ada: Browser, db: Database, settings: Settings) -> None:
    reader = ban(db, settings, "rita@example.org", SuppressionReason.BOUNCE)
    assert "Rita@example.org is suppressed: bounce" in words(ada.open("/desk/suppressions?q=Rita@example.org"))
    assert "other@example.org is not suppressed" in words(ada.open("/desk/suppressions?q=other@example.org"))
    listed = ada.open("/desk/suppressions")
    assert reader.address_hash[:12] in listed.text and "rita" not in listed.text
    assert reader.address_hash[:13] not in listed.text
    assert "can’t be an email address" in words(ada.open("/desk/suppressions?q=nonsense"))


@pytest.mark.on_both
def test_a_lifted_suppression_stays_lifted_in_a_restored_backup(ada: Browser, db: Database, settings: Settings) -> None:
    rita = ban(db, settings, "rita@example.org", SuppressionReason.BOUNCE)
    sam = ban(db, settings, "sam@example.org", SuppressionReason.BOUNCE)
    form = {"email": "rita@example.org", "reason": ""}
    assert "The reason is missing" in words(ada.send("/desk/suppressions/lift", form=form))
    answer = ada.send("/desk/suppressions/lift", form={**form, "reason": "rita@example.org works again"})
    assert answer.status_code == 303
    assert "take the address out there, too" in words(ada.open("/desk/suppressions"))
    assert not is_banned(db, rita)
    log = words(ada.open("/desk/audit"))
    assert "works again" in log and "rita" not in log and rita.address_hash[:12] in log
    with db.writing() as session:  # as a backup from before has it
        session.query(JournalRead).delete()
        suppress(session, rita.address_hash, SuppressionReason.BOUNCE, TUESDAY, "an event")
    replay(Context(db, settings, datetime.now(UTC)))
    assert (is_banned(db, rita), is_banned(db, sam)) == (False, True)
    with db.writing() as session:
        session.query(JournalRead).delete()
        work = Context(db, settings, datetime.now(UTC)).within(session)
        suppress_in(work, [Ban(rita.address_hash, SuppressionReason.COMPLAINT, TUESDAY)], "an event")
    replay(Context(db, settings, datetime.now(UTC)))
    assert is_banned(db, rita), "what came after the lifting counts"


def test_a_persons_own_word_is_lifted_by_their_word_only(ada: Browser, db: Database, settings: Settings) -> None:
    reader = ban(db, settings, "rita@example.org", SuppressionReason.COMPLAINT)
    form = {"email": "rita@example.org", "reason": "Her letter"}
    answer = ada.send("/desk/suppressions/lift", form=form)
    assert answer.status_code == 422
    assert "It is lifted only if they have asked in writing" in one(page(answer), "fieldset#field-asked .error").text
    assert is_banned(db, reader)
    assert ada.send("/desk/suppressions/lift", form=form, asked="1").status_code == 303
    assert not is_banned(db, reader)


def test_an_erasure_is_lifted_by_nobody_here(ada: Browser, db: Database, settings: Settings) -> None:
    reader = ban(db, settings, "rita@example.org", SuppressionReason.ERASURE)
    shown = page(ada.open("/desk/suppressions?q=rita@example.org"))
    assert not shown.select_one("form[method=post][action$=lift]")
    form = {"email": "rita@example.org", "reason": "She rang", "asked": "1"}
    assert "Nobody but its owner" in words(ada.send("/desk/suppressions/lift", form=form))
    assert is_banned(db, reader)


@pytest.mark.on_both
def test_the_list_goes_on_by_moment_and_hash(ada: Browser, db: Database) -> None:
    with db.writing() as session:
        for number in range(101):
            at = TUESDAY + timedelta(minutes=number // 3)
            session.add(Suppression(address_hash=f"{number:064x}", reason="bounce", at=at, source=str(number)))
    path, found = "/desk/suppressions", []
    while path:
        shown = page(ada.open(path))
        found += [row.select("td")[3].text for row in shown.select("tbody tr")]
        following = shown.select_one("a[rel=next]")
        path = str(following["href"]) if following else ""
    assert found == [str(number) for number in reversed(range(101))]
