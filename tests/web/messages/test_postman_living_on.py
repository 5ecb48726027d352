"""The postman's thread goes on, whatever happens to it over one round."""

from __future__ import annotations

import threading
from typing import NoReturn

import pytest

from digest.config import Settings
from digest.mail.transports import open_transport
from digest.storage.base.database import Database
from digest.web.messages import postman


@pytest.mark.only_on("sqlite")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # how the test ends the thread
def test_round_that_breaks_down_does_not_end_the_thread(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[str] = []
    went_on = threading.Event()

    def deliver(*_: object) -> NoReturn:
        rounds.append(threading.current_thread().name)
        if len(rounds) == 1:
            raise ValueError("a fault that nobody foresaw")
        went_on.set()
        raise SystemExit  # the thread must not outlive its test

    monkeypatch.setattr(postman, "deliver_waiting", deliver)
    monkeypatch.setattr(postman, "ROUND_SECONDS", 0.01)
    others = set(threading.enumerate())
    postman.Postman(db, settings, open_transport(settings)).wake()
    assert went_on.wait(10)
    for thread in set(threading.enumerate()) - others:
        thread.join(10)
    assert rounds == ["postman", "postman"]
