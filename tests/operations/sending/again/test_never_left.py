"""A copy that was to go again and certainly did not: nothing remembers it, and its reader is no worse off."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from digest.config import Settings
from digest.operations.accounting.deciding import decide_batch
from digest.operations.messages import delivering
from digest.operations.readers.consent_wordings import leaving
from digest.operations.readers.subscribing import leave
from digest.operations.running.sending_now import report
from digest.operations.sending.sending_again import Again
from digest.operations.shared.context import Context
from digest.storage.accounting.settlements import Verdict
from digest.storage.base.database import Database
from digest.storage.issues.history import history_of
from digest.storage.messages.messages import Message, MessageState
from digest.storage.readers.subscribers import SubscriberState, subscriber_with_address
from digest.storage.sending.batches import Batch, BatchState
from tests.factories import make_editor
from tests.loopback.faults import DropUnanswered, TooLarge, Unauthorized
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.operations.sending.again.copies import ADA, LATER, YAN, ZOE, again, copy_of, drain, queued, send


@pytest.fixture
def held(db: Database, settings: Settings, frozen: int, sendgrid: LoopbackSendGrid) -> int:
    """An issue for Zoe and Yan in one batch, of which nobody knows whether it left; it did not."""
    sendgrid.misbehave(DropUnanswered(accept=False))
    send(db, settings, frozen)
    assert copy_of(db).where == "held"
    return frozen


IN_DOUBT = "A copy sent again may not have left"


def resend(db: Database, settings: Settings, issue_id: int) -> None:
    """An editor's word: the held batch goes again."""
    with db.reading() as session:
        (batch_id,) = (batch.id for batch in session.query(Batch).filter_by(state=BatchState.HELD))
    decide_batch(Context(db, settings, LATER), batch_id, Verdict.RESEND, ADA)
    send(db, settings, issue_id)


def history(db: Database, issue_id: int) -> list[str]:
    with db.reading() as session:
        return [f"{line.who}: {line.what}" for line in reversed(history_of(session, issue_id))]


def last_try(db: Database) -> None:
    """It has been tried so often that the next failure is the last; and it may go now."""
    with db.writing() as session:
        session.execute(update(Message).where(Message.kind == "digest").values(tries=29, retry_at=0.0))


def remembered(db: Database) -> datetime | None:
    """When, as far as Zoe's copy remembers, it went again."""
    return copy_of(db).again_at


def again_in_doubt(db: Database, settings: Settings, sendgrid: LoopbackSendGrid, died: bool, accept: bool) -> None:
    """Zoe's copy is sent again, and nobody hears what came of it: the postman died over it, or no answer came."""
    again(db, settings, may_double=True)
    if died:
        with db.writing() as session:
            session.execute(update(Message).values(state=MessageState.CLAIMED, retry_at=0.0))
    else:
        sendgrid.misbehave(DropUnanswered(accept=accept))
    drain(db, settings)


def test_a_refused_copy_leaves_its_reader_to_the_batch(
    db: Database, settings: Settings, held: int, sendgrid: LoopbackSendGrid
) -> None:
    again(db, settings, may_double=True)
    sendgrid.misbehave(TooLarge())
    drain(db, settings)
    assert remembered(db) is None
    resend(db, settings, held)
    assert sorted(sendgrid.addresses()) == [YAN, ZOE]
    assert (copy_of(db).where, report(db, held).accepted) == ("accepted", 2)


def test_the_history_tells_of_it(db: Database, settings: Settings, held: int, sendgrid: LoopbackSendGrid) -> None:
    sendgrid.refuse(ZOE)
    again(db, settings, may_double=True)
    drain(db, settings)
    line = history(db, held)[-1]
    assert line.startswith(f"the queue: could not send delivery {copy_of(db).delivery_id} again: ")
    assert "(personalizations.0.to.0.email)" in line
    assert "@" not in line


def test_one_that_is_given_up_leaves_its_reader_to_the_batch(
    db: Database, settings: Settings, held: int, sendgrid: LoopbackSendGrid
) -> None:
    again(db, settings, may_double=True)
    sendgrid.misbehave(Unauthorized(), Unauthorized())
    drain(db, settings)
    assert remembered(db) == LATER
    last_try(db)
    drain(db, settings)
    assert remembered(db) is None
    resend(db, settings, held)
    assert sorted(sendgrid.addresses()) == [YAN, ZOE]


def test_one_whose_reader_left_is_taken_back_for_a_reader_who_returns(
    db: Database, settings: Settings, held: int, sendgrid: LoopbackSendGrid
) -> None:
    again(db, settings, may_double=True)
    with db.reading() as session:
        reader = subscriber_with_address(session, ZOE)
    assert reader
    leave(Context(db, settings, LATER), reader.link_key, leaving(settings), "the page")
    drain(db, settings)
    assert remembered(db) is None
    with db.writing() as session:
        session.get_one(type(reader), reader.id).state = SubscriberState.CONFIRMED
    resend(db, settings, held)
    assert sorted(sendgrid.addresses()) == [YAN, ZOE]


@pytest.mark.parametrize("died", [False, True], ids=["no answer", "the postman died"])
def test_one_that_may_have_left_stays_remembered(
    db: Database, settings: Settings, held: int, sendgrid: LoopbackSendGrid, died: bool
) -> None:
    again_in_doubt(db, settings, sendgrid, died, accept=True)
    assert remembered(db) == LATER
    resend(db, settings, held)
    assert sendgrid.addresses().count(ZOE) == (0 if died else 1)
    assert copy_of(db).where == "skipped"


@pytest.mark.parametrize("died", [False, True], ids=["no answer", "the postman died"])
def test_people_are_told_once_of_one_that_may_have_left(
    db: Database, settings: Settings, held: int, sendgrid: LoopbackSendGrid, died: bool
) -> None:
    make_editor(db, ADA)
    again_in_doubt(db, settings, sendgrid, died, accept=False)
    drain(db, settings)
    zoe = copy_of(db)
    why = "whoever sent it did not report back" if died else "no complete answer"
    (told,) = [line for line in history(db, held) if line.startswith("the queue: ")]
    assert told.startswith(
        f"the queue: sent delivery {zoe.delivery_id} again, and nobody can know whether it left: {why}"
    )
    assert zoe.again_detail.startswith("nobody can know whether it left")
    with db.reading() as session:
        (notice,) = session.query(Message).filter_by(kind="notice", subject=f"Privacy Digest: {IN_DOUBT}")
    assert notice.recipient == ADA
    assert f"/desk/subscribers/{zoe.subscriber_id}" in notice.text
    assert ZOE not in notice.text


def test_one_that_could_not_be_noted_waits_and_does_not_leave(
    db: Database, settings: Settings, held: int, sendgrid: LoopbackSendGrid, monkeypatch: pytest.MonkeyPatch
) -> None:
    again(db, settings, may_double=True)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(delivering, "note_claims", fail)
        with pytest.raises(OSError, match="No space left"):
            drain(db, settings)
    assert sendgrid.addresses() == []
    assert copy_of(db).again_state == "waiting"
    last_try(db)
    drain(db, settings)
    assert sendgrid.addresses() == [ZOE]
    assert not any("nobody can know" in line for line in history(db, held) if line.startswith("the queue"))


def test_one_that_left_before_stays_remembered(
    db: Database, settings: Settings, held: int, sendgrid: LoopbackSendGrid
) -> None:
    again(db, settings, may_double=True)
    drain(db, settings)
    again(db, settings, LATER + timedelta(minutes=5), may_double=True)
    sendgrid.misbehave(TooLarge())
    drain(db, settings)
    assert remembered(db) == LATER
    resend(db, settings, held)
    assert sorted(sendgrid.addresses()) == [YAN, ZOE]


@pytest.mark.parametrize("first_fails", [True, False])
def test_of_two_that_wait_only_the_one_that_left_is_remembered(
    db: Database, settings: Settings, held: int, sendgrid: LoopbackSendGrid, first_fails: bool
) -> None:
    """Whichever fails, and then both."""
    second = LATER + timedelta(minutes=5)
    again(db, settings, may_double=True)
    again(db, settings, second, may_double=True)
    assert queued(db) == [ZOE, ZOE]
    sendgrid.misbehave(TooLarge(), nth=2 if first_fails else 3)
    drain(db, settings)
    assert remembered(db) == (second if first_fails else LATER)
    assert sendgrid.addresses() == [ZOE]
    assert held


def test_of_two_that_fail_none_is_remembered(
    db: Database, settings: Settings, held: int, sendgrid: LoopbackSendGrid
) -> None:
    again(db, settings, may_double=True)
    again(db, settings, LATER + timedelta(minutes=5), may_double=True)
    sendgrid.misbehave(TooLarge(), TooLarge())
    drain(db, settings)
    assert remembered(db) is None
    resend(db, settings, held)
    assert sorted(sendgrid.addresses()) == [YAN, ZOE]


def test_a_reader_passed_over_for_nothing_is_told_so_and_may_have_another(
    db: Database, settings: Settings, held: int, sendgrid: LoopbackSendGrid
) -> None:
    again(db, settings, may_double=True)
    resend(db, settings, held)
    assert copy_of(db).reason == "left to the copy that an admin had sent to this reader alone"
    sendgrid.misbehave(TooLarge())
    drain(db, settings)
    zoe = copy_of(db)
    assert (zoe.where, zoe.reason) == ("skipped", "passed over for a copy to this reader alone, which did not leave")
    assert report(db, held).difference == 0
    assert again(db, settings, LATER + timedelta(seconds=1)) is Again.QUEUED
    drain(db, settings)
    assert sorted(sendgrid.addresses()) == [YAN, ZOE]
