"""The database does not answer for a moment, whatever a send is just asking it: the send goes on by itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from digest.config import Settings
from digest.mail.transports import open_transport
from digest.operations.running.sending_now import report
from digest.operations.sending import sender
from digest.operations.sending.sender import Ending, Progress, send_issue
from digest.operations.shared.context import Process
from digest.storage.base.database import Database
from tests.crash.shift import Shift
from tests.loopback.faults import DropUnanswered
from tests.loopback.sendgrid import LoopbackSendGrid


class Outages:
    """Each statement fails the first time that each function of a send asks it."""

    def __init__(self) -> None:
        self.of: set[tuple[str, str]] = set()

    def __call__(self, _c: Connection, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
        asked = (_who_asks(sys._getframe()), statement)
        if asked[0] and asked not in self.of:
            self.of.add(asked)
            raise OperationalError(statement[:40], None, OSError("the server closed the connection"))


@pytest.fixture
def outages(db: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Outages]:
    found, shift = Outages(), Shift(tmp_path)
    monkeypatch.setattr(sender, "pause", shift.add)  # what is waited for comes as the database's clock goes
    event.listen(db.engine, "before_cursor_execute", found)
    shift.rule(db.engine)
    yield found
    event.remove(db.engine, "before_cursor_execute", found)


def test_a_send_outlives_a_database_that_is_away(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid, frozen: int, outages: Outages
) -> None:
    sendgrid.misbehave(DropUnanswered(accept=True))
    shown: list[Progress] = []
    with closing(open_transport(settings)) as transport:
        ending = send_issue(
            Process(db, settings, transport, lambda: datetime.now(UTC)),
            frozen,
            progress=shown.append,
            stall=lambda _: None,
        )
    assert ending is Ending.DONE
    assert {"take_turn", "_how_it_stands", "probe_if_due", "_progress", "complete_if_done"} <= {
        who for who, _ in outages.of
    }
    assert (report(db, frozen).accepted, report(db, frozen).held) == (4, 3)
    assert len(sendgrid.addresses()) == 7
    assert not sendgrid.doubled()


def _who_asks(frame: FrameType | None) -> str:
    """The function of `sending` that is at it, or whom it has called without a name of its own."""
    called = ""
    while frame:
        name = frame.f_code.co_name
        if frame.f_globals is vars(sender):
            return called if name == "<lambda>" else name
        called, frame = name, frame.f_back
    return ""
