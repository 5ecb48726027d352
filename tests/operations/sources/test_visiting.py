"""Whoever asks a stranger for an editor heeds what its host asked of the poller, and the other way round."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from digest.feeds.fetching.fetcher import Unreachable
from digest.operations.issues.link_checking import link_checker
from digest.operations.shared.refusal import Refused
from digest.operations.sources.bringing import fetch_article
from digest.operations.sources.finding import Search, find
from digest.operations.sources.page_examples import offer_page
from digest.storage.sources.hosts import begin_visit, visits_under_way
from tests.feeds.server import Reply, Request, Stranger, redirect
from tests.operations.sources.stage import HOUR, Rounds, rss

LIMITED = Reply(429, headers={"Retry-After": "7200"})


def test_a_host_that_asked_the_poller_to_come_later_is_asked_by_nobody(rounds: Rounds, stranger: Stranger) -> None:
    stranger.answers["/feed"] = LIMITED
    rounds.watch(stranger.url("/feed"))
    rounds.poll()
    search, other = Search(rounds.asker()), stranger.url("/other")
    when = f"{rounds.now + 2 * HOUR:%H:%M} UTC"
    for ask in (lambda: find(search, other), lambda: offer_page(search, other)):
        with pytest.raises(Refused, match=f"asked us to wait until {when}"):
            ask()
    assert f"asked us to wait until {when}" in fetch_article(rounds.asker(), other).words
    assert link_checker(rounds.asker())(other) is None
    assert stranger.paths == ["/feed"]


def test_what_a_host_tells_an_editor_holds_for_the_poller(rounds: Rounds, stranger: Stranger) -> None:
    stranger.answers |= {"/feed": Reply(body=rss(("a", rounds.now))), "/story": LIMITED}
    fetch_article(rounds.asker(), stranger.url("/story"))
    rounds.watch(stranger.url("/feed"))
    assert rounds.poll(HOUR).skipped == 1
    assert rounds.poll(2 * HOUR).fetched == 1


def test_a_host_is_asked_once_a_second_and_twice_at_once_whoever_asks(rounds: Rounds, stranger: Stranger) -> None:
    at = []

    def noting(_: Request) -> Reply:
        at.append(rounds.now)
        return Reply(body=rss(("a", rounds.now)))

    stranger.answers |= {"/feed": noting, "/story": noting}
    rounds.watch(stranger.url("/feed"))
    rounds.poll()
    fetch_article(rounds.asker(), stranger.url("/story"))
    fetch_article(rounds.asker(), stranger.url("/story"))
    assert all(later - earlier >= timedelta(seconds=1) for earlier, later in pairwise(at))
    with rounds.db.writing() as session:
        host = stranger.url().split("/")[2]
        assert not visits_under_way(session, rounds.now), "each has ended"
        for _ in range(2):
            begin_visit(session, host, rounds.now + HOUR)
    with pytest.raises(Unreachable, match="Others are asking"):
        rounds.asker().get(stranger.url("/story"))
    assert len(at) == 3
    rounds.now += HOUR + timedelta(seconds=1)  # whoever asked has died of it
    rounds.asker().get(stranger.url("/story"))
    assert len(at) == 4


def test_a_redirect_to_a_host_that_wants_to_be_let_be_is_not_followed(rounds: Rounds, stranger: Stranger) -> None:
    with Stranger("127.0.0.2") as other:
        stranger.answers["/moved"] = redirect(other.url("/story"))
        other.answers["/feed"] = LIMITED
        rounds.watch(other.url("/feed"))
        rounds.poll()
        assert "asked us to wait" in fetch_article(rounds.asker(), stranger.url("/moved")).words
        assert other.paths == ["/feed"]


def test_a_visit_ends_however_it_ends(rounds: Rounds) -> None:
    with pytest.raises(Unreachable):
        rounds.asker().get("http://127.0.0.1:1/")
    with rounds.db.reading() as session:
        assert not visits_under_way(session, rounds.now)
