"""An address that SendGrid refuses to erase holds nobody up who was erased with it."""

from __future__ import annotations

import pytest

from digest.config import Settings
from digest.operations.readers import privacy
from digest.operations.readers.stuck_erasures import stuck_erasures
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from tests.conftest import TUESDAY
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.operations.readers.test_passing_erasure_on import environ as environ
from tests.operations.readers.test_passing_erasure_on import hand_over

OLD = [f"old{number:02}@example.org" for number in range(40)]
BAD = OLD[17]


@pytest.fixture(autouse=True)
def erased(db: Database, settings: Settings) -> None:
    """Forty readers have erased everything."""
    for address in OLD:
        privacy.erase(Context(db, settings, TUESDAY), address, "a test")


def stuck(db: Database, settings: Settings) -> list[tuple[str, str]]:
    with db.reading() as session:
        return [(one.address, one.why) for one in stuck_erasures(session, settings)]


def jobs(sendgrid: LoopbackSendGrid) -> int:
    return len([request for request in sendgrid.requests if request.path.endswith("erasejob")])


def test_all_others_are_erased_and_the_refused_one_is_named(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    sendgrid.account.refused.add(BAD)
    hand_over(db, settings)
    assert sorted(sendgrid.account.erased) == [address for address in OLD if address != BAD]
    assert stuck(db, settings) == [(BAD, "SendGrid answered 400: An address is invalid (email_addresses)")]
    assert jobs(sendgrid) <= 13
    sendgrid.account.refused.clear()
    hand_over(db, settings)
    assert sorted(sendgrid.account.erased) == OLD
    assert stuck(db, settings) == []


def test_where_everything_is_refused_it_is_not_asked_for_each(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    sendgrid.account.refused.update(OLD)
    hand_over(db, settings)
    assert jobs(sendgrid) <= 64
    assert {address for address, _ in stuck(db, settings)} == set(OLD)
    sendgrid.account.refused.clear()
    hand_over(db, settings)
    assert sorted(sendgrid.account.erased) == OLD


def test_a_door_that_is_shut_is_knocked_at_once(db: Database, settings: Settings, sendgrid: LoopbackSendGrid) -> None:
    sendgrid.account.key = "SG.another"
    hand_over(db, settings)
    assert jobs(sendgrid) == 1
    assert len(stuck(db, settings)) == len(OLD)
