"""A backup from the middle of a send, and crashes while it is made good: still nobody gets an issue twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from digest.mail.outgoing.interface import Answer, Bulk, ListMark, ListPage, Single, Transport, UnreadList
from digest.operations.guard.restore_guard import noted
from digest.operations.running import restoring
from digest.operations.running.restoring import Age
from digest.operations.running.sending_now import report
from digest.storage.guard.installations import count_claims, installation
from digest.storage.sending.batches import Attempt, Batch, BatchState, Cause
from tests.conftest import TUESDAY
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.operations.running.restores import DOUBT, HEADING, READERS, SEND, SOON, Installation, freeze_in_threes


class BackingUp:
    """A transport that makes a backup just before its nth request leaves."""

    def __init__(self, inner: Transport, ours: Installation, nth: int) -> None:
        self._inner, self._ours, self._left = inner, ours, nth
        self.backup = ""

    def send_bulk(self, bulk: Bulk) -> Answer:
        self._left -= 1
        if self._left == 0:
            self.backup = self._ours.back_up()
        return self._inner.send_bulk(bulk)

    def probe(self) -> bool:
        return self._inner.probe()

    def erase(self, addresses: Sequence[str]) -> Answer:
        return self._inner.erase(addresses)

    def suppressed(
        self, since: Mapping[str, ListMark], until: datetime, deadline: float
    ) -> Iterable[ListPage | UnreadList]:
        return self._inner.suppressed(since, until, deadline)

    def send_single(self, single: Single) -> Answer:
        return self._inner.send_single(single)

    def close(self) -> None:
        """The test closes what is inside."""


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_what_was_under_way_or_waited_in_the_backup_is_held(
    ours: Installation, sendgrid: LoopbackSendGrid, nth: int
) -> None:
    issue_id = freeze_in_threes(ours)
    taken: list[BackingUp] = []
    ours.tick(TUESDAY, lambda transport: taken.append(BackingUp(transport, ours, nth)) or taken[0])  # type: ignore[func-returns-value]
    assert len(sendgrid.addresses()) == READERS
    ours.restore(taken[0].backup)
    with ours.db.writing() as session:  # the lease of whoever was at it has run out meanwhile
        for attempt in session.scalars(select(Attempt)):
            attempt.lease_until = 1.0
    for minutes in range(3):
        ours.tick(SOON + timedelta(minutes=minutes))
    assert not sendgrid.doubled()
    cause = Cause.RESTORED if nth < 3 else Cause.SENDER_DIED
    expected = [(BatchState.ACCEPTED, "")] * (nth - 1) + [(BatchState.HELD, cause)] * (4 - nth)
    assert ours.states() == expected
    found = report(ours.db, issue_id)
    assert (found.held, found.difference) == (3 * (4 - nth), 0)
    with ours.db.reading() as session:
        assert None not in session.scalars(select(Attempt.outcome)).all()


def test_a_crash_between_the_commit_and_the_file_is_no_restore(ours: Installation, sendgrid: LoopbackSendGrid) -> None:
    with ours.db.writing() as session:
        count_claims(session, 4)
    assert ours.recover() is None
    with ours.db.reading() as session:
        epoch = installation(session).epoch
    known = noted(ours.settings, epoch)
    assert known is not None
    assert known.claims == 4
    ours.tick(SEND)
    assert len(sendgrid.addresses()) == READERS


def test_while_outcomes_are_open_every_look_makes_older_backups_show(
    ours: Installation, sendgrid: LoopbackSendGrid
) -> None:
    """Else events that came after the backup would be missing, and silence would be taken for proof."""
    freeze_in_threes(ours)
    with ours.db.writing() as session:
        session.execute(select(Batch)).scalars().first().state = BatchState.UNKNOWN  # type: ignore[union-attr]
    backup = ours.back_up()
    ours.recover()
    ours.restore(backup)
    found = ours.recover()
    assert found is not None
    assert (found.age, found.batches) == (Age.OLDER, 3)
    assert sendgrid.addresses() == []


class Crash(Exception):
    """The machine went off."""


def test_a_crash_at_any_statement_of_recovering_is_made_good_by_the_next(
    ours: Installation, sendgrid: LoopbackSendGrid
) -> None:
    freeze_in_threes(ours)
    backup = ours.back_up()
    ours.tick(TUESDAY)
    ours.restore(backup)
    survived = 0
    while True:
        left = survived + 1

        def crash(*_: Any) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise Crash

        event.listen(ours.db.engine, "before_cursor_execute", crash)
        try:
            found = ours.recover()
            break
        except Crash:
            survived += 1
        finally:
            event.remove(ours.db.engine, "before_cursor_execute", crash)
    assert survived > 10
    assert found is not None
    assert found.batches == 3
    ours.tick(SOON)
    assert not sendgrid.doubled()
    assert ours.notices().count(HEADING) == 1


def test_a_crash_before_the_doubt_is_noted_repeats_it(ours: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    ours.tick(SEND)
    ours.claims_file().unlink()

    def crash(*_: object, **__: object) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(restoring, "make_note", crash)
        with pytest.raises(Crash):
            ours.recover()
    found = ours.recover()
    assert found is not None
    assert found.age is Age.DOUBTFUL
    assert ours.notices().count(DOUBT) == 1
    assert ours.recover() is None
