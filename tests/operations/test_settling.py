"""Settling what nobody knows, by silence or a person's word; SendGrid's journal says that nobody is mailed twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import select

from digest.config import Settings
from digest.mail.transports import open_outbox
from digest.operations.refusal import Refused
from digest.operations.sending import Ending
from digest.operations.settling import settle, settle_by_silence
from digest.operations.stopping import resume_send, stop_send
from digest.operations.ticking import tick
from digest.storage.batches import Attempt, Batch, BatchState, Cause
from digest.storage.database import Database, database_now
from digest.storage.deliveries import Delivery
from digest.storage.history import HistoryEntry, history_of
from digest.storage.issues import Issue
from digest.storage.messages import Message
from digest.storage.settlements import Settlement, Verdict
from digest.storage.subscribers import SubscriberState, subscriber_with_address
from tests.conftest import TUESDAY
from tests.factories import make_editor, make_readers
from tests.loopback.faults import DropUnanswered, ServerError
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.unsettled import (
    ALICE,
    WEBHOOK_KEY,
    account,
    batches,
    change_batches,
    decisions,
    events_come,
    freeze_issue,
    minutes_pass,
    send,
)

BOB = "bob@digest.test"
CLOCK = "the clock"


@pytest.fixture
def sendgrid() -> Iterator[LoopbackSendGrid]:
    with LoopbackSendGrid() as server:
        yield server


@pytest.fixture
def environ(environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | {
        "MAIL_TRANSPORT": "sendgrid",
        "SENDGRID_API_KEY": "SG.loopback",
        "SENDGRID_HOST": sendgrid.url,
        "SENDGRID_WEBHOOK_KEY": WEBHOOK_KEY,
    }


@pytest.fixture
def readers(db: Database, settings: Settings) -> list[str]:
    """Two hundred; Alice edits."""
    make_editor(db, ALICE)
    return make_readers(db, settings, 200)


@pytest.fixture
def lost(db: Database, settings: Settings, sendgrid: LoopbackSendGrid, readers: list[str]) -> int:  # noqa: ARG001
    """An issue in four batches of fifty: the first was cut off and not taken by SendGrid; the rest went."""
    issue_id = freeze_issue(db, settings)
    sendgrid.misbehave(DropUnanswered(accept=False))
    send(db, settings, issue_id)
    assert account(db, issue_id) == {"unknown": 50, "accepted": 150}
    return issue_id


@pytest.fixture
def taken(db: Database, settings: Settings, sendgrid: LoopbackSendGrid, readers: list[str]) -> int:  # noqa: ARG001
    """The same, but SendGrid did take the first."""
    issue_id = freeze_issue(db, settings)
    sendgrid.misbehave(DropUnanswered(accept=True))
    send(db, settings, issue_id)
    return issue_id


@pytest.fixture
def held(db: Database, settings: Settings, sendgrid: LoopbackSendGrid, readers: list[str]) -> int:  # noqa: ARG001
    """The same without a webhook: the first two were cut off and one was answered by 503, none taken; all are held."""
    issue_id = freeze_issue(db, deaf(settings))
    sendgrid.misbehave(DropUnanswered(accept=False), DropUnanswered(accept=False), ServerError(503))
    send(db, deaf(settings), issue_id)
    assert account(db, issue_id) == {"held": 150, "accepted": 50}
    assert state(db, issue_id) == "sent"
    return issue_id


def deaf(settings: Settings) -> Settings:
    return replace(settings, sendgrid_webhook_key="")


def state(db: Database, issue_id: int) -> str:
    with db.reading() as session:
        return session.get_one(Issue, issue_id).state


def notices(db: Database) -> list[str]:
    with db.reading() as session:
        rows = session.query(Message).filter_by(kind="notice").order_by(Message.id)
        return [message.subject.removeprefix("Privacy Digest: ") for message in rows]


def history(db: Database, issue_id: int) -> list[str]:
    with db.reading() as session:
        return [f"{line.who}: {line.what}" for line in reversed(history_of(session, issue_id))]


def test_qualified_silence_sends_again_and_everyone_has_one_copy(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, lost: int, readers: list[str]
) -> None:
    [batch_id] = batches(db, BatchState.UNKNOWN)
    events_come(db)
    minutes_pass(db, 61)
    settle_by_silence(db, settings, TUESDAY)
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
    settle_by_silence(db, settings, TUESDAY)
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
    with closing(open_outbox(settings)) as outbox:
        tick(db, settings, outbox, lambda: TUESDAY, threading.Event())
    assert sorted(sendgrid.addresses()) == readers
    assert state(db, lost) == "sent"


def test_within_the_hour_nothing_is_decided(db: Database, settings: Settings, lost: int) -> None:
    events_come(db)
    minutes_pass(db, 59)
    settle_by_silence(db, settings, TUESDAY)
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
    settle_by_silence(db, settings, TUESDAY)
    settle_by_silence(db, settings, TUESDAY)
    assert decisions(db) == [(batch_id, CLOCK, "hold")]
    assert account(db, taken)["held"] in (49, 50)
    assert send(db, settings, taken) is Ending.DONE
    assert not sendgrid.doubled()
    assert state(db, taken) == "sent"
    assert notices(db) == ["The digest of 17 May 2024 went, with exceptions"]


def end_one_copy(db: Database, batch_id: int) -> None:
    """One copy of the batch has an outcome of its own: 49 are left."""
    with db.writing() as session:
        session.query(Delivery).filter_by(batch_id=batch_id).order_by(Delivery.id).limit(1).one().outcome = "skipped"
        session.get_one(Batch, batch_id).skipped += 1


def test_a_batch_that_only_a_person_called_sent_is_no_proof_that_events_come(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, taken: int
) -> None:
    [batch_id] = batches(db, BatchState.UNKNOWN)
    for other in batches(db, BatchState.ACCEPTED):
        make_unknown(db, other)
        with db.writing() as session:
            session.query(Attempt).filter_by(batch_id=other).one().outcome = "unknown"
        settle(db, settings, TUESDAY, other, Verdict.SENT, ALICE)
    events_come(db)
    minutes_pass(db, 61)
    settle_by_silence(db, settings, TUESDAY)
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
    settle_by_silence(db, settings, TUESDAY)
    assert account(db, taken) == {"held": 150, "unknown": 50}
    assert notices(db) == ["Someone must decide about copies of the digest of 17 May 2024"]
    minutes_pass(db, 61)
    settle_by_silence(db, settings, TUESDAY)
    assert account(db, taken) == {"held": 200}
    assert notices(db)[1:] == ["The digest of 17 May 2024 went, with exceptions"]
    assert not sendgrid.doubled()


def make_unknown(db: Database, batch_id: int) -> None:
    with db.writing() as session:
        batch = session.get_one(Batch, batch_id)
        batch.state, batch.unknown_at, batch.cause = BatchState.UNKNOWN, database_now(session), Cause.NO_ANSWER


def test_two_clocks_at_once_decide_once(db: Database, settings: Settings, lost: int) -> None:
    events_come(db)
    minutes_pass(db, 61)

    def listen() -> None:
        with closing(Database(settings.database_url)) as theirs:
            settle_by_silence(theirs, settings, TUESDAY)

    at_once(listen, 4)
    assert len(decisions(db)) == 1
    assert account(db, lost) == {"waiting": 50, "accepted": 150}


def at_once(do: Callable[[], object], times: int) -> None:
    threads = [threading.Thread(target=do) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_webhook_that_was_taken_away_ends_the_wait_at_once(db: Database, settings: Settings, lost: int) -> None:
    settle_by_silence(db, deaf(settings), TUESDAY)
    assert account(db, lost) == {"held": 50, "accepted": 150}


def test_sent_counts_as_accepted_and_mails_nobody(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, taken: int, readers: list[str]
) -> None:
    [batch_id] = batches(db, BatchState.UNKNOWN)
    settle(db, settings, TUESDAY, batch_id, Verdict.SENT, ALICE, "Activity shows them")
    send(db, settings, taken)
    assert account(db, taken) == {"accepted": 200}
    assert state(db, taken) == "sent"
    assert sorted(sendgrid.addresses()) == readers
    assert decisions(db) == [(batch_id, ALICE, "sent")]
    with db.reading() as session:
        [decision] = session.query(Settlement)
    assert decision.evidence.startswith("Activity shows them; known then: no complete answer from SendGrid")


def test_resend_of_an_issue_that_was_sent_sends_it_again_and_finishes_quietly(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, held: int, readers: list[str]
) -> None:
    told = notices(db)
    settle(db, settings, TUESDAY, batches(db, BatchState.HELD)[0], Verdict.RESEND, ALICE, alike=True)
    assert state(db, held) == "sending"
    assert account(db, held) == {"waiting": 100, "held": 50, "accepted": 50}
    settle(db, settings, TUESDAY, batches(db, BatchState.HELD)[0], Verdict.RESEND, ALICE)
    send(db, settings, held)
    assert sorted(sendgrid.addresses()) == readers
    assert account(db, held) == {"accepted": 200}
    assert state(db, held) == "sent"
    assert notices(db) == told


def test_one_that_is_held_again_after_a_resend_is_news(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, held: int
) -> None:
    told = notices(db)
    settle(db, settings, TUESDAY, batches(db, BatchState.HELD)[0], Verdict.RESEND, ALICE)
    sendgrid.misbehave(DropUnanswered(accept=False))
    send(db, deaf(settings), held)
    assert account(db, held) == {"held": 150, "accepted": 50}
    assert notices(db) == [*told, "The digest of 17 May 2024 went, with exceptions"]


def test_skip_gives_every_copy_without_outcome_a_reason(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, held: int
) -> None:
    batch_id = batches(db, BatchState.HELD)[0]
    end_one_copy(db, batch_id)
    settled = settle(db, settings, TUESDAY, batch_id, Verdict.SKIP, ALICE)
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
    settled = settle(db, settings, TUESDAY, second, Verdict.SKIP, ALICE, alike=True)
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
                settle(theirs, settings, TUESDAY, batch_id, verdict, who)
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
                settle(theirs, settings, TUESDAY, batch_id, Verdict.RESEND, BOB, alike=True)
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
        settle(db, settings, TUESDAY, batch_id, Verdict.RESEND, ALICE)
    send(db, settings, held)
    assert sorted(sendgrid.addresses()) == readers[1:]
    assert account(db, held) == {"accepted": 199, "skipped": 1}


def test_a_stopped_send_keeps_a_resend_until_it_is_resumed(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, lost: int
) -> None:
    stop_send(db, TUESDAY, lost, ALICE)
    [batch_id] = batches(db, BatchState.UNKNOWN)
    assert settle(db, settings, TUESDAY, batch_id, Verdict.RESEND, ALICE).stopped
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
    settled = settle(db, settings, TUESDAY, first, verdict, ALICE, alike=True)
    assert (settled.batches, settled.copies) == (4, 200)
    send(db, settings, issue_id)
    assert sorted(sendgrid.addresses()) == (readers if verdict is Verdict.RESEND else [])
    assert account(db, issue_id) == {"skipped" if verdict is Verdict.SKIP else "accepted": 200}


def test_what_needs_no_word_is_refused_with_the_remedy(db: Database, settings: Settings, lost: int) -> None:
    accepted = batches(db, BatchState.ACCEPTED)[0]
    with pytest.raises(Refused, match=rf"Batch {accepted} is accepted\. Only held and unknown batches wait for a word"):
        settle(db, settings, TUESDAY, accepted, Verdict.RESEND, ALICE)
    with pytest.raises(Refused, match=r"There is no batch 4711\. `digest status` lists"):
        settle(db, settings, TUESDAY, 4711, Verdict.SENT, ALICE)
    with pytest.raises(Refused, match="say sent, resend, skip"):
        settle(db, settings, TUESDAY, accepted, Verdict.HOLD, ALICE)
    assert decisions(db) == []
    assert account(db, lost) == {"unknown": 50, "accepted": 150}


@pytest.mark.usefixtures("held")
def test_no_address_that_an_editor_types_is_kept(db: Database, settings: Settings) -> None:
    batch_id = batches(db, BatchState.HELD)[0]
    settle(db, settings, TUESDAY, batch_id, Verdict.SENT, BOB, "zoe@example.org has it")
    with db.reading() as session:
        assert session.scalars(select(Settlement.evidence)).one().startswith("(address) has it")
        assert "zoe@example.org" not in " ".join(session.scalars(select(HistoryEntry.what)))
