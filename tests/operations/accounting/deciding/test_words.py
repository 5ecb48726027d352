"""Settling by a person's word; SendGrid's journal says that nobody is mailed twice."""

from __future__ import annotations

from contextlib import closing

import pytest
from sqlalchemy import select

from digest.config import Settings
from digest.operations.accounting.deciding import decide_batch
from digest.operations.sending.sender import Ending
from digest.operations.sending.stopping import resume_send, stop_send
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.accounting.settlements import Settlement, Verdict
from digest.storage.base.database import Database
from digest.storage.issues.history import HistoryEntry
from digest.storage.issues.issues import Issue
from digest.storage.readers.subscribers import SubscriberState, subscriber_with_address
from digest.storage.sending.batches import Batch, BatchState, Cause
from digest.storage.sending.deliveries import Delivery
from tests.conftest import TUESDAY
from tests.loopback.faults import DropUnanswered
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.unsettled import (
    ALICE,
    BOB,
    account,
    at_once,
    batches,
    deaf,
    decisions,
    end_one_copy,
    freeze_issue,
    history,
    notices,
    send,
    state,
)


def test_sent_counts_as_accepted_and_mails_nobody(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, taken: int, readers: list[str]
) -> None:
    [batch_id] = batches(db, BatchState.UNKNOWN)
    decide_batch(Context(db, settings, TUESDAY), batch_id, Verdict.SENT, ALICE, " Activity shows them. ")
    send(db, settings, taken)
    assert account(db, taken) == {"accepted": 200}
    assert state(db, taken) == "sent"
    assert sorted(sendgrid.addresses()) == readers
    assert decisions(db) == [(batch_id, ALICE, "sent")]
    with db.reading() as session:
        [decision] = session.query(Settlement)
    assert decision.evidence.startswith("Activity shows them; known then: no complete answer from SendGrid")
    assert f"{ALICE}: decided “sent” for batch {batch_id} (50 copies): Activity shows them" in history(db, taken)


def test_resend_of_an_issue_that_was_sent_sends_it_again_and_finishes_quietly(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, held: int, readers: list[str]
) -> None:
    told = notices(db)
    decide_batch(Context(db, settings, TUESDAY), batches(db, BatchState.HELD)[0], Verdict.RESEND, ALICE, alike=True)
    assert state(db, held) == "sending"
    assert account(db, held) == {"waiting": 100, "held": 50, "accepted": 50}
    decide_batch(Context(db, settings, TUESDAY), batches(db, BatchState.HELD)[0], Verdict.RESEND, ALICE)
    send(db, settings, held)
    assert sorted(sendgrid.addresses()) == readers
    assert account(db, held) == {"accepted": 200}
    assert state(db, held) == "sent"
    assert notices(db) == told


def test_one_that_is_held_again_after_a_resend_is_news(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, held: int
) -> None:
    told = notices(db)
    decide_batch(Context(db, settings, TUESDAY), batches(db, BatchState.HELD)[0], Verdict.RESEND, ALICE)
    sendgrid.misbehave(DropUnanswered(accept=False))
    send(db, deaf(settings), held)
    assert account(db, held) == {"held": 150, "accepted": 50}
    assert notices(db) == [*told, "The digest of 17 May 2024 went, with exceptions"]


def test_skip_gives_every_copy_without_outcome_a_reason(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, held: int
) -> None:
    batch_id = batches(db, BatchState.HELD)[0]
    end_one_copy(db, batch_id)
    settled = decide_batch(Context(db, settings, TUESDAY), batch_id, Verdict.SKIP, ALICE)
    assert (settled.batches, settled.copies) == (1, 49)
    assert account(db, held) == {"skipped": 50, "held": 100, "accepted": 50}
    send(db, settings, held)
    assert len(sendgrid.addresses()) == 50
    with db.reading() as session:
        assert session.get_one(Batch, batch_id).skipped == 50
        reasons = {copy.reason for copy in session.query(Delivery).filter_by(batch_id=batch_id) if copy.reason}
    assert reasons == {"nobody knew whether it had left; skipped by a person’s decision of 14 May 2024"}


def test_alike_takes_all_with_the_same_cause_and_no_other(db: Database, settings: Settings, held: int) -> None:
    first, second, answered = batches(db, BatchState.HELD)
    settled = decide_batch(Context(db, settings, TUESDAY), second, Verdict.SKIP, ALICE, alike=True)
    assert (settled.batches, settled.copies) == (2, 100)
    assert decisions(db) == [(first, ALICE, "skip"), (second, ALICE, "skip")]
    assert batches(db, BatchState.HELD) == [answered]
    assert f"{ALICE}: decided “skip” for 2 batches (100 copies)" in history(db, held)


def test_the_second_of_two_people_is_told_and_nothing_happens_twice(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, held: int
) -> None:
    batch_id = batches(db, BatchState.HELD)[0]
    refusals: list[str] = []

    def say(verdict: Verdict, who: str) -> None:
        try:
            with closing(Database(settings.database_url)) as theirs:
                decide_batch(Context(theirs, settings, TUESDAY), batch_id, verdict, who)
        except Refused as refusal:
            refusals.append(str(refusal))

    for verdict in (Verdict.RESEND, Verdict.SKIP, Verdict.RESEND):
        say(verdict, ALICE if verdict is Verdict.RESEND else BOB)
    assert decisions(db) == [(batch_id, ALICE, "resend")]
    assert (
        refusals
        == [f"Batch {batch_id} is pending now: {ALICE} decided “resend” on Tuesday 14 May 2024, 10:00 Europe/London."]
        * 2
    )
    send(db, settings, held)
    say(Verdict.RESEND, BOB)
    send(db, settings, held)
    assert len(sendgrid.addresses()) == 100
    assert not sendgrid.doubled()


def test_many_people_at_once_are_heard_once(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, held: int
) -> None:
    batch_id = batches(db, BatchState.HELD)[0]
    refusals: list[Refused] = []

    def say() -> None:
        try:
            with closing(Database(settings.database_url)) as theirs:
                decide_batch(Context(theirs, settings, TUESDAY), batch_id, Verdict.RESEND, BOB, alike=True)
        except Refused as refusal:
            refusals.append(refusal)

    at_once(say, 6)
    send(db, settings, held)
    assert len(refusals) == 5
    assert len(decisions(db)) == 2
    assert len(sendgrid.addresses()) == 150
    assert not sendgrid.doubled()


def test_who_left_meanwhile_is_not_mailed_by_a_resend(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, held: int, readers: list[str]
) -> None:
    with db.writing() as session:
        reader = subscriber_with_address(session, readers[0])
        assert reader is not None
        reader.state = SubscriberState.UNSUBSCRIBED
    for batch_id in batches(db, BatchState.HELD):
        decide_batch(Context(db, settings, TUESDAY), batch_id, Verdict.RESEND, ALICE)
    send(db, settings, held)
    assert sorted(sendgrid.addresses()) == readers[1:]
    assert account(db, held) == {"accepted": 199, "skipped": 1}


def test_a_stopped_send_keeps_a_resend_until_it_is_resumed(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, lost: int
) -> None:
    stop_send(db, TUESDAY, lost, ALICE)
    [batch_id] = batches(db, BatchState.UNKNOWN)
    assert decide_batch(Context(db, settings, TUESDAY), batch_id, Verdict.RESEND, ALICE).stopped
    assert send(db, settings, lost) is Ending.PAUSED
    assert len(sendgrid.addresses()) == 150
    resume_send(db, TUESDAY, lost, ALICE)
    send(db, settings, lost)
    assert len(sendgrid.addresses()) == 200


@pytest.mark.parametrize("verdict", [Verdict.SENT, Verdict.RESEND, Verdict.SKIP])
def test_batches_of_a_restored_database_are_settled_like_others(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, readers: list[str], verdict: Verdict
) -> None:
    issue_id = freeze_issue(db, settings)
    with db.writing() as session:
        session.get_one(Issue, issue_id).state = "sent"
        for batch in session.query(Batch):
            batch.state, batch.cause = BatchState.HELD, Cause.RESTORED
    first = batches(db, BatchState.HELD)[0]
    settled = decide_batch(Context(db, settings, TUESDAY), first, verdict, ALICE, alike=True)
    assert (settled.batches, settled.copies) == (4, 200)
    send(db, settings, issue_id)
    assert sorted(sendgrid.addresses()) == (readers if verdict is Verdict.RESEND else [])
    assert account(db, issue_id) == {"skipped" if verdict is Verdict.SKIP else "accepted": 200}


def test_what_needs_no_word_is_refused_with_the_remedy(db: Database, settings: Settings, lost: int) -> None:
    accepted = batches(db, BatchState.ACCEPTED)[0]
    with pytest.raises(Refused, match=rf"Batch {accepted} is accepted\. Only held and unknown batches wait for a word"):
        decide_batch(Context(db, settings, TUESDAY), accepted, Verdict.RESEND, ALICE)
    with pytest.raises(Refused, match=r"There is no batch 4711\. `digest status` lists"):
        decide_batch(Context(db, settings, TUESDAY), 4711, Verdict.SENT, ALICE)
    with pytest.raises(Refused, match="say sent, resend, skip"):
        decide_batch(Context(db, settings, TUESDAY), accepted, Verdict.HOLD, ALICE)
    assert decisions(db) == []
    assert account(db, lost) == {"unknown": 50, "accepted": 150}


@pytest.mark.usefixtures("held")
def test_no_address_that_an_editor_types_is_kept(db: Database, settings: Settings) -> None:
    batch_id = batches(db, BatchState.HELD)[0]
    decide_batch(Context(db, settings, TUESDAY), batch_id, Verdict.SENT, BOB, "zoe@example.org has it")
    with db.reading() as session:
        assert session.scalars(select(Settlement.evidence)).one().startswith("(address) has it")
        assert "zoe@example.org" not in " ".join(session.scalars(select(HistoryEntry.what)))
