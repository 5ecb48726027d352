"""A round as a whole: one who drips, one who is killed, one who is asked to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from digest.operations.sources import noting
from digest.operations.sources.collecting import Poller, keep_polling
from digest.operations.sources.turns import LEASE
from tests.feeds.server import Reply, Stranger
from tests.operations.sources.stage import HOUR, Rounds, rss

DAY = timedelta(days=1)


def test_killed_between_answer_and_commit_no_lead_is_lost_and_none_comes_twice(
    rounds: Rounds, stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger.answers["/feed"] = Reply(body=rss(("a", rounds.now), ("b", rounds.now)), headers={"ETag": '"1"'})
    key = rounds.watch(stranger.url("/feed"))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(noting, "_went_well", killed)
        with pytest.raises(KeyboardInterrupt):
            rounds.poll()
    assert rounds.leads() == [] and rounds.source(key).etag == ""
    rounds.poll(DAY + LEASE)
    rounds.poll(everything=True, after=HOUR)
    assert sorted(rounds.leads()) == ["a", "b"]


@pytest.mark.only_on("sqlite")
def test_one_source_that_drips_delays_no_other(rounds: Rounds, stranger: Stranger) -> None:
    stranger.answers["/drip"] = Reply(body=b"x" * 100_000, drip=0.05)
    rounds.watch(stranger.url("/drip"))
    poller = Poller(rounds.db, rounds.settings, rounds.poller().fetcher, lambda: rounds.now, hands=3)
    running = threading.Thread(target=keep_polling, args=(poller,))
    running.start()
    _until(lambda: bool(stranger.requests))
    with Stranger("127.0.0.2") as other, Stranger("127.0.0.3") as third:
        for server, title in ((other, "other"), (third, "third")):  # both become due while the first one drips
            server.answers["/feed"] = Reply(body=rss((title, rounds.now)))
            rounds.watch(server.url("/feed"))
            began = time.monotonic()
            _until(lambda: len(other.requests) + len(third.requests) == len(rounds.leads()) > 0)
            assert time.monotonic() - began < 15
        _until(lambda: len(rounds.leads()) == 2)
    poller.stop.set()
    stranger._over.set()
    running.join(10)
    assert not running.is_alive()


def test_a_poller_that_is_asked_to_stop_claims_nothing_more(rounds: Rounds, stranger: Stranger) -> None:
    rounds.watch(stranger.url("/feed"))
    poller = rounds.poller()
    poller.stop.set()
    keep_polling(poller)
    assert not stranger.requests


def test_a_paused_source_is_left_alone(rounds: Rounds, stranger: Stranger) -> None:
    rounds.watch(stranger.url("/feed"), state="paused")
    assert rounds.poll(everything=True).skipped == 1
    assert not stranger.requests


def _until(so: Callable[[], bool]) -> None:
    limit = time.monotonic() + 10
    while not so():
        assert time.monotonic() < limit
        time.sleep(0.005)
