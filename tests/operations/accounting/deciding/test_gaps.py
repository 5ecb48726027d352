"""Time in which nothing was up is no silence: an event may have found nobody, and SendGrid repeats it later."""

from __future__ import annotations

from contextlib import closing

import pytest

from digest.config import Settings
from digest.mail.transports import open_transport
from digest.operations.running.tick import note_heartbeat, tick
from digest.operations.shared.context import Process
from digest.storage.accounting.settlements import Settlement
from digest.storage.base.database import Database
from digest.storage.sending.batches import BatchState
from tests.conftest import TUESDAY
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.unsettled import CLOCK, account, batches, decisions, events_come, minutes_pass, notices, state


def run_clock(db: Database, settings: Settings, owner: str = "a clock") -> None:
    """One round of a clock: its sign of life, and a tick."""
    note_heartbeat(db, owner)
    tick_alone(db, settings)


def tick_alone(db: Database, settings: Settings) -> None:
    with closing(open_transport(settings)) as transport:
        tick(Process(db, settings, transport, lambda: TUESDAY))


@pytest.fixture
def unknown(db: Database, taken: int) -> int:
    """An issue of which SendGrid took one batch without an answer; events have come for all others."""
    minutes_pass(db, 10)
    events_come(db)
    assert len(batches(db, BatchState.UNKNOWN)) == 1
    return taken


@pytest.mark.parametrize("minutes", [61, 600, 1_400])
def test_an_hour_in_which_the_clock_stood_settles_nothing(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, unknown: int, minutes: int
) -> None:
    minutes_pass(db, minutes, while_clocks_tick=False)
    for _ in range(3):
        run_clock(db, settings)
    assert (decisions(db), state(db, unknown)) == ([], "sending")
    assert not sendgrid.doubled()


def test_a_tick_that_is_quicker_than_the_first_heartbeat_settles_nothing(
    db: Database, settings: Settings, unknown: int
) -> None:
    minutes_pass(db, 40)
    minutes_pass(db, 61, while_clocks_tick=False)
    tick_alone(db, settings)
    assert (decisions(db), state(db, unknown)) == ([], "sending")


def test_where_no_clock_has_ever_ticked_nothing_is_settled(db: Database, settings: Settings, taken: int) -> None:
    """As where only `digest serve` and `digest send` run."""
    events_come(db)
    minutes_pass(db, 61, while_clocks_tick=False)
    tick_alone(db, settings)
    assert (decisions(db), state(db, taken)) == ([], "sending")


def test_after_the_gap_the_hour_begins_anew(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, lost: int, readers: list[str]
) -> None:
    [batch_id] = batches(db, BatchState.UNKNOWN)
    events_come(db)
    minutes_pass(db, 30, while_clocks_tick=False)
    run_clock(db, settings)
    minutes_pass(db, 59)
    run_clock(db, settings)
    assert decisions(db) == []
    minutes_pass(db, 2)
    run_clock(db, settings)
    assert decisions(db) == [(batch_id, CLOCK, "resend")]
    assert sorted(sendgrid.addresses()) == readers
    assert state(db, lost) == "sent"
    with db.reading() as session:
        [decision] = session.query(Settlement)
    assert "in the 61 minutes since the clock last stood still (91 in all)" in decision.evidence


def test_a_clock_goes_on_where_another_ended(
    db: Database, settings: Settings, lost: int, readers: list[str], sendgrid: LoopbackSendGrid
) -> None:
    events_come(db)
    note_heartbeat(db, "one:1")
    minutes_pass(db, 61)
    run_clock(db, settings, "two:2")
    assert account(db, lost) == {"accepted": 200}
    assert sorted(sendgrid.addresses()) == readers


def test_after_a_day_a_person_decides(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, unknown: int
) -> None:
    [batch_id] = batches(db, BatchState.UNKNOWN)
    minutes_pass(db, 24 * 60, while_clocks_tick=False)
    run_clock(db, settings)
    assert decisions(db) == [(batch_id, CLOCK, "hold")]
    assert account(db, unknown) == {"held": 50, "accepted": 150}
    assert notices(db) == ["The digest of 17 May 2024 went, with exceptions"]
    assert not sendgrid.doubled()
