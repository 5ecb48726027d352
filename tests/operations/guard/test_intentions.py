"""A lifting and a move, killed or failed at each step: the journal says neither more nor less than was committed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

from digest.config import Settings
from digest.domain.shared import addresses
from digest.domain.shared.tokens import fingerprint
from digest.operations.readers.lifting import lift_suppression
from digest.operations.readers.readdressing import move
from digest.operations.running.replaying import replay
from digest.operations.shared.context import Context
from digest.operations.suppressions.suppressing import suppress_in
from digest.storage.base.database import Database
from digest.storage.readers.reader_links import ReaderLink
from digest.storage.readers.subscribers import subscriber_with_address
from digest.storage.suppressions.suppressions import Ban, SuppressionReason, is_suppressed
from tests.conftest import TUESDAY
from tests.crash.patches import put
from tests.factories import make_subscriber
from tests.operations.running.restores import Installation

LATER, NOON = TUESDAY + timedelta(hours=1), TUESDAY + timedelta(hours=3)
MOST_STEPS = 80
Act = Callable[[Context, str], object]
Death = Callable[[], None]


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def failed() -> None:
    raise ConnectionError("out of nowhere")


@pytest.fixture
def ours(db: Database, settings: Settings) -> Iterator[Installation]:
    ours = Installation(db, settings)
    yield ours
    ours.close()


def dies_at(ours: Installation, step: int, death: Death, act: Act, address: str) -> bool:
    """Let a process of its own do it, and die at that step; False once there is no such step."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with closing(Database(ours.settings.database_url)) as db:
                passed = watch(step, death)
                act(Context(db, ours.settings, LATER), address)
                status = 0 if passed() < step else 1
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] != 0


def watch(step: int, death: Death) -> Callable[[], int]:
    """Die at that step of this process: before and after each statement, commit and line of the journal."""
    steps = count(1)
    last = 0

    def pass_step(*_: Any) -> None:
        nonlocal last
        last = next(steps)
        if last == step:
            death()

    def between(real: Callable[..., None]) -> Callable[..., None]:
        def watched(*arguments: Any) -> None:
            pass_step()
            real(*arguments)
            pass_step()

        return watched

    event.listen(Engine, "before_cursor_execute", pass_step)
    put(DefaultDialect, "do_commit", between(DefaultDialect.do_commit))
    put(os, "fsync", between(os.fsync))
    return lambda: last


def lifted(context: Context, address: str) -> None:
    lift_suppression(context, addresses.parse(address), "a letter", True, "Ada")


def moved(context: Context, address: str) -> None:
    move(context, f"key-{address}", "a test")


def suppressed(ours: Installation, address: str) -> bool:
    with ours.db.reading() as session:
        return is_suppressed(session, hashed(ours, address))


def hashed(ours: Installation, address: str) -> str:
    return fingerprint(address, ours.settings.suppression_key)


def is_here(ours: Installation, address: str) -> bool:
    with ours.db.reading() as session:
        return subscriber_with_address(session, address) is not None


@pytest.mark.parametrize("death", [killed, failed])
def test_a_lifting_holds_after_a_restore_if_and_only_if_it_was_committed(ours: Installation, death: Death) -> None:
    banned = [f"reader{each}@example.org" for each in range(1, MOST_STEPS)]
    with ours.db.writing() as session:
        work = Context(ours.db, ours.settings, TUESDAY).within(session)
        bans = [Ban(hashed(ours, each), SuppressionReason.COMPLAINT, TUESDAY) for each in banned]
        suppress_in(work, bans, "an event")
    replay(Context(ours.db, ours.settings, TUESDAY))
    backup, standing = ours.back_up(), dict[str, bool]()
    for step, address in enumerate(banned, 1):
        went_on = dies_at(ours, step, death, lifted, address)
        standing[address] = suppressed(ours, address)
        replay(Context(ours.db, ours.settings, NOON))
        assert suppressed(ours, address) is standing[address], f"at step {step} the tick changed what was committed"
        if not went_on:
            break
    else:
        pytest.fail("it has more steps than there are readers")
    assert set(standing.values()) == {True, False}
    ours.restore(backup)
    replay(Context(ours.db, ours.settings, NOON))
    assert {address: suppressed(ours, address) for address in standing} == standing


@pytest.mark.parametrize("death", [killed, failed])
def test_a_move_takes_nobody_away_who_did_not_move(ours: Installation, death: Death) -> None:
    readers = [f"reader{each}@example.org" for each in range(1, MOST_STEPS)]
    for address in readers:
        reader = make_subscriber(ours.db, ours.settings, address)
        with ours.db.writing() as session:
            new = address.replace("reader", "new")
            until = NOON + timedelta(hours=1)
            link = ReaderLink(key=f"key-{address}", asked_at=TUESDAY, valid_until=until, email=new, address=new)
            link.subscriber_id = reader.id
            session.add(link)
    backup, here = ours.back_up(), dict[str, bool]()
    for step, address in enumerate(readers, 1):
        went_on = dies_at(ours, step, death, moved, address)
        here[address] = is_here(ours, address)
        assert is_here(ours, address.replace("reader", "new")) is not here[address]
        replay(Context(ours.db, ours.settings, NOON))
        assert is_here(ours, address) is here[address], f"at step {step} the tick changed what was committed"
        if not went_on:
            break
    else:
        pytest.fail("it has more steps than there are readers")
    assert set(here.values()) == {True, False}
    ours.restore(backup)
    replay(Context(ours.db, ours.settings, NOON))
    assert {address: is_here(ours, address) for address in here} == here
