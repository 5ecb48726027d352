"""What a line of the log says besides its words: the request, or the clock's job, that it was written in."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from digest.cli.shared.log_lines import JsonLines, TextLines
from digest.config import Settings
from digest.mail.transports import open_transport
from digest.operations.running import tick as ticking
from digest.operations.shared.context import Process
from digest.operations.shared.log_context import JOB, REQUEST, at_work_on
from digest.storage.base.database import Database
from tests.conftest import TUESDAY


@pytest.fixture(autouse=True)
def _in_no_request() -> Iterator[None]:
    """Also where an earlier test left an answer unread: a request lasts until that."""
    token = REQUEST.set("")
    yield
    REQUEST.reset(token)


def line(form: logging.Formatter) -> str:
    return form.format(logging.LogRecord("digest.x", logging.WARNING, "", 0, "It %s.", ("failed",), None))


def test_a_line_says_what_the_clock_was_at() -> None:
    with at_work_on("housekeeping"):
        assert line(TextLines()).endswith(" WARNING digest.x (housekeeping): It failed.")
        assert json.loads(line(JsonLines()))["job"] == "housekeeping"
    assert line(TextLines()).endswith(" WARNING digest.x: It failed.")
    assert json.loads(line(JsonLines())).keys() == {"at", "level", "logger", "message"}


def test_a_line_says_in_which_request_it_was_written() -> None:
    token = REQUEST.set("8f3a0c11")
    assert line(TextLines()).endswith(" WARNING digest.x (request 8f3a0c11): It failed.")
    assert json.loads(line(JsonLines()))["request"] == "8f3a0c11"
    REQUEST.reset(token)


@pytest.mark.only_on("sqlite")
def test_a_duty_of_the_tick_is_named(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(ticking, "end_pauses_in_time", lambda _: seen.append(JOB.get()))
    ticking.tick(Process(db, settings, open_transport(settings), lambda: TUESDAY))
    assert seen == ["the tick: ending pauses"]
