"""Single messages: what one of them contains, or does to its sender, keeps no other from leaving."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from digest.config import Settings
from digest.mail.message.rendering import Rendered
from digest.mail.outgoing.interface import Answer, Certainty, Single
from digest.mail.transports import open_transport
from digest.operations.messages.delivering import deliver_waiting
from digest.operations.messages.queue import post
from digest.storage.base.database import Database
from digest.storage.messages.messages import Message, MessageState
from tests.conftest import TUESDAY, through
from tests.hostile import ADDRESSES
from tests.loopback.sendgrid import LoopbackSendGrid

LETTER = Rendered("A notice", "x\n", "<p>x</p>")


@pytest.fixture(params=["outbox", "sendgrid"])
def environ(request: pytest.FixtureRequest, environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | (through(sendgrid) if request.param == "sendgrid" else {})


def queue(db: Database, recipient: str, rendered: Rendered = LETTER, **values: object) -> int:
    """Put a message in the queue, past every check; returns its id."""
    with db.writing() as session:
        message = post(session, TUESDAY, "notice", recipient, rendered)
        for name, value in values.items():
            setattr(message, name, value)
        session.flush()
        return message.id


def deliver(db: Database, settings: Settings) -> int:
    with closing(open_transport(settings)) as transport:
        return deliver_waiting(db, settings, transport, lambda: datetime.now(UTC))


def state_of(db: Database, message_id: int) -> tuple[str, str, int]:
    """State, detail and tries."""
    with db.reading() as session:
        message = session.get_one(Message, message_id)
        return message.state, message.detail, message.tries


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ({"recipient": ADDRESSES[0]}, "no message can be made to it"),
        ({"recipient": "a@example.net\nBcc: eve@example.net"}, "no message can be made to it"),
        ({"recipient": "a@example.net", "rendered": Rendered("a\r\nBcc: e@e.e", "x", "x")}, "“Subject” has U+000D"),
        ({"recipient": "a@example.net", "headers": '{"X": "a\\nBcc: e@e.e"}'}, "“X” has U+000A"),
        ({"recipient": "a@example.net", "headers": "{not JSON"}, "it could not be made into a message"),
    ],
)
@pytest.mark.only_on("sqlite")
def test_message_that_can_never_be_made_ends_at_once_and_the_next_leaves(
    bad: dict[str, object], why: str, db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    stuck, good = queue(db, **bad), queue(db, "alice@example.org")  # type: ignore[arg-type]
    assert deliver(db, settings) == 1
    state, detail, tries = state_of(db, stuck)
    assert (state, tries) == (MessageState.FAILED, 1)
    assert why in detail
    assert state_of(db, good)[0] == MessageState.ACCEPTED
    went = [person["to"] for request in sendgrid.requests for person in (request.payload or {})["personalizations"]]
    assert went in ([], [[{"email": "alice@example.org"}]])


class _Failing:
    """A transport that breaks down over Bob's messages."""

    def __init__(self, how: Callable[[], Answer]) -> None:
        self._how = how

    def send_single(self, single: Single) -> Answer:
        return self._how() if single.recipient == "bob@example.org" else Answer(Certainty.ACCEPTED)


def _raise() -> Answer:
    raise RuntimeError("a fault that nobody foresaw")


def test_outbox_that_breaks_down_is_tried_again_and_stops_nobody_else(db: Database, settings: Settings) -> None:
    stuck, good = queue(db, "bob@example.org"), queue(db, "alice@example.org")
    assert deliver_waiting(db, settings, _Failing(_raise), lambda: TUESDAY) == 1  # type: ignore[arg-type]
    assert state_of(db, good)[0] == MessageState.ACCEPTED
    assert state_of(db, stuck) == (MessageState.WAITING, "the sender failed while posting (RuntimeError)", 1)


def test_message_whose_senders_never_report_back_ends_after_the_last_try(db: Database, settings: Settings) -> None:
    class Died(BaseException):
        pass

    def die() -> Answer:
        raise Died

    stuck = queue(db, "bob@example.org")
    tries = 0
    while state_of(db, stuck)[0] != MessageState.FAILED:
        with db.writing() as session:
            session.get_one(Message, stuck).retry_at = 0.0  # its claim has run out
        good = queue(db, "alice@example.org")
        try:
            deliver_waiting(db, settings, _Failing(die), lambda: TUESDAY)  # type: ignore[arg-type]
        except Died:
            tries += 1
    assert tries == 30
    assert "did not report back" in state_of(db, stuck)[1]
    assert state_of(db, good)[0] == MessageState.ACCEPTED


def test_each_message_says_when_it_left_itself_and_what_becomes_due_meanwhile_leaves_too(
    db: Database, settings: Settings
) -> None:
    first, second = queue(db, "alice@example.org"), queue(db, "alma@example.org")
    later = queue(db, "ada@example.org", not_before=TUESDAY + timedelta(seconds=2))
    now = TUESDAY

    def slowly() -> datetime:
        return now

    class Slow:
        def send_single(self, _: Single) -> Answer:
            nonlocal now
            now += timedelta(seconds=1)
            return Answer(Certainty.ACCEPTED)

    assert deliver_waiting(db, settings, Slow(), slowly) == 3  # type: ignore[arg-type]
    with db.reading() as session:
        left = [session.get_one(Message, one).finished_at for one in (first, second, later)]
    assert left == [TUESDAY + timedelta(seconds=seconds) for seconds in (1, 2, 3)]
