"""What stays of a suppression once its reader is erased: what the prohibition of mailing needs, and no more."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select

from digest.config import Settings
from digest.operations.readers import holdings, privacy
from digest.operations.running.replaying import replay
from digest.operations.shared.context import Context
from digest.operations.suppressions.suppressing import suppress_in
from digest.storage.base.database import Database
from digest.storage.guard.journals import JournalRead
from digest.storage.suppressions.suppressions import Ban, Suppression, SuppressionReason, never_mailed
from tests.conftest import TUESDAY
from tests.factories import make_subscriber

ALICE, WHOSE_WORD = "alice@example.org", "an event of SendGrid’s"
LATER = TUESDAY + timedelta(hours=1)


def kept(db: Database) -> tuple[str, datetime, str]:
    with db.reading() as session:
        (found,) = session.scalars(select(Suppression))
        assert never_mailed(session, found.address_hash) is (found.reason != SuppressionReason.ERASURE)
        return found.reason, found.at, found.source


@pytest.mark.parametrize(
    ("before", "after"),
    [("complaint", "objection"), ("objection", "objection"), ("bounce", "bounce"), ("invalid", "invalid")],
)
def test_of_a_reason_only_that_stays_which_a_sign_up_may_not_undo(
    db: Database, settings: Settings, before: str, after: str
) -> None:
    alice = make_subscriber(db, settings, ALICE)
    with db.writing() as session:
        work = Context(db, settings, TUESDAY).within(session)
        suppress_in(work, [Ban(alice.address_hash, SuppressionReason(before), TUESDAY)], WHOSE_WORD)
    assert kept(db) == (before, TUESDAY, WHOSE_WORD)
    privacy.erase(Context(db, settings, LATER), ALICE, "her own wish")
    assert kept(db) == (after, LATER, "her own wish")
    with db.writing() as session:  # as a backup from before has it
        session.execute(delete(Suppression))
        session.execute(delete(JournalRead))
    replay(Context(db, settings, LATER))
    assert kept(db)[0] == after


def test_the_privacy_page_says_what_stays(settings: Settings) -> None:
    (said,) = [one.what for one in holdings.for_readers(settings) if one.what.startswith("A keyed hash of an address")]
    assert (
        "After an erasure: the hash, when and by whose word, and whether mail bounced there or was not wanted" in said
    )
