"""The clock itself: that it runs, goes on after a bad moment, and ends when asked."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network
from typing import Any

import pytest
import time_machine

from digest import config, scheduler
from digest.config import Settings
from digest.mail.folder.files import OutboxFolder
from digest.mail.message.identity import identity_of
from digest.mail.transports import open_transport
from digest.operations.archive.indexing import index_summaries
from digest.operations.messages.delivering import deliver_waiting
from digest.operations.messages.queue import tell_editors
from digest.operations.shared.context import Work
from digest.scheduler import Clock, utc_now
from digest.storage.archive.search_index import all_are_paired
from digest.storage.base.database import Database
from digest.storage.issues.issues import all_issues
from digest.storage.messages.messages import Message, MessageState
from digest.storage.running.heartbeats import last_beat
from tests.cli.forked import Forked
from tests.factories import make_editor, make_summary
from tests.feeds.server import Reply, Stranger
from tests.operations.archive.stage import forget_pairs
from tests.operations.sources.stage import Rounds, rss

DEADLINE_SECONDS = 30.0


def eventually(happened: Callable[[], object]) -> None:
    """Look until it has happened; fail after half a minute."""
    deadline, pause = time.monotonic() + DEADLINE_SECONDS, threading.Event()
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        pause.wait(0.02)


@contextmanager
def running(clock: Clock) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=clock.run)
    thread.start()
    try:
        yield thread
    finally:
        clock.stop()
        thread.join(DEADLINE_SECONDS)
        assert not thread.is_alive()


def beat(db: Database) -> float:
    with db.reading() as session:
        return last_beat(session) or 0.0


def issues(db: Database) -> int:
    with db.reading() as session:
        return len(all_issues(session))


def test_it_beats_and_ticks_at_once_and_ends_when_asked(db: Database, settings: Settings) -> None:
    clock = Clock(db, settings, open_transport(settings))
    with running(clock) as thread:
        eventually(lambda: beat(db) and issues(db))
        assert abs(beat(db) - time.time()) < DEADLINE_SECONDS
        assert issues(db) == 1
        clock.stop()
        thread.join(DEADLINE_SECONDS)
        assert not thread.is_alive()


def test_it_asks_sources_that_are_due(db: Database, settings: Settings) -> None:
    networks = (ip_network("127.0.0.0/8"),)
    rounds = Rounds(db, settings, utc_now())
    with (
        Stranger() as stranger,
        running(Clock(db, replace(settings, feed_networks=networks), open_transport(settings))),
    ):
        stranger.answers["/feed"] = Reply(body=rss(("news", utc_now())))
        rounds.watch(stranger.url("/feed"))
        eventually(lambda: rounds.leads() == ["news"])


def test_it_finds_the_pairs_of_what_was_indexed_without_them(db: Database, settings: Settings) -> None:
    make_summary(db, "Lawful interest")
    index_summaries(db)
    forget_pairs(db)
    with running(Clock(db, settings, open_transport(settings))):
        eventually(lambda: are_paired(db))


def are_paired(db: Database) -> bool:
    with db.reading() as session:
        return all_are_paired(session)


def test_asked_to_end_before_it_began_it_ends(db: Database, settings: Settings) -> None:
    clock = Clock(db, settings, open_transport(settings))
    clock.stop()
    with running(clock):
        pass


@pytest.mark.only_on("sqlite")
def test_a_file_that_is_gone_is_told_once_and_gone_on_with_when_it_is_back(
    db: Database, settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[datetime] = []

    def deliver(*given: Any) -> int:
        tries.append(given[-1]())
        return deliver_waiting(*given)

    monkeypatch.setattr(scheduler, "MESSAGES_SECONDS", 0.3)
    monkeypatch.setattr(scheduler, "deliver_waiting", deliver)
    path = settings.instance_path / "digest.db"
    with running(Clock(db, settings, open_transport(settings))):
        eventually(lambda: beat(db) and issues(db))
        path.rename(path.with_name("away.db"))
        eventually(lambda: "removed or replaced while in use" in caplog.text)
        enough = len(tries) + 2
        eventually(lambda: len(tries) > enough)
        path.with_name("away.db").rename(path)
        eventually(lambda: "is back" in caplog.text)
    told = [record for record in caplog.records if record.name.startswith("digest.")]
    assert [(record.levelname, record.exc_info) for record in told] == [("ERROR", None), ("WARNING", None)]


def test_a_job_that_raises_does_not_end_it(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("TICK_SECONDS", "MESSAGES_SECONDS", "HEARTBEAT_SECONDS"):
        monkeypatch.setattr(scheduler, name, 0.05)
    make_editor(db)
    with db.writing() as session:
        for heading in ("First", "Second"):
            tell_editors(Work(session, settings, utc_now()), heading, ["Some words."])
    failures = iter([OSError("the disk is gone")])

    def stumble(*arguments: Any) -> int:
        for failure in failures:
            raise failure
        return deliver_waiting(*arguments)

    monkeypatch.setattr(scheduler, "deliver_waiting", stumble)
    with running(Clock(db, settings, OutboxFolder(settings.outbox_path, identity_of(settings)))):
        eventually(lambda: accepted(db) == ["Privacy Digest: First", "Privacy Digest: Second"])
        earlier = beat(db)
        eventually(lambda: beat(db) > earlier)
    assert "handing over single messages failed after" in caplog.text
    assert "the disk is gone" in caplog.text


@pytest.mark.only_on("sqlite")
def test_a_wall_clock_that_is_set_back_keeps_nothing_waiting(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks: list[int] = []
    quick(monkeypatch)
    monkeypatch.setattr(scheduler, "tick", lambda *_: ticks.append(1))
    with running(Clock(db, settings, open_transport(settings))):
        eventually(lambda: ticks)
        with time_machine.travel(utc_now() - timedelta(hours=1), tick=True):
            enough = len(ticks) + 3
            eventually(lambda: len(ticks) > enough)


class Answering(BaseHTTPRequestHandler):
    """A monitor; `server.status` is its answer, `server.heard` how often it was asked."""

    def do_GET(self) -> None:
        self.server.heard += 1  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keeps quiet."""


@pytest.fixture
def monitor() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        server.heard, server.status = 0, 500  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def quick(monkeypatch: pytest.MonkeyPatch, **seconds: float) -> None:
    rounds = {"TICK_SECONDS": 0.02, "MESSAGES_SECONDS": 0.02, "HEARTBEAT_SECONDS": 0.02, **seconds}
    for name, value in rounds.items():
        monkeypatch.setattr(scheduler, name, value)


@pytest.mark.only_on("sqlite")
def test_a_monitor_that_fails_is_told_of_once_and_when_it_is_over(
    db: Database, environ: dict[str, str], settings: Settings, monitor: Any, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    quick(monkeypatch, PING_SECONDS=0.05)
    url = f"http://127.0.0.1:{monitor.server_port}/ping"
    watched = config.load(environ | {"HEARTBEAT_URL": url}, settings.instance_path.parent)
    with running(Clock(db, watched, open_transport(watched))):
        eventually(lambda: monitor.heard > 5)
        monitor.status = 200
        eventually(lambda: "all is well again" in caplog.text)
    assert caplog.text.count("the monitor at HEARTBEAT_URL was not reached: the monitor answered 500") == 1
    assert caplog.text.count("the monitor at HEARTBEAT_URL: all is well again, after ") == 1


@pytest.mark.only_on("sqlite")
def test_the_monitor_is_asked_once_a_minute_and_not_at_every_tick(
    db: Database, environ: dict[str, str], settings: Settings, monitor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks: list[int] = []
    quick(monkeypatch)
    monkeypatch.setattr(scheduler, "tick", lambda *_: ticks.append(1))
    url = f"http://127.0.0.1:{monitor.server_port}/ping"
    watched = config.load(environ | {"HEARTBEAT_URL": url}, settings.instance_path.parent)
    with running(Clock(db, watched, open_transport(watched))):
        eventually(lambda: len(ticks) > 10 and monitor.heard)
        assert monitor.heard == 1


@pytest.mark.only_on("sqlite")
def test_ticks_that_fail_keep_the_monitor_waiting_and_are_told_of_once(
    db: Database, environ: dict[str, str], settings: Settings, monitor: Any, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    failures: list[int] = []

    def fail(*_: object) -> None:
        failures.append(1)
        raise OSError("the database is away")

    quick(monkeypatch, PING_SECONDS=0.02)
    monkeypatch.setattr(scheduler, "tick", fail)
    watched = config.load(
        environ | {"HEARTBEAT_URL": f"http://127.0.0.1:{monitor.server_port}/"}, settings.instance_path.parent
    )
    with running(Clock(db, watched, open_transport(watched))):
        eventually(lambda: len(failures) > 10)
    assert monitor.heard == 0
    assert caplog.text.count("the tick failed") == 1


def accepted(db: Database) -> list[str]:
    with db.reading() as session:
        return [message.subject for message in session.query(Message).filter_by(state=MessageState.ACCEPTED)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_runs_until_it_is_asked_to_end(
    db: Database, environ: dict[str, str], settings: Settings, number: signal.Signals
) -> None:
    here = {**os.environ, **environ, "INSTANCE_PATH": str(settings.instance_path)}
    with Forked(("scheduler",), here) as process:
        eventually(lambda: process.poll() is not None or (beat(db) and issues(db)))
        process.send_signal(number)
        _, words = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, words
    assert "Traceback" not in words
