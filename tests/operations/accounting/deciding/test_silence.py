"""Settling by qualified silence; SendGrid's journal says that nobody is mailed twice."""

from __future__ import annotations

from contextlib import closing

import pytest

from digest.config import Settings
from digest.mail.transports import open_transport
from digest.operations.accounting.deciding import decide_batch, decide_by_silence
from digest.operations.running.tick import tick
from digest.operations.sending.sender import Ending
from digest.operations.shared.context import Context, Process
from digest.storage.accounting.settlements import Settlement, Verdict
from digest.storage.base.database import Database
from digest.storage.sending.batches import Attempt, BatchState
from tests.conftest import TUESDAY
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.unsettled import (
    ALICE,
    CLOCK,
    account,
    at_once,
    batches,
    change_batches,
    deaf,
    decisions,
    end_one_copy,
    events_come,
    history,
    make_unknown,
    minutes_pass,
    notices,
    send,
    state,
)


def test_qualified_silence_sends_again_and_everyone_has_one_copy(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, lost: int, readers: list[str]
) -> None:
    [batch_id] = batches(db, BatchState.UNKNOWN)
    events_come(db)
    minutes_pass(db, 61)
    decide_by_silence(Context(db, settings, TUESDAY))
    assert account(db, lost) == {"waiting": 50, "accepted": 150}
    assert decisions(db) == [(batch_id, CLOCK, "resend")]
    assert f"{CLOCK}: sends batch {batch_id} (50 copies) again: no event of any copy came" in history(db, lost)
    assert send(db, settings, lost) is Ending.DONE
    assert sorted(sendgrid.addresses()) == readers
    assert account(db, lost) == {"accepted": 200}
    assert state(db, lost) == "sent"
    assert notices(db) == []


def test_the_evidence_is_kept_in_words_and_numbers(db: Database, settings: Settings, lost: int) -> None:  # noqa: ARG001
    events_come(db)
    minutes_pass(db, 61)
    decide_by_silence(Context(db, settings, TUESDAY))
    with db.reading() as session:
        [decision] = session.query(Settlement)
    assert decision.evidence == (
        "no event of its 50 copies came in 61 minutes, while events came for 3 of 3 accepted batches (100 %), "
        "3 of them accepted after it"
    )


def test_the_clock_settles_and_sends_in_one_tick(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, lost: int, readers: list[str]
) -> None:
    events_come(db)
    minutes_pass(db, 61)
    with closing(open_transport(settings)) as transport:
        tick(Process(db, settings, transport, lambda: TUESDAY))
    assert sorted(sendgrid.addresses()) == readers
    assert state(db, lost) == "sent"


def test_within_the_hour_nothing_is_decided(db: Database, settings: Settings, lost: int) -> None:
    events_come(db)
    minutes_pass(db, 59)
    decide_by_silence(Context(db, settings, TUESDAY))
    assert account(db, lost)["unknown"] == 50
    assert decisions(db) == []
    assert state(db, lost) == "sending"


@pytest.mark.parametrize("lacking", ["too few heard", "none accepted later", "too small", "an event came"])
def test_unqualified_silence_is_left_to_a_person(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, taken: int, lacking: str
) -> None:
    [batch_id] = batches(db, BatchState.UNKNOWN)
    events_come(db, but_for=1 if lacking == "too few heard" else 0)
    if lacking == "none accepted later":
        change_batches(db, lambda batch: setattr(batch, "accepted_at", 1.0), BatchState.ACCEPTED)
    elif lacking == "too small":
        end_one_copy(db, batch_id)
    elif lacking == "an event came":
        change_batches(db, lambda batch: setattr(batch, "heard_at", batch.unknown_at), BatchState.UNKNOWN)
    minutes_pass(db, 61)
    decide_by_silence(Context(db, settings, TUESDAY))
    decide_by_silence(Context(db, settings, TUESDAY))
    assert decisions(db) == [(batch_id, CLOCK, "hold")]
    assert account(db, taken)["held"] in (49, 50)
    assert send(db, settings, taken) is Ending.DONE
    assert not sendgrid.doubled()
    assert state(db, taken) == "sent"
    assert notices(db) == ["The digest of 17 May 2024 went, with exceptions"]


def test_a_batch_that_only_a_person_called_sent_is_no_proof_that_events_come(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, taken: int
) -> None:
    [batch_id] = batches(db, BatchState.UNKNOWN)
    for other in batches(db, BatchState.ACCEPTED):
        make_unknown(db, other)
        with db.writing() as session:
            session.query(Attempt).filter_by(batch_id=other).one().outcome = "unknown"
        decide_batch(Context(db, settings, TUESDAY), other, Verdict.SENT, ALICE)
    events_come(db)
    minutes_pass(db, 61)
    decide_by_silence(Context(db, settings, TUESDAY))
    assert decisions(db)[-1] == (batch_id, CLOCK, "hold")
    send(db, settings, taken)
    assert not sendgrid.doubled()


def test_editors_are_told_once_while_the_rest_still_goes(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, taken: int
) -> None:
    first, second, third = batches(db, BatchState.ACCEPTED)
    make_unknown(db, first)
    make_unknown(db, second)
    minutes_pass(db, 61)
    make_unknown(db, third)
    decide_by_silence(Context(db, settings, TUESDAY))
    assert account(db, taken) == {"held": 150, "unknown": 50}
    assert notices(db) == ["Someone must decide about copies of the digest of 17 May 2024"]
    minutes_pass(db, 61)
    decide_by_silence(Context(db, settings, TUESDAY))
    assert account(db, taken) == {"held": 200}
    assert notices(db)[1:] == ["The digest of 17 May 2024 went, with exceptions"]
    assert not sendgrid.doubled()


def test_two_clocks_at_once_decide_once(db: Database, settings: Settings, lost: int) -> None:
    events_come(db)
    minutes_pass(db, 61)

    def listen() -> None:
        with closing(Database(settings.database_url)) as theirs:
            decide_by_silence(Context(theirs, settings, TUESDAY))

    at_once(listen, 4)
    assert len(decisions(db)) == 1
    assert account(db, lost) == {"waiting": 50, "accepted": 150}


def test_a_webhook_that_was_taken_away_ends_the_wait_at_once(db: Database, settings: Settings, lost: int) -> None:
    [batch_id] = batches(db, BatchState.UNKNOWN)
    decide_by_silence(Context(db, deaf(settings), TUESDAY))
    assert account(db, lost) == {"held": 50, "accepted": 150}
    left = f"{CLOCK}: left batch {batch_id} (50 copies) to a person: "
    assert f"{left}no events can tell, since SENDGRID_WEBHOOK_KEY is not set" in history(db, lost)
